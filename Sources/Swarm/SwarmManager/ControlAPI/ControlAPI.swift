import SimBase
import SwarmModel
import SwarmStore

/// The control API: what users' requests become on the leader.
///
/// A read is answered at once from the store. A write is checked as far as that needs no transaction, and refused at once
/// if it fails; else it waits in a queue for the store to be free. Each write is a transaction of its own, so that no two
/// of them share a version. Its reply is handed out after its commit, and the client then sees its own write.
///
/// States of a call: submitted → answered; or submitted → queued → written → answered, with a refusal possible on the way
/// out of the queue. When leadership is lost the driver drops the component and fails `pendingCalls` itself.
///
/// **Differs from Docker:** a request that names an object by name is resolved here in one step, where an engine asks
/// the control API up to three times. Plugin services do not exist. An update
/// that forces a new root only writes the number: the certificate authority begins the rotation when it sees the spec's
/// `forceRotate` differ from the last rotation's.
///
/// Source: moby/swarmkit `manager/controlapi`, `manager/resourceapi`; moby/moby `daemon/cluster`.
public struct ControlAPI: LeaderComponent {
  private struct QueuedCall: Sendable {
    let id: ControlCallID
    let write: ControlWrite
    let raft: RaftView
  }

  /// Oldest first.
  private var queue: [QueuedCall] = []
  /// The call whose changes are being committed. Invariant: at most one, as the store takes one proposal at a time.
  private var written: ControlAnswer?
  private var answers: [ControlAnswer] = []
  /// Whether a cluster without pools of its own is shown with the pool that it uses. The leader that made the swarm of an
  /// empty list shows that list, for as long as it leads.
  ///
  /// Source: moby/swarmkit `manager/controlapi/cluster.go` (`redactClusters`); measured, a real 28.5.2 engine.
  public var showsInbuiltPool = true

  /// An API without calls.
  public init() {}

  /// Takes a request. Its answer is among `takeAnswers()` now or after a later commit.
  public mutating func submit(
    _ id: ControlCallID, _ request: ControlRequest, raft: RaftView, in store: Store, dice: inout Dice
  ) {
    do throws(APIError) {
      if let reply = try ControlRead(store: store, raft: raft, showsInbuiltPool: showsInbuiltPool).reply(to: request) {
        answers.append(ControlAnswer(id, .success(reply)))
      } else {
        queue.append(QueuedCall(id: id, write: try ControlWrite(request, in: store, dice: &dice), raft: raft))
      }
    } catch {
      answers.append(ControlAnswer(id, .failure(error)))
    }
  }

  /// The answers that are ready, in the order in which they became so.
  public mutating func takeAnswers() -> [ControlAnswer] {
    defer { answers = [] }
    return answers
  }

  /// Calls that have no answer yet, oldest first: what is to be failed when leadership is lost.
  public var pendingCalls: [ControlCallID] { (written.map { [$0.id] } ?? []) + queue.map(\.id) }

  /// Nothing to take note of: every call reads the store afresh.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {}

  /// Nothing to take note of: every call reads the store afresh.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {}

  /// Whether a write waits.
  public var wantsToWrite: Bool { !queue.isEmpty && written == nil }

  /// Carries out the oldest write; calls that turn out to be refused, or to change nothing, are answered on the way.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    while written == nil, !queue.isEmpty {
      let call = queue.removeFirst()
      let before = tx.changes.count
      do throws(ControlError) {
        let reply = try call.write.perform(in: &tx, raft: call.raft, dice: &dice)
        let answer = ControlAnswer(call.id, .success(reply))
        if tx.changes.count > before { written = answer } else { answers.append(answer) }
      } catch {
        precondition(tx.changes.count == before, "a refused write left changes behind: \(error.text)")
        answers.append(ControlAnswer(call.id, .failure(APIError(error))))
      }
    }
  }

  /// The write is committed: its caller may know.
  public mutating func written(in store: Store, at now: Instant) {
    if let written { answers.append(written) }
    written = nil
  }
}
