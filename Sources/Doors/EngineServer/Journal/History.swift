import SimBase

/// What a journal's replay came to.
public struct History: Sendable {
  /// How many inputs the journal held.
  public var inputs: Int
  /// The instant of the last.
  public var end: Instant
  /// The hash of the history.
  public var traceHash: UInt64
  /// The seed that it began with.
  public var seed: UInt64

  /// Runs a journal again in a new world: the one in this folder of a lab, or this file in such a folder. Throws where the
  /// history parts from what the journal says of it.
  public static func replay(_ path: String, report: @escaping (String) -> Void) throws(DoorError) -> History {
    var folder = path
    if !Files.exists(folder + "/journal"), let slash = folder.lastIndex(of: "/") { folder = String(folder[..<slash]) }
    if !Files.exists(folder + "/journal") { folder = "." }
    guard let plan = LabPlan(json: try Files.read(folder + "/lab.json")) else {
      throw .damaged(folder + "/lab.json", why: "it is not the JSON that `up` writes")
    }
    let past = try Journal.read(folder + "/journal", bodies: folder + "/bodies")
    let world = WorldHandle(plan)
    _ = try Replay(world: world, build: past.header.build, report: report).run(past.records, to: .zero)
    return History(
      inputs: past.records.count, end: world.now(), traceHash: world.traceHash(), seed: past.header.seed)
  }
}
