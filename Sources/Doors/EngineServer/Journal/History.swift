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

  /// The folder with the journal that a path means: itself, or the one that the file at the path is in.
  private static func folder(of path: String) -> String? {
    let around = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    if Files.exists(path + "/journal") { return path }
    return Files.exists(path) && Files.exists(around + "/journal") ? around : nil
  }

  /// Runs a journal again in a new world: the one in this folder of a lab, or this file in such a folder. Throws where the
  /// history parts from what the journal says of it.
  public static func replay(_ path: String, report: @escaping (String) -> Void) throws(DoorError) -> History {
    guard let folder = folder(of: path) else {
      throw .refused(
        "there is no journal at \(path): give a lab's folder or the journal in it, or name a lab with --name.")
    }
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
