/// A large thing that never changes, kept once and pointed to: a spec, a committed object, a log entry, an image layer.
///
/// It is a value all the same: its content is a `let`, so who holds it cannot tell it from a copy.
public final class Shared<Value: Sendable>: Sendable {
  /// What is shared.
  public let value: Value

  /// Shares the value.
  public init(_ value: Value) { self.value = value }
}

extension Shared: Equatable where Value: Equatable {
  /// Equal content; the same box is equal without a look inside.
  public static func == (a: Shared, b: Shared) -> Bool { a === b || a.value == b.value }
}
