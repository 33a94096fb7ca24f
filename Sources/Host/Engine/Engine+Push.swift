import SimBase
import Workloads

/// Names a push that is under way. Numbers never repeat within an engine.
public struct PushID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// Earlier pushes come first.
  public static func < (a: PushID, b: PushID) -> Bool { a.number < b.number }
}

/// A push under way: what its progress lines are made of.
public struct Push: Sendable {
  /// Where to.
  public let reference: ImageReference
  /// What.
  public let image: Image
  /// When it ends.
  public let endsAt: Instant
}

extension Engine {
  /// Begins to push an image. `.pushed` follows when all its layers are there.
  ///
  /// **Differs from Docker:** a registry here has every image already, by its name; a push only takes its time.
  public mutating func beginPush(_ reference: ImageReference, at now: Instant) throws(EngineError) -> PushID {
    let reference = reference.withDefaultTag
    guard let image = image(of: reference) else { throw .nothingToPush(reference.familiarName) }
    if config.registry.fault == .down { throw .registryUnreachable(reference.domain) }
    memory.nextPull += 1
    let id = PushID(number: memory.nextPull)
    let bytes = image.layers.reduce(0) { $0 + $1.downloadSize }
    let span = Engine.span(of: bytes, at: config.costs.downloadRate) * config.registry.slowdown
    let endsAt = now + drawCost(config.costs.manifest) + span
    memory.pushes[id] = Push(reference: reference, image: image, endsAt: endsAt)
    memory.deadlines.set(.push(id), to: endsAt)
    return id
  }

  /// A push that is under way; nil once its end has been reported.
  public func push(_ id: PushID) -> Push? { memory.pushes[id] }

  mutating func finishPush(_ id: PushID, into out: inout Outbox<EngineNotice>) {
    guard let push = memory.pushes.removeValue(id) else { return }
    disk.imageNames["\(push.reference.familiarName)@\(push.image.digest)"] = push.image.id
    let name = push.reference.familiar
    let event = EngineEvent(
      .image, "push", actor: name, attributes: [("name", push.reference.familiarName)], at: push.endsAt)
    post(event, into: &out)
    out.post(.pushed(id, nil))
  }
}
