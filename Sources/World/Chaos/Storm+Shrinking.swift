import Checkers
import Lab

/// Making a failing storm smaller.
extension Storm {
  /// The plan with the fewest steps that still breaks the same law, or still leaves the swarm unrecovered; nil if the plan
  /// itself does not fail. Steps are left out in halves, quarters and so on, down to one by one.
  ///
  /// Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (`ddmin`).
  public static func smallest(_ plan: StormPlan) throws(FormingFailure) -> StormPlan? {
    guard let wanted = try outcome(plan) else { return nil }
    var best = plan
    var kept = plan.only ?? Array(1...plan.steps)
    var size = (kept.count + 1) / 2
    while size > 0 {
      var start = 0
      while start < kept.count {
        let fewer = Array(kept[..<start] + kept[min(start + size, kept.count)...])
        var candidate = plan
        candidate.only = fewer
        if try outcome(candidate) == wanted {
          (kept, best) = (fewer, candidate)
        } else {
          start += size
        }
      }
      size = size == 1 ? 0 : (size + 1) / 2
    }
    return best
  }

  /// How a storm ends: the law that is broken first, or an empty text for a swarm that does not recover; nil if it is clean.
  private static func outcome(_ plan: StormPlan) throws(FormingFailure) -> String? {
    var storm = try Storm(plan)
    let report = storm.run()
    return report.isClean ? nil : report.violations.first?.law.rawValue ?? ""
  }
}
