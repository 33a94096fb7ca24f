import Engine
import SimBase
import SwarmManager
import Workloads

/// Which images a list shows, newest first.
///
/// Source: moby/moby `daemon/images/images.go`.
struct ImageListing {
  private let engine: Engine
  private let filters: FilterArguments
  private let isDangling: Bool?
  private let before: Instant?
  private let since: Instant?
  /// Whether the steps of builds are shown, too.
  private let showsAll: Bool

  init(_ filters: FilterArguments, _ engine: Engine, all: Bool, at now: Instant) throws(APIError) {
    try filters.validate("dangling", "label", "before", "since", "reference", "until")
    self.engine = engine
    self.filters = filters
    showsAll = all
    isDangling = try filters.flag("dangling")
    let named = try ImageListing.created(filters["before"].last, engine)
    do { before = [named, try filters.until(at: now)].compactMap { $0 }.min() } catch {
      throw APIError(.system, error.message)
    }
    for text in filters["reference"] where Pattern.isOpenSet(text) {
      throw APIError(.system, "syntax error in pattern")
    }
    since = try ImageListing.created(filters["since"].last, engine)
  }

  private static func created(_ name: String?, _ engine: Engine) throws(APIError) -> Instant? {
    guard let name else { return nil }
    return try asked { () throws(EngineError) in try engine.image(name).created }
  }

  /// The images; a filter by reference also hides names that it does not name.
  var images: [ImageView] {
    let admitted = engine.images.map { ImageView($0, engine) }.filter(admits)
    let shown = filters.contains("reference") ? admitted.map { $0.keeping(isReferred) } : admitted
    return shown.sorted { a, b in (b.image.created, a.image.id) < (a.image.created, b.image.id) }
  }

  private func admits(_ view: ImageView) -> Bool {
    if let before, view.image.created >= before { return false }
    if let since, view.image.created <= since { return false }
    let isNameless = view.tags.isEmpty && view.digests.isEmpty
    if isNameless && !showsAll && !engine.children(of: view.image.id).isEmpty { return false }
    if let isDangling, isDangling != isNameless { return false }
    return filters.hasLabels("label", view.labels)
      && (!filters.contains("reference") || (view.tags + view.digests).contains(where: isReferred))
  }

  private func isReferred(_ name: String) -> Bool {
    guard let reference = try? ImageReference(name) else { return false }
    return filters["reference"].contains { text in
      let glob = Pattern(glob: text)
      return glob.isFound(in: reference.familiarName) || glob.isFound(in: reference.familiar)
    }
  }
}

extension Pattern {
  /// Whether a set in a pattern of whole names has no end.
  static func isOpenSet(_ text: String) -> Bool {
    guard let open = text.firstIndex(of: "[") else { return false }
    return !text[open...].dropFirst().contains("]")
  }

  /// A pattern of whole names: `*` and `?` stop at slashes, `[a-z]` names a set. Source: Go `path.Match`.
  init(glob text: String) {
    var expression = "^"
    for character in text {
      switch character {
      case "*": expression += "[^/]*"
      case "?": expression += "[^/]"
      case ".", "+", "^", "$", "(", ")", "|", "\\": expression += "\\\(character)"
      default: expression.append(character)
      }
    }
    self.init(expression + "$")
  }
}
