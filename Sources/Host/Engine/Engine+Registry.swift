import SimBase
import Workloads

/// Names a question to a registry in the lab. Numbers never repeat within an engine.
public struct RegistryCallID: Hashable, Comparable, Sendable {
  /// The number.
  public let number: Int

  /// Earlier calls come first.
  public static func < (a: RegistryCallID, b: RegistryCallID) -> Bool { a.number < b.number }
}

/// What an engine asks of a registry at an address in the lab: `localhost:5000`, `10.99.0.12:5000`.
public struct RegistryCall: Sendable {
  /// Its number.
  public let id: RegistryCallID
  /// The image's name, with the registry's address.
  public let reference: ImageReference
  /// The image that is to be stored; nil to get one.
  public let image: Image?

  /// The registry's address: `localhost:5000`, `docker.io`.
  public var address: String { reference.domain }
}

/// What comes of it.
public enum RegistryReply: Sendable, Equatable {
  /// The address is none of the lab's: what is there is only made up.
  case elsewhere
  /// Nothing listens there.
  case refused
  /// What listens there speaks no TLS, which is asked of every registry that is not on the machine itself.
  case plainText
  /// The image is stored; the registry had these of its layers.
  case stored(known: [String])
  /// The image.
  case found(Image)
  /// There is no such image.
  case absent
}

/// What has been pushed to a registry.
public struct RegistryShelf: Sendable {
  /// Images by path and tag, and by path and digest.
  private var images: Table<String, Image> = [:]

  /// An empty one.
  public init() {}

  /// Whether nothing has been pushed.
  public var isEmpty: Bool { images.isEmpty }

  /// Stores an image, or finds one.
  public mutating func answer(_ call: RegistryCall) -> RegistryReply {
    let path = "\(call.reference.domain == "docker.io" ? "hub/" : "")\(call.reference.path)"
    let tagged = "\(path):\(call.reference.tag ?? "latest")"
    guard let image = call.image else {
      return images[call.reference.digest.map { "\(path)@\($0)" } ?? tagged].map { .found($0) } ?? .absent
    }
    let here = Set(images.flatMap { $0.value.layers.map(\.digest) })
    var stored = image
    // Which image it was made of is nothing that a registry knows.
    stored.parent = nil
    images[tagged] = stored
    images["\(path)@\(image.digest)"] = stored
    return .stored(known: image.layers.map(\.digest).filter(here.contains))
  }
}

extension RegistryShelf: Archivable {
  /// All images by name.
  public mutating func archive(_ a: inout Archive) {
    a.table(&images, "", Image(), key: { $0.field(&$1) }, value: { $0.field(&$1) })
  }
}

/// A registry that runs in the lab, as `registry:2`: what was pushed to it can be pulled from it, by any node.
///
/// Packets do not travel between containers, so the world carries the calls: it takes them from the engine that asks,
/// and gives them to the engine on which the registry's container runs. That container holds what was pushed.
extension Engine {
  /// Whether anything is asked that has yet to be carried.
  public var hasRegistryCalls: Bool { !memory.registryCalls.isEmpty }

  /// Takes out what is asked.
  public mutating func drainRegistryCalls() -> [RegistryCall] {
    defer { memory.registryCalls = [] }
    return memory.registryCalls
  }

  /// Asks a registry for an image, or to store one. `.registryReplied` follows.
  public mutating func callRegistry(_ reference: ImageReference, storing image: Image? = nil) -> RegistryCallID {
    memory.nextRegistryCall += 1
    let id = RegistryCallID(number: memory.nextRegistryCall)
    memory.registryCalls.append(RegistryCall(id: id, reference: reference.withDefaultTag, image: image))
    return id
  }

  /// A registry has answered: a pull or a push goes on, or whoever has asked hears of it.
  public mutating func registryReplied(
    _ id: RegistryCallID, _ reply: RegistryReply, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    guard config.reachesLab else { return }
    if let pull = memory.pulls.first(where: { $0.value.call == id })?.key {
      memory.pulls.update(pull) {
        $0.call = nil
        $0.reply = reply
      }
      return continuePull(pull, at: now, into: &out)
    }
    if let push = memory.pushes.first(where: { $0.value.call == id })?.key {
      return finishPush(push, reply, at: now, into: &out)
    }
    out.post(.registryReplied(id, reply))
  }

  /// What a registry's answer says an image is.
  public func image(_ reply: RegistryReply, of reference: ImageReference) throws(EngineError) -> Image {
    switch reply {
    case .found(let image):
      // What is wrong with the outside is wrong with what was pushed there.
      if config.registry.fault != nil && !reference.isInLab { return try resolve(reference) }
      return image
    case .elsewhere, .stored: return try resolve(reference)
    case .plainText: throw .registrySpeaksNoTLS(reference.domain)
    case .absent, .refused:
      // Tutorials copy images to registries of their own, and leave out how.
      if config.library.value.likeness(of: reference) != nil { return try resolve(reference) }
      if reply == .absent { throw .manifestUnknown(reference.withDefaultTag.familiar) }
      throw .registryRefused(reference.domain)
    }
  }

  /// The answer that needs no registry; nil where one must be asked.
  var replyWithoutCall: RegistryReply? { config.reachesLab ? nil : .elsewhere }

  // MARK: The registry's side

  /// Whether a registry runs in a container and listens on a port.
  public func hasRegistry(_ id: ContainerID, port: ContainerPort) -> Bool {
    service(of: id, port: port)?.service.answer == .registry
  }

  /// What a registry that runs in a container answers; nil if none does.
  public mutating func serveRegistry(_ id: ContainerID, port: ContainerPort, _ call: RegistryCall) -> RegistryReply? {
    if !hasRegistry(id, port: port) { return nil }
    return disk.shelves[id, default: RegistryShelf()].answer(call)
  }

  /// Whether the engine asks a registry in the clear, should it not speak TLS.
  public func trusts(registry address: String) -> Bool {
    let words = config.daemon.words
    if words.contains("--insecure-registry=\(address)") { return true }
    return zip(words, words.dropFirst()).contains { $0 == "--insecure-registry" && $1 == address }
  }

  /// The containers of this machine that a port of the machine leads to.
  public func containers(behindHostPort number: UInt16) -> [(id: ContainerID, port: ContainerPort)] {
    disk.containers.values.flatMap { container in
      container.boundPorts.filter { $0.hostPort == number && $0.port.transport == .tcp }.map { (container.id, $0.port) }
    }
  }
}

extension ImageReference {
  /// Whether its registry may be one of the lab's: one at an address, or on the machine itself.
  fileprivate var isInLab: Bool { domain.contains(":") || domain == "localhost" }
}
