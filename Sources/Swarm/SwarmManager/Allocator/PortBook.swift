import Dataplane
import SimBase
import SwarmModel

/// Who holds which published port of the routing mesh.
///
/// Ports in host mode are only copied: their nodes' engines open them.
///
/// Source: moby/swarmkit `manager/allocator/portallocator.go`.
struct PortBook: Sendable {
  private var spaces: [PortSpace] = Array(repeating: PortSpace(), count: 3)

  /// Whether a service holds the ports that its spec asks for.
  ///
  /// `atStart`: a new leader knows no dynamic ports yet, so a service that has one must be booked again.
  func hasPorts(_ service: Service, atStart: Bool = false) -> Bool {
    guard let wanted = service.spec.value.endpoint, let endpoint = service.endpoint else {
      return service.spec.value.endpoint == nil && service.endpoint == nil
    }
    if wanted.ports.count != endpoint.ports.count { return false }
    var held = HeldPorts(endpoint.ports, mode: .ingress)
    for port in wanted.ports where port.mode == .ingress && port.publishedPort != 0 {
      if held.remove(port) == nil { return false }
    }
    for port in wanted.ports {
      switch port.mode {
      case .ingress: if port.publishedPort == 0 && (held.remove(port) == nil || atStart) { return false }
      case .host:
        let isKnown = endpoint.ports.contains { $0.mode == .host && $0.targetPort == port.targetPort }
        if !isKnown { return false }
      }
    }
    return true
  }

  /// Whether a host-mode port with a number changed, so that the endpoint must show the new one.
  func hostPortsNeedUpdate(_ service: Service) -> Bool {
    var held = HeldPorts(service.endpoint?.ports ?? [], mode: .host)
    for port in service.spec.value.endpoint?.ports ?? [] where port.mode == .host && port.publishedPort != 0 {
      if held.remove(port) == nil { return true }
    }
    return false
  }

  /// Puts the spec's host-mode ports in place of the endpoint's, and leaves the others.
  func updateHostPorts(_ service: inout Service) {
    var endpoint = service.endpoint ?? Endpoint()
    let wanted = service.spec.value.endpoint
    endpoint.ports =
      endpoint.ports.filter { $0.mode != .host } + (wanted?.ports.filter { $0.mode == .host } ?? [])
    endpoint.spec = wanted
    service.endpoint = endpoint
  }

  /// Books a service's ports: those with numbers first, then free ones, keeping what it had where the port is the same.
  mutating func allocate(_ service: inout Service) throws(AllocationError) {
    guard service.spec.value.endpoint != nil else { return }
    let wanted = PortBook.reconciled(service)
    release(&service)
    if wanted.isEmpty { return }
    var endpoint = service.endpoint ?? Endpoint()
    for var port in wanted {
      if port.mode == .ingress {
        do {
          if port.publishedPort != 0 {
            try spaces[port.space].take(port.publishedPort)
          } else {
            port.publishedPort = try spaces[port.space].takeAny()
          }
        } catch {
          service.endpoint = endpoint
          release(&service)
          throw .port(error)
        }
      }
      endpoint.ports.append(port)
    }
    service.endpoint = endpoint
  }

  /// Frees a service's ports.
  mutating func release(_ service: inout Service) {
    for port in service.endpoint?.ports ?? [] where port.mode == .ingress {
      spaces[port.space].release(port.publishedPort)
    }
    service.endpoint?.ports = []
  }

  /// The ports to book: the spec's, with the numbers of ports that the service already has and that may stay.
  ///
  /// A port keeps its number while name, protocol and target stay the same. Host-mode ports and those with numbers come
  /// first, then those without.
  static func reconciled(_ service: Service) -> [PortConfig] {
    let wanted = service.spec.value.endpoint?.ports ?? []
    guard let endpoint = service.endpoint, endpoint.ports.count == wanted.count else { return wanted }
    var held = HeldPorts(endpoint.ports, mode: .ingress)
    var result: [PortConfig] = []
    for port in wanted where port.mode != .ingress || port.publishedPort != 0 {
      if port.mode == .ingress { _ = held.remove(port) }
      result.append(port)
    }
    for port in wanted where port.mode == .ingress && port.publishedPort == 0 {
      result.append(held.remove(port) ?? port)
    }
    return result
  }
}

/// Ports that a service holds, to be matched with those it wants.
private struct HeldPorts {
  private var ports: [PortConfig]

  /// The ports of one mode. Of two with the same key and number the later one counts.
  init(_ all: [PortConfig], mode: PublishMode) {
    ports = []
    for port in all where port.mode == mode {
      ports.removeAll { $0.publishedPort == port.publishedPort && $0.hasKey(of: port) }
      ports.append(port)
    }
  }

  /// Takes out the port that serves a wish: with that number, or for a wish without number the lowest that has one.
  mutating func remove(_ wish: PortConfig) -> PortConfig? {
    let fits = ports.indices.filter { index in
      guard ports[index].hasKey(of: wish) else { return false }
      return wish.publishedPort == 0
        ? ports[index].publishedPort != 0 : ports[index].publishedPort == wish.publishedPort
    }
    guard let best = fits.min(by: { ports[$0].publishedPort < ports[$1].publishedPort }) else { return nil }
    return ports.remove(at: best)
  }
}

extension PortConfig {
  fileprivate func hasKey(of other: PortConfig) -> Bool {
    name == other.name && `protocol` == other.protocol && targetPort == other.targetPort
  }
  fileprivate var space: Int { Int(`protocol`.rawValue) }
}
