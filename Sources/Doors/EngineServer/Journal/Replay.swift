import EngineAPI
import SimBase
import SwarmNode

/// Runs a journal's inputs again.
struct Replay {
  let world: WorldHandle
  let build: String
  let report: (String) -> Void

  /// Brings the world to where the journal ends, or to `reached` if that is later. The answers go nowhere: they were
  /// given. Returns the highest request number, and the requests that were still open.
  func run(_ records: [JournalRecord], to reached: Instant) throws(DoorError) -> (UInt64, [RequestID]) {
    let began = WallClock.system.monotonic()
    var reportedAt = began
    var last: UInt64 = 0
    var open: Set<RequestID> = []
    for (index, record) in records.enumerated() {
      runAll(to: record.instant, &open)
      if world.traceHash() != record.traceHash { throw divergence(index, records.count) }
      world.accept(record.input)
      if case .request(let id, _, _) = record.input {
        last = max(last, id.number)
        open.insert(id)
      }
      if case .hangUp(let id) = record.input { open.remove(id) }
      let wall = WallClock.system.monotonic()
      if wall - reportedAt > 1_000_000_000 {
        reportedAt = wall
        report("replaying the journal: \(100 * (index + 1) / records.count) %")
      }
    }
    runAll(to: max(reached, world.now()), &open)
    return (last, open.sorted())
  }

  private func runAll(to instant: Instant, _ open: inout Set<RequestID>) {
    while world.run(instant, 1_024) == 1_024 {}
    for output in world.drainOutputs() where output.isLast { open.remove(output.request) }
  }

  private func divergence(_ index: Int, _ count: Int) -> DoorError {
    let other =
      build == Build.identity ? "" : " It was written by another build (\(build); this one is \(Build.identity))."
    return .refused(
      "the journal cannot be replayed: the history parts from it before input \(index + 1) of \(count).\(other) "
        + "`swarmlab down` clears the lab away.")
  }
}
