import SimBase
import SwarmModel
import SwarmStore
import Testing

/// The table of who may do what to tasks, held against a second one in another form.
@Suite struct TaskRightsTests {
  /// A row per writer: the moves that it may make, from → to. N PE AS AC PR RE ST RU are the states on the way, in order; C S F
  /// J O the ends (complete, shutdown, failed, rejected, orphaned).
  static let expected: [(TaskWriter, [TaskState: [TaskState]])] = {
    let onTheWay: [TaskState] = [.new, .pending, .assigned, .accepted, .preparing, .ready, .starting, .running]
    let ends: [TaskState] = [.complete, .shutdown, .failed, .rejected, .orphaned]
    var agent: [TaskState: [TaskState]] = [:]
    for (place, state) in onTheWay.enumerated() where place >= 2 { agent[state] = onTheWay[(place + 1)...] + ends }
    func all(to end: TaskState) -> [TaskState: [TaskState]] {
      Dictionary(uniqueKeysWithValues: onTheWay.map { ($0, [end]) })
    }
    return [
      (.orchestrator, [:]), (.allocator, [.new: [.pending]]), (.scheduler, [.pending: [.assigned, .shutdown]]),
      (.dispatcher, agent), (.enforcer, all(to: .rejected)), (.reaper, [:]), (.controlAPI, all(to: .orphaned)),
    ]
  }()

  @Test("each writer may make the moves of its row, and no others") func moves() {
    #expect(Self.expected.map(\.0) == TaskWriter.allCases)
    for (writer, row) in Self.expected {
      for from in TaskState.allCases {
        for to in TaskState.allCases where to != from {
          let may = row[from]?.contains(to) ?? false
          #expect(writer.rights.mayMove(from: from, to: to) == may, "\(writer): \(from) to \(to)")
        }
      }
    }
  }

  static func store(_ change: (inout SwarmTask) -> Void = { _ in }) -> (Store, SwarmTask) {
    var task = SwarmTask()
    task.id = TaskID(raw: 1)
    task.desiredState = .running
    task.status.state = .running
    task.nodeID = NodeID(raw: 2)
    change(&task)
    var node = Node()
    node.id = NodeID(raw: 2)
    return (Store(contents: [.putNode(Shared(node)), .putTask(Shared(task))]), task)
  }

  /// Who is refused when every writer tries to make the change.
  static func refused(
    _ start: (inout SwarmTask) -> Void = { _ in }, _ change: (inout SwarmTask) -> Void
  ) -> [TaskWriter] {
    TaskWriter.allCases.filter { writer in
      let (store, old) = self.store(start)
      var tx = Transaction(store, version: 2, at: .zero)
      tx.update(old.id, by: writer, change)
      let isRefused = !tx.refused.isEmpty
      // A refused write is not made, and names its writer.
      if isRefused && (!tx.changes.isEmpty || tx.refused[0].writer != writer) { Issue.record("\(writer) wrote") }
      if isRefused && tx.store.tasks[old.id]?.value != old { Issue.record("\(writer) changed the task") }
      return isRefused
    }
  }

  @Test("what is desired is the orchestrator's, addresses the allocator's, nodes the scheduler's; nobody takes back")
  func fields() {
    func others(than writer: TaskWriter) -> [TaskWriter] { TaskWriter.allCases.filter { $0 != writer } }
    #expect(Self.refused { $0.desiredState = .shutdown } == others(than: .orchestrator))
    #expect(Self.refused { $0.networks = [NetworkAttachment()] } == others(than: .allocator))
    #expect(Self.refused { $0.endpoint = Endpoint() } == others(than: .allocator))
    #expect(Self.refused { $0.assignedGenericResources = [GenericResource()] } == others(than: .scheduler))
    #expect(Self.refused({ $0.nodeID = nil }) { $0.nodeID = NodeID(raw: 2) } == others(than: .scheduler))
    #expect(Self.refused { $0.nodeID = NodeID(raw: 3) } == TaskWriter.allCases)
    #expect(Self.refused { $0.desiredState = .ready } == TaskWriter.allCases)
    #expect(Self.refused { $0.status.state = .assigned } == TaskWriter.allCases)
    #expect(Self.refused { $0.slot = 2 } == TaskWriter.allCases)
    #expect(Self.refused { $0.status.message = "said" }.isEmpty)
  }

  @Test("the scheduler shuts down only a waiting task that nobody wants") func shutdown() {
    let waits: (inout SwarmTask) -> Void = { ($0.status.state, $0.nodeID) = (.pending, nil) }
    #expect(Self.refused(waits) { $0.status.state = .shutdown } == TaskWriter.allCases)
    let unwanted: (inout SwarmTask) -> Void = {
      ($0.status.state, $0.nodeID, $0.desiredState) = (.pending, nil, .shutdown)
    }
    #expect(!Self.refused(unwanted) { $0.status.state = .shutdown }.contains(.scheduler))
  }

  @Test("tasks are made new, by orchestrators and for attachments; the reaper deletes what has ended")
  func makingAndDeleting() {
    func makers(_ state: TaskState) -> [TaskWriter] {
      TaskWriter.allCases.filter { writer in
        var task = SwarmTask()
        (task.id, task.status.state) = (TaskID(raw: 9), state)
        var tx = Transaction(Store(), version: 1, at: .zero)
        tx.put(task, by: writer)
        return tx.refused.isEmpty
      }
    }
    #expect(makers(.new) == [.orchestrator, .controlAPI])
    #expect(makers(.running).isEmpty)
    func deleters(_ start: (inout SwarmTask) -> Void) -> [TaskWriter] {
      TaskWriter.allCases.filter { writer in
        let (store, task) = Self.store(start)
        var tx = Transaction(store, version: 2, at: .zero)
        tx.remove(task.id, by: writer)
        return tx.refused.isEmpty && tx.store.tasks[task.id] == nil
      }
    }
    #expect(deleters { _ in } == [.controlAPI])
    #expect(deleters { $0.desiredState = .remove } == [.orchestrator, .reaper, .controlAPI])
    #expect(deleters { $0.status.state = .failed } == [.reaper, .controlAPI])
    #expect(deleters { $0.nodeID = NodeID(raw: 3) } == [.orchestrator, .controlAPI])
    #expect(deleters { ($0.status.state, $0.nodeID, $0.desiredState) = (.pending, nil, .shutdown) }.count == 3)
  }
}
