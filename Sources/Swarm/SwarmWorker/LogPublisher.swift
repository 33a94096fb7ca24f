import Engine
import SimBase
import SwarmModel
import Workloads

/// An agent's part in `service logs`: reads the logs of matching tasks from the engine and publishes them.
///
/// Source: moby/swarmkit `agent/worker.go` (`Subscribe`); moby/moby `daemon/cluster/executor/container/controller.go` (`Logs`).
struct LogPublisher: Sendable {
  private struct Follower: Sendable {
    var subscription: UInt64
    var task: TaskID
    var next: Int
  }

  private var subscriptions = Table<UInt64, LogSelector>()
  private var followers = Table<ContainerID, [Follower]>()

  /// Begins to serve a subscription; returns the lines there are now.
  mutating func begin(
    _ subscription: LogSubscription, _ tasks: Table<TaskID, TaskRunner>, node: NodeID, engine: inout Engine
  ) -> [TaskLogLine] {
    if subscription.selector.follow { subscriptions[subscription.id] = subscription.selector }
    var lines: [TaskLogLine] = []
    for (_, runner) in tasks where subscription.selector.matches(runner.task.value) {
      lines += read(subscription.id, subscription.selector, runner, node: node, engine: &engine)
    }
    return lines
  }

  /// A task has got its container: followers of its service follow it, too.
  mutating func attach(
    _ runner: TaskRunner, node: NodeID, engine: inout Engine
  ) -> [(subscription: UInt64, lines: [TaskLogLine])] {
    var published: [(subscription: UInt64, lines: [TaskLogLine])] = []
    for (id, selector) in subscriptions where selector.matches(runner.task.value) {
      published.append((id, read(id, selector, runner, node: node, engine: &engine)))
    }
    return published
  }

  /// A container has new lines.
  mutating func logged(
    _ container: ContainerID, _ tasks: Table<TaskID, TaskRunner>, node: NodeID, engine: Engine
  ) -> [(subscription: UInt64, lines: [TaskLogLine])] {
    var published: [(subscription: UInt64, lines: [TaskLogLine])] = []
    guard var list = followers[container] else { return [] }
    for place in list.indices {
      guard let selector = subscriptions[list[place].subscription], let runner = tasks[list[place].task] else {
        continue
      }
      let fresh = engine.log(of: container, from: list[place].next)
      list[place].next += fresh.count
      published.append(
        (list[place].subscription, convert(fresh, selector, runner, node, engine.logAttributes(of: container))))
    }
    followers[container] = list
    return published
  }

  /// Nobody wants these logs any more.
  mutating func end(_ id: UInt64, engine: inout Engine) {
    subscriptions[id] = nil
    for container in followers.keys {
      let kept = followers[existing: container].filter { $0.subscription != id }
      for _ in kept.count..<followers[existing: container].count { engine.unfollowLog(of: container) }
      followers[container] = kept.isEmpty ? nil : kept
    }
  }

  /// The session has ended: a new leader knows nothing of old subscriptions.
  mutating func endAll(engine: inout Engine) { for id in subscriptions.keys { end(id, engine: &engine) } }

  private mutating func read(
    _ id: UInt64, _ selector: LogSelector, _ runner: TaskRunner, node: NodeID, engine: inout Engine
  ) -> [TaskLogLine] {
    guard let container = runner.container else { return [] }
    var selection = LogSelection()
    selection.output = selector.output
    selection.error = selector.error
    selection.tail = selector.tail
    selection.since = selector.since
    guard let log = try? engine.log(of: .id(container), selection) else { return [] }
    if selector.follow {
      engine.followLog(of: container)
      let follower = Follower(subscription: id, task: runner.task.value.id, next: log.next)
      followers[container, default: []].append(follower)
    }
    return convert(log.lines, selector, runner, node, engine.logAttributes(of: container))
  }

  private func convert(
    _ lines: [LogLine], _ selector: LogSelector, _ runner: TaskRunner, _ node: NodeID,
    _ attributes: Labels
  ) -> [TaskLogLine] {
    lines.filter { $0.stream == .output ? selector.output : selector.error }.map { line in
      var published = TaskLogLine(
        runner.task.value, node: node, at: line.instant, isError: line.stream == .error,
        text: line.text + (line.isWhole ? "\n" : ""))
      published.attributes = attributes
      return published
    }
  }
}
