/// A large part behind a pointer: its owner stays small, and a copy of the owner shares it until one of the two changes it.
///
/// An optional part is an `Aside<Part>?`: absent, it takes the pointer's room alone, and whether it is there is asked
/// without a look at it. It is an array of one element, so the copy-on-write is the standard library's and no class of
/// ours hides in the world.
public struct Aside<Value: Sendable>: Sendable {
  /// Invariant: one element.
  private var place: ContiguousArray<Value>

  /// Puts the part aside.
  public init(_ value: Value) { place = [value] }

  /// The part: lent to who reads a field of it, and changed in place.
  public var value: Value {
    _read { yield place[0] }
    _modify { yield &place[0] }
  }
}
