import SimBase

extension Engine {
  /// The number that the next event will have. Events never change their number; the last 256 and some are kept.
  public var eventEnd: Int { memory.events.endNumber }

  /// The events from the one with this number on, as far as they are kept.
  public func events(from number: Int) -> [EngineEvent] { memory.events.elements(from: number) }

  /// The number of the first kept event that did not happen before `instant`.
  public func firstEvent(since instant: Instant) -> Int {
    for number in memory.events.dropped..<memory.events.endNumber {
      if let event = memory.events[number: number], event.instant >= instant { return number }
    }
    return memory.events.endNumber
  }

  /// Adds an event that another part of the node has to tell: the swarm's.
  public mutating func post(_ event: EngineEvent, into out: inout Outbox<EngineNotice>) {
    memory.events.append(event)
    memory.events.trim(to: 256)
    if memory.eventFollowers > 0 { out.post(.eventsAdded) }
  }

  /// Tells of something that was asked of a container and that leaves no other trace: `top`, `export`.
  ///
  /// Source: measured, a real 28.5.2 engine.
  public mutating func tell(
    _ action: String, of id: ContainerID, attributes: [(String, String)] = [], at now: Instant,
    into out: inout Outbox<EngineNotice>
  ) {
    guard let number = disk.numbers[id] else { return }
    let container = disk.containers[existing: number]
    post(EngineEvent(action, container: container, attributes: attributes, at: now), into: &out)
  }

  /// Somebody follows events from now on: `.eventsAdded` tells of new ones.
  public mutating func followEvents() { memory.eventFollowers += 1 }
  /// Somebody no longer does.
  public mutating func unfollowEvents() { memory.eventFollowers = max(0, memory.eventFollowers - 1) }
}
