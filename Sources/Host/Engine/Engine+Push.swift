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
  /// When all of it has been sent.
  public let endsAt: Instant
  /// Which of its layers the registry had; known at the end.
  public internal(set) var known: [String] = []
  /// What it has asked its registry and waits for.
  var call: RegistryCallID?
}

extension Engine {
  /// Begins to push an image. `.pushed` follows when all its layers are there.
  ///
  /// An image that was made here gets the digest of its manifest, which only its maker can write.
  ///
  /// **Differs from Docker:** a registry out in the world has every image already, by its name, and asks for no login.
  public mutating func beginPush(
    _ reference: ImageReference, digest: String = "", at now: Instant
  ) throws(EngineError) -> PushID {
    let reference = reference.withDefaultTag
    if let id = image(of: reference)?.id, !digest.isEmpty { disk.images.update(id) { $0.digest = digest } }
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

  /// A push that is under way; nil once its end has been heard of.
  public func push(_ id: PushID) -> Push? { memory.pushes[id] }

  /// Forgets a push that has ended.
  public mutating func forgetPush(_ id: PushID) { memory.pushes[id] = nil }

  /// All has been sent: the registry has its say.
  mutating func deliverPush(_ id: PushID, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let push = memory.pushes[id] else { return }
    if replyWithoutCall != nil { return finishPush(id, .stored(known: []), at: now, into: &out) }
    let call = callRegistry(push.reference, storing: push.image)
    memory.pushes.update(id) { $0.call = call }
  }

  mutating func finishPush(
    _ id: PushID, _ reply: RegistryReply, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard let push = memory.pushes[id] else { return }
    switch reply {
    case .refused: out.post(.pushed(id, .registryRefused(push.reference.domain)))
    case .plainText: out.post(.pushed(id, .registrySpeaksNoTLS(push.reference.domain)))
    case .stored(let known):
      memory.pushes.update(id) { $0.known = known }
      disk.imageNames["\(push.reference.familiarName)@\(push.image.digest)"] = push.image.id
      let name = push.reference.familiar
      post(
        EngineEvent(.image, "push", actor: name, attributes: [("name", push.reference.familiarName)], at: now),
        into: &out)
      out.post(.pushed(id, nil))
    case .elsewhere, .found, .absent: finishPush(id, .stored(known: []), at: now, into: &out)
    }
  }
}
