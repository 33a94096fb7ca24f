import DockerCLI
import EngineTypes
import SimBase
import Testing

/// An engine whose one service converges as a script of polls says.
private final class ScriptedService {
  /// The states of the tasks at each poll; the last goes on.
  var polls: [[(slot: Int, state: String, error: String)]] = []
  /// The update's state at each poll; the last goes on.
  var updates: [JSON] = [.null]
  var mode: JSON = ["Replicated": ["Replicas": 2]]
  var jobStatus: JSON = .null
  private var poll = 0

  func answer(_ request: EngineRequest) -> EngineResponse? {
    func ok(_ body: JSON) -> EngineResponse { EngineResponse(status: 200, body: Array(body.text.utf8)) }
    if request.target.includes("/services/web") {
      if request.method == "POST" { return ok(["Warnings": .null]) }
      var fields: [JSON.Field] = [
        .init("ID", "webid"), .init("Version", ["Index": 7]),
        .init("Spec", ["Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "x"]], "Mode": mode]),
      ]
      let update = updates[min(poll, updates.count - 1)]
      if !update.isNull { fields.append(.init("UpdateStatus", update)) }
      if !jobStatus.isNull { fields.append(.init("JobStatus", jobStatus)) }
      return ok(.object(fields))
    }
    if request.target.includes("/tasks?") {
      let tasks = polls[min(poll, polls.count - 1)]
      poll += 1
      return ok(
        .array(
          tasks.map { task in
            var status: [JSON.Field] = [.init("State", .string(task.state))]
            if !task.error.isEmpty { status.append(.init("Err", .string(task.error))) }
            return [
              "Slot": .int(Int64(task.slot)), "NodeID": .string(mode["Global"].isNull ? "n1" : "n\(task.slot)"),
              "Status": .object(status),
              "DesiredState": jobStatus.isNull ? "running" : "complete", "JobIteration": ["Index": 0],
            ]
          }))
    }
    if request.target.includes("/nodes") {
      return ok([
        ["ID": "n1", "Status": ["State": "ready"]], ["ID": "n2", "Status": ["State": "ready"]],
        ["ID": "gone", "Status": ["State": "down"]],
      ])
    }
    return nil
  }

  /// Runs a command line against the script.
  func run(_ words: [String], terminal: (columns: Int, rows: Int)? = nil, interrupted: Bool = false) -> FakeHost {
    let host = FakeHost()
    let engine = FakeEngine(now: Timestamp(year: 2026, month: 1, day: 1), answers: [:])
    engine.script = answer
    host.engine = engine
    host.isInterrupted = interrupted
    if let terminal {
      host.terminals = [1]
      host.terminalSize = terminal
    }
    status = DockerCommandLine.run(words, in: host)
    return host
  }

  private(set) var status: Int32 = 0
}

@Suite("Waiting for a service")
struct ProgressTests {
  @Test("off a terminal only changes of the whole show, bars never, and the wait lasts the monitoring period")
  func plainReplicated() {
    let script = ScriptedService()
    script.polls = [
      [], [(1, "preparing", ""), (2, "assigned", "")], [(1, "running", ""), (2, "starting", "")],
      [(1, "running", ""), (2, "running", "")],
    ]
    let host = script.run(["service", "scale", "web=2"])
    let lines = host.outputText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(
      Array(lines.prefix(9)) == [
        "web scaled to 2", "overall progress: 0 out of 2 tasks", "1/2:  ", "2/2:  ",
        "overall progress: 0 out of 2 tasks", "overall progress: 0 out of 2 tasks",
        "overall progress: 1 out of 2 tasks", "overall progress: 2 out of 2 tasks",
        "verify: Waiting 5 seconds to verify that tasks are stable...",
      ])
    #expect(lines.filter { $0.hasSuffix("Waiting 5 seconds to verify that tasks are stable...") }.count == 5)
    #expect(lines.suffix(2) == ["verify: Service web converged", ""])
    #expect(script.status == 0)
  }

  @Test("on a wide terminal each task owns a line that is drawn over, with a bar")
  func wideTerminal() {
    let script = ScriptedService()
    script.mode = ["Replicated": ["Replicas": 1]]
    script.polls = [[(1, "assigned", "")], [(1, "running", "")]]
    let text = script.run(["service", "scale", "web=1"], terminal: (130, 40)).outputText
    let bar = "[" + String(repeating: "=", count: 22) + ">" + String(repeating: " ", count: 28) + "] "
    #expect(text.includes("\u{1B}[1A\u{1B}[2K\r1/1: assigned  \(bar)\r\u{1B}[1B"))
  }

  @Test("a terminal of 110 columns shows states without bars")
  func narrowTerminal() {
    let script = ScriptedService()
    script.mode = ["Replicated": ["Replicas": 1]]
    script.polls = [[(1, "assigned", "")], [(1, "running", "")]]
    let text = script.run(["service", "scale", "web=1"], terminal: (110, 40)).outputText
    #expect(text.includes("\u{1B}[2K\r1/1: assigned  \r\u{1B}[1B"))
    #expect(!text.includes("[="))
  }

  @Test("a task that fails while it is being watched starts the wait again")
  func failureDuringVerification() {
    let script = ScriptedService()
    script.mode = ["Replicated": ["Replicas": 1]]
    script.polls = [
      [(1, "running", "")], [(1, "failed", "task: non-zero exit (1)")], [(1, "running", "")],
    ]
    let text = script.run(["service", "scale", "web=1"]).outputText
    #expect(text.includes("verify: Detected task failure\n"))
    #expect(text.hasSuffix("verify: Service web converged\n"))
  }

  @Test("an update that pauses ends the wait with its message")
  func pausedUpdate() {
    let script = ScriptedService()
    script.polls = [[(1, "preparing", "")]]
    script.updates = [.null, ["State": "paused", "Message": "update paused due to failure"]]
    let host = script.run(["service", "update", "--force", "web"])
    #expect(host.errorText == "service update paused: update paused due to failure\n")
    #expect(script.status == 1)
  }

  @Test("a rollback says why it began, counts as one, and says that it is done")
  func rollback() {
    let script = ScriptedService()
    script.polls = [[(1, "starting", ""), (2, "running", "")], [(1, "running", ""), (2, "running", "")]]
    script.updates = [
      ["State": "rollback_started", "Message": "manually requested rollback"],
      ["State": "rollback_completed", "Message": "rollback completed"],
    ]
    let text = script.run(["service", "rollback", "web"]).outputText
    #expect(
      text.hasPrefix("web\nrollback: manually requested rollback\noverall progress: rolling back update: 0 out of 2"))
    #expect(text.hasSuffix("verify: Service web converged\nrollback: rollback completed\n"))
  }

  @Test("an update seen as completed before the tasks converge ends the wait in silence")
  func completedAtOnce() {
    let script = ScriptedService()
    script.polls = [[(1, "starting", "")]]
    script.updates = [["State": "completed", "Message": "update completed"]]
    #expect(script.run(["service", "update", "--force", "web"]).outputText == "web\n")
  }

  @Test("a global service waits for its tasks, then counts nodes")
  func global() {
    let script = ScriptedService()
    script.mode = ["Global": [:]]
    script.polls = [[], [(1, "running", ""), (2, "starting", "")], [(1, "running", ""), (2, "running", "")]]
    let text = script.run(["service", "update", "--force", "web"]).outputText
    #expect(
      text.hasPrefix(
        "web\noverall progress: waiting for new tasks\noverall progress: 0 out of 2 tasks\n"
          + "overall progress: 1 out of 2 tasks\noverall progress: 2 out of 2 tasks\nverify: Waiting 5"))
  }

  @Test("a job is over once its tasks are complete, without a verification")
  func job() {
    let script = ScriptedService()
    script.mode = ["ReplicatedJob": ["MaxConcurrent": 1, "TotalCompletions": 2]]
    script.jobStatus = ["JobIteration": ["Index": 0]]
    script.polls = [[(0, "running", "")], [(0, "complete", ""), (1, "complete", "")]]
    let text = script.run(["service", "update", "--force", "web"]).outputText
    #expect(
      text == "web\nactive tasks: 0 out of 1 tasks\n1/2:  \n2/2:  \nactive tasks: 1 out of 1 tasks\n"
        + "active tasks: 0 out of 0 tasks\njob complete\n")
  }

  @Test("^C leaves the service to converge by itself")
  func interrupt() {
    let script = ScriptedService()
    script.polls = [[(1, "starting", "")]]
    let text = script.run(["service", "update", "--force", "web"], interrupted: true).outputText
    #expect(
      text.hasSuffix("Operation continuing in background.\nUse `docker service ps web` to check progress.\n"))
    #expect(script.status == 0)
  }

  @Test("--quiet waits and says nothing")
  func quiet() {
    let script = ScriptedService()
    script.polls = [[(1, "running", ""), (2, "running", "")]]
    #expect(script.run(["service", "update", "-q", "--force", "web"]).outputText == "web\n")
  }
}
