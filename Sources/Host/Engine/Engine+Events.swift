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

  /// Somebody follows events from now on: `.eventsAdded` tells of new ones.
  public mutating func followEvents() { memory.eventFollowers += 1 }
  /// Somebody no longer does.
  public mutating func unfollowEvents() { memory.eventFollowers = max(0, memory.eventFollowers - 1) }
}
