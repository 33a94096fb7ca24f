import Engine
import SimBase
import SwarmModel
import SwarmWorker
import Testing

/// Source: moby/swarmkit `agent/task_test.go`, `agent/worker_test.go`, `agent/reporter_test.go`, `agent/agent_test.go`,
/// `agent/secrets/secrets_test.go`, `agent/exec/controller_test.go`.
@Suite struct AgentTests {
  private static func states(_ n: Int, _ names: String...) -> [String] { names.map { "\(n) \($0)" } }

  private static func secret(_ n: Int) -> Shared<Secret> {
    var secret = Secret()
    secret.id = SecretID(raw: UInt128(n))
    secret.annotations.name = "secret\(n)"
    secret.data = [UInt8(n)]
    return Shared(secret)
  }

  private static func reference(_ n: Int) -> SecretReference {
    var reference = SecretReference()
    reference.secretID = secret(n).value.id.description
    reference.secretName = "secret\(n)"
    reference.file = FileTarget()
    reference.file?.name = "file\(n)"
    reference.file?.uid = "0"
    reference.file?.gid = "0"
    return reference
  }

  // MARK: One task

  @Test("a task goes from state to state, and where it stays a while is reported, once and in order") func life() {
    var worker = Worker()
    worker.assign(1)
    #expect(
      worker.reports == Self.states(1, "assigned", "preparing", "ready", "starting", "running"))
    worker.run(for: .hours(1))
    #expect(worker.reports.count == 5)
    #expect(worker.container(1)?.state.isRunning == true)
  }

  @Test("a task that is desired READY is prepared and not started, until it is desired to run") func prepared() {
    var worker = Worker()
    worker.assign(1, .ready)
    worker.run(for: .minutes(5))
    #expect(worker.state(1) == "ready")
    #expect(worker.container(1)?.state.isRunning == false)
    worker.assign(1, .running)
    #expect(worker.state(1) == "running")
  }

  @Test("a desired state does not go back: what comes late changes nothing") func backwards() {
    var worker = Worker()
    worker.assign(1, .running)
    worker.assign(1, .ready)
    #expect(worker.container(1)?.state.isRunning == true)
    worker.assign(1, .shutdown)
    worker.run(for: .seconds(20))
    worker.assign(1, .running)
    #expect(worker.state(1) == "shutdown")
    #expect(worker.reports.last == "1 shutdown")
  }

  @Test("a task that is shut down before its container was made needs none") func earlyEnd() {
    var worker = Worker()
    worker.assign(1, .shutdown)
    #expect(worker.reports == Self.states(1, "assigned", "shutdown"))
    #expect(worker.engine.containers.isEmpty)
  }

  @Test("a container's end is the task's: complete at zero, failed otherwise") func ends() {
    for (code, words, error) in [
      (0, "complete", nil), (7, "failed", "task: non-zero exit (7)"),
    ] as [(Int, String, String?)] {
      var worker = Worker()
      worker.assign(1, image: "busybox") { $0.command = ["sh", "-c", "exit \(code)"] }
      #expect(worker.reports.last == "1 \(words)")
      #expect(worker.errors.last == error)
    }
  }

  @Test("what cannot be described is rejected, what cannot be started fails") func refusals() {
    var worker = Worker()
    worker.assign(1, image: "")
    worker.assign(2) { $0.secrets = [Self.reference(1)] }
    #expect(worker.reports.suffix(1) == ["2 failed"])
    #expect(
      worker.errors == [
        "dockerexec: image required",
        "starting container failed: unable to get secret from secret store: "
          + "secret \(Self.secret(1).value.id) not found",
      ])
    #expect(worker.reports.contains("1 rejected"))
  }

  // MARK: Assignments

  @Test("a message with all assignments ends the tasks that it does not list, one with changes leaves them") func sets()
  {
    var worker = Worker()
    worker.assign([.task(Worker.task(1)), .task(Worker.task(2))], isComplete: true)
    worker.assign([.task(Worker.task(3))])
    #expect((1...3).compactMap { worker.state($0) } == ["running", "running", "running"])
    worker.assign([.task(Worker.task(2))], isComplete: true)
    worker.run(for: .seconds(20))
    #expect((1...3).map { worker.state($0) } == [nil, "running", nil])
    #expect(worker.engine.containers.count == 1)
    worker.assign([.removeTask(Worker.id(2)), .removeTask(Worker.id(9))])
    worker.run(for: .seconds(20))
    #expect(worker.engine.containers.isEmpty && worker.agent.taskCount == 0)
  }

  @Test("of a task whose assignment is gone nothing more is reported, not even its end") func unassigned() {
    var worker = Worker()
    worker.assign(1)
    let before = worker.reports.count
    worker.assign([.removeTask(Worker.id(1))])
    worker.run(for: .minutes(1))
    #expect(worker.reports.count == before)
  }

  @Test("a message with all assignments also says all secrets; a removal drops one") func secrets() {
    var worker = Worker()
    let (first, second) = (Self.secret(1), Self.secret(2))
    worker.assign([.secret(first), .secret(second)], isComplete: true)
    #expect(worker.agent.heldSecrets == [first.value.id, second.value.id])
    worker.assign([.removeSecret(first.value.id)])
    #expect(worker.agent.heldSecrets == [second.value.id])
    worker.assign([.secret(first)], isComplete: true)
    #expect(worker.agent.heldSecrets == [first.value.id])
    worker.assign(1) { $0.secrets = [Self.reference(1)] }
    #expect(worker.state(1) == "running", "\(worker.errors)")
  }

  @Test("a message that does not follow the one before is not taken, and all is asked for again") func gap() {
    var worker = Worker()
    worker.assign(1)
    let asked = worker.listings
    worker.assign([.task(Worker.task(2))], afterGap: true)
    #expect(worker.state(2) == nil)
    #expect(worker.listings == asked + 1)
  }

  // MARK: Sessions and restarts

  @Test("an agent without a manager runs its tasks on, and reports how they stand to the next manager") func noManager()
  {
    var worker = Worker()
    worker.assign(1)
    worker.assign(2, image: "busybox") { $0.command = ["sh", "-c", "sleep 10; exit 1"] }
    worker.isManagerUp = false
    worker.disconnect()
    worker.run(for: .minutes(2))
    #expect(worker.state(1) == "running" && worker.state(2) == "failed")
    let told = worker.reports.count
    worker.isManagerUp = true
    worker.run(for: .minutes(1))
    #expect(worker.registrations == 2)
    #expect(worker.reports.suffix(from: told) == ["1 running", "2 failed"])
  }

  @Test("an agent that begins again finds its containers, and misses those that have died meanwhile") func restarts()
    throws
  {
    var worker = Worker()
    worker.assign(1)
    worker.assign(2)
    worker.assign(3)
    worker.assign([.removeTask(Worker.id(3))])
    worker.run(for: .seconds(20))
    let kept = worker.container(1)?.id
    let lost = try #require(worker.container(2)?.id)
    var notices = Outbox<EngineNotice>()
    try worker.engine.stop(.id(lost), timeout: .zero, at: worker.now, into: &notices)
    let told = worker.reports.count
    worker.restart()
    #expect(worker.container(1)?.id == kept && worker.state(1) == "running")
    #expect(worker.state(2) == "failed" && worker.state(3) == nil)
    #expect(worker.reports.suffix(from: told).last == "2 failed")
    #expect(worker.disk.count == 2 + 1, "two tasks, and the new status of one")
  }
}
