/// A large part that most owners lack, behind a pointer: where it is absent it takes the pointer's room alone.
///
/// It is an array of one element at most, so the copy-on-write is the standard library's and no class of ours hides in
/// the world.
public struct Aside<Value: Sendable>: Sendable {
  /// Invariant: empty, or one element that is not nil.
  private var place: ContiguousArray<Value?> = []

  /// Nothing.
  public init() {}

  /// The part, or nil; changed in place.
  public var value: Value? {
    _read { if place.isEmpty { yield nil } else { yield place[0] } }
    _modify {
      if place.isEmpty {
        var fresh: Value?
        defer { if fresh != nil { place = [fresh] } }
        yield &fresh
      } else {
        defer { if place[0] == nil { place = [] } }
        yield &place[0]
      }
    }
  }
}
