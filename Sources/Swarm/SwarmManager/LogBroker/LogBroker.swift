import SimBase
import SwarmModel
import SwarmStore

/// Brings the logs of a service's tasks from their nodes to whoever asked for them.
///
/// Agents listen. A subscription goes to the nodes that have tasks of the selector; each publishes what its containers have
/// written and says when it is done. With `follow` nobody is ever done, and nodes that get a matching task later hear of the
/// subscription then. Lines come out in the order of their arrival.
///
/// Source: moby/swarmkit `manager/logbroker/broker.go`, `subscription.go`.
public struct LogBroker: LeaderComponent {
  private struct Subscription: Sendable {
    var selector: LogSelector
    /// The nodes that were asked and are not done.
    var asked = Table<NodeID, Bool>()
    /// The nodes that were asked at all.
    var told = Table<NodeID, Bool>()
    var complaints: [String] = []
    /// What is said of tasks without a node, after all else.
    var unscheduled: [String] = []
  }

  private var listeners = Table<NodeID, CallRef>()
  private var subscriptions = Table<CallRef, Subscription>()
  /// What agents are told; the manager drains it.
  private var toAgents: [(ref: CallRef, reply: DispatcherReply)] = []
  private var toClients: [(ref: CallRef, reply: LogReply)] = []

  /// A broker without listeners.
  public init() {}

  /// Takes out what agents are to be told.
  public mutating func drainAgentReplies() -> [(ref: CallRef, reply: DispatcherReply)] {
    defer { toAgents = [] }
    return toAgents
  }

  /// Takes out what those who asked are to be told.
  public mutating func drainClientReplies() -> [(ref: CallRef, reply: LogReply)] {
    defer { toClients = [] }
    return toClients
  }

  // MARK: Calls

  /// An agent listens.
  public mutating func listen(_ node: NodeID, ref: CallRef) {
    listeners[node] = ref
    for (id, subscription) in subscriptions where subscription.asked.contains(node) { tell(node, of: id) }
  }

  /// An agent has lines for a subscription, and perhaps no more.
  public mutating func publish(_ lines: [TaskLogLine], isDone: Bool, for number: UInt64, from node: NodeID) {
    let id = CallRef(number)
    guard subscriptions.contains(id) else { return }
    if !lines.isEmpty { toClients.append((id, .lines(lines))) }
    if isDone {
      subscriptions.update(id) { $0.asked[node] = nil }
      endIfDone(id)
    }
  }

  /// Somebody wants logs. The subscription has the call's number.
  public mutating func subscribe(_ selector: LogSelector, ref: CallRef, in store: Store) {
    var subscription = Subscription(selector: selector)
    for task in matching(selector, in: store) {
      if let node = task.nodeID {
        subscription.asked[node] = true
      } else if !selector.follow {
        subscription.unscheduled.append("task \(task.id) has not been scheduled")
      }
    }
    subscriptions[ref] = subscription
    for node in subscription.asked.keys {
      if listeners.contains(node) {
        tell(node, of: ref)
      } else if !selector.follow {
        subscriptions[existing: ref].asked[node] = nil
        subscriptions[existing: ref].complaints.append("node \(node) is not available")
      }
    }
    endIfDone(ref)
  }

  /// Whoever wanted logs has gone, or an agent's stream has ended.
  public mutating func hangUp(_ ref: CallRef) {
    if let subscription = subscriptions.removeValue(ref) {
      for node in subscription.told.keys {
        if let listener = listeners[node] { toAgents.append((listener, .unsubscription(ref.number))) }
      }
      return
    }
    guard let node = listeners.first(where: { $0.value == ref })?.key else { return }
    listeners[node] = nil
    for id in subscriptions.keys where subscriptions[existing: id].asked.contains(node) {
      if subscriptions[existing: id].selector.follow { continue }
      subscriptions[existing: id].asked[node] = nil
      subscriptions[existing: id].complaints.append("node \(node) disconnected unexpectedly")
      endIfDone(id)
    }
  }

  /// Without `follow` only tasks that have run by now count.
  private func matching(_ selector: LogSelector, in store: Store) -> [SwarmTask] {
    var tasks = selector.tasks.compactMap { store.tasks[$0]?.value }
    for service in selector.services {
      tasks += store.tasks(of: service).map(\.value).filter { selector.follow || $0.status.state >= .running }
    }
    return tasks
  }

  private mutating func tell(_ node: NodeID, of id: CallRef) {
    guard let listener = listeners[node], let subscription = subscriptions[id] else { return }
    subscriptions[existing: id].told[node] = true
    toAgents.append((listener, .subscription(LogSubscription(id: id.number, selector: subscription.selector))))
  }

  private mutating func endIfDone(_ id: CallRef) {
    guard let subscription = subscriptions[id], !subscription.selector.follow, subscription.asked.isEmpty else {
      return
    }
    subscriptions[id] = nil
    let complaints = (subscription.complaints + subscription.unscheduled).joined(separator: ", ")
    let text =
      "warning: incomplete log stream. some logs could not be retrieved for the following reasons: \(complaints)"
    toClients.append((id, .ended(complaints.isEmpty ? "" : text)))
  }

  // MARK: Watching

  /// Nothing to look at: agents listen anew at a new leader.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {}

  /// A followed service's task has got a node: that node hears of the subscription.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {
    if subscriptions.isEmpty { return }
    guard case .task(let old, let new?) = event, let node = new.value.nodeID, old?.value.nodeID == nil else { return }
    for id in subscriptions.keys {
      let subscription = subscriptions[existing: id]
      if !subscription.selector.follow || !subscription.selector.matches(new.value) { continue }
      if subscription.told.contains(node) { continue }
      subscriptions[existing: id].asked[node] = true
      tell(node, of: id)
    }
  }

  /// It never writes.
  public var wantsToWrite: Bool { false }
  /// It never writes.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {}
}
