import SwarmModel

/// What a node still has of generic resources, as the scheduler counts it: one number per discrete kind, the free names of
/// a named kind in the node's order.
///
/// Source: moby/swarmkit `api/genericresource/resource_management.go`, `helpers.go`, `validate.go`.
extension [GenericResource] {
  /// The pieces of one kind.
  func of(kind: String) -> [GenericResource] { filter { $0.kind == kind } }

  /// Whether there is enough for one reservation. Tasks reserve numbers only, of named kinds too.
  func suffice(for wish: GenericResource) -> Bool {
    guard case .discrete(let kind, let wanted) = wish else { return false }
    let held = of(kind: kind)
    switch held.first {
    case .discrete(_, let value)?: return wanted <= value
    case .named?: return wanted <= held.count
    case nil: return false
    }
  }

  /// Takes what a task reserves and returns it: a number, or the first free names. Takes nothing where a kind is missing.
  mutating func claim(_ wishes: [GenericResource]) -> [GenericResource] {
    var claimed: [GenericResource] = []
    for wish in wishes {
      guard case .discrete(let kind, let wanted) = wish else { return [] }
      let held = of(kind: kind)
      switch held.first {
      case .discrete(_, let value)?: if value >= wanted && wanted != 0 { claimed.append(wish) }
      // A wish for none of a named kind takes every name: the original looks for the end behind the first one.
      case .named?: claimed += wanted > 0 ? held.prefix(Int(wanted)) : held[...]
      case nil: return []
      }
    }
    consume(claimed)
    return claimed
  }

  /// Takes pieces away. A number that comes to zero goes altogether.
  mutating func consume(_ pieces: [GenericResource]) {
    var rest: [GenericResource] = []
    next: for var held in self {
      for piece in pieces where piece.kind == held.kind {
        switch (held, piece) {
        case (.discrete(let kind, let have), .discrete(_, let take)):
          held = .discrete(kind: kind, value: have - take)
          if have <= take { continue next }
        case (.named(_, let have), .named(_, let take)): if have == take { continue next }
        case (.discrete, .named), (.named, .discrete): break  // the kind's type changed meanwhile
        }
      }
      rest.append(held)
    }
    self = rest
  }

  /// Gives pieces back, then fits everything to what the node says it has: its description may have changed meanwhile.
  mutating func reclaim(_ pieces: [GenericResource], on node: [GenericResource]) {
    for piece in pieces {
      switch piece {
      case .named: append(piece)
      case .discrete(let kind, let value):
        let places = indices.filter { self[$0].kind == kind }
        if places.isEmpty {
          append(piece)
        } else if places.count == 1, case .discrete(_, let have) = self[places[0]] {
          self[places[0]] = .discrete(kind: kind, value: have + value)
        }
      }
    }
    fit(to: node)
  }

  /// Resets, at the list's end, each kind that the node no longer has in this form or in this amount.
  private mutating func fit(to node: [GenericResource]) {
    var kept: [GenericResource] = []
    var reset: [GenericResource] = []
    var kindsReset: [String] = []
    for piece in self {
      let described = node.of(kind: piece.kind)
      if piece.isPlausible(where: described) {
        kept.append(piece)
      } else if !kindsReset.contains(piece.kind) {
        kindsReset.append(piece.kind)
        if !piece.isMissingName(where: described) { reset += described }
      }
    }
    self = kept + reset
  }
}

extension GenericResource {
  /// Whether a node that has these pieces of the kind can have this one free.
  fileprivate func isPlausible(where described: [GenericResource]) -> Bool {
    switch self {
    case .discrete(_, let value):
      if described.count == 1, case .discrete(_, let all) = described[0] { return value <= all }
      return false
    case .named(_, let name):
      for piece in described {
        guard case .named(_, let other) = piece else { return false }
        if other == name { return true }
      }
      return false
    }
  }

  /// Whether this is a name that a node with names of this kind does not have: it goes, and the others stay.
  fileprivate func isMissingName(where described: [GenericResource]) -> Bool {
    guard case .named = self, !described.isEmpty else { return false }
    return described.allSatisfy { if case .named = $0 { true } else { false } }
  }
}
