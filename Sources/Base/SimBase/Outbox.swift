/// Where machines write their orders, in the order in which they are to be obeyed.
///
/// A nested machine writes into its driver's outbox; one that is drained is used again, so that a step allocates nothing.
public struct Outbox<Order: Sendable>: Sendable {
  /// The orders so far, oldest first.
  public private(set) var orders: [Order] = []

  /// An empty outbox.
  public init() {}

  /// Whether nothing has been ordered.
  public var isEmpty: Bool { orders.isEmpty }

  /// Adds an order.
  public mutating func post(_ order: Order) { orders.append(order) }

  /// Takes all orders out, oldest first, and leaves the outbox empty.
  public mutating func drain() -> [Order] {
    let drained = orders
    orders = []
    return drained
  }
}
