import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where a node listens.
public struct NodeDoor: Sendable, Equatable {
  /// The unix socket's path.
  public var socket: String
  /// The loopback address and port.
  public var tcp: String
}

/// The listening sockets of a lab. All are on the loopback interface, or in a folder of the user's alone.
struct Listeners: Sendable {
  let loop: any EventLoop
  let server: NIOLoopBound<LabServer>

  /// Sockets that are bound.
  struct Bound: Sendable {
    /// Where each node listens.
    var doors: [NodeDoor] = []
    /// The listening sockets of each node.
    var channels: [[any Channel]] = []
  }

  /// Binds the control socket and each node's two doors, and waits for that off the loop. An address in use is named in
  /// the error.
  func bindAll(_ folder: LabFolder, _ plan: LabPlan) throws(DoorError) -> Bound {
    let sockets = try folder.settleSockets(plan)
    var bound = Bound()
    do {
      for index in plan.nodes.indices {
        let (channel, address) = try bindTCP(plan.loopback(of: index), node: index)
        bound.channels.append([channel])
        bound.doors.append(NodeDoor(socket: sockets.node(plan.nodes[index].name), tcp: address))
      }
      for index in plan.nodes.indices {
        bound.channels[index].append(try bind(unix: bound.doors[index].socket, node: index))
      }
      _ = try bind(unix: sockets.control, node: nil)
      return bound
    } catch {
      for channel in bound.channels.joined() { try? channel.close().wait() }
      throw error
    }
  }

  /// Binds a node's doors again where they were.
  func rebind(_ door: NodeDoor, node: Int) -> [EventLoopFuture<any Channel>] {
    let parts = door.tcp.split(separator: ":")
    return [
      bootstrap(node).bind(unixDomainSocketPath: door.socket, cleanupExistingSocketFile: true),
      bootstrap(node).bind(host: String(parts[0]), port: Int(parts[1]) ?? 0),
    ]
  }

  private func bind(unix path: String, node: Int?) throws(DoorError) -> any Channel {
    do {
      return try bootstrap(node).bind(unixDomainSocketPath: path).wait()
    } catch {
      throw .cannotListen(path, reason: Listeners.words(error))
    }
  }

  /// Binds port 2375 of the node's own loopback address; where only 127.0.0.1 exists, a drawn port of that.
  private func bindTCP(_ address: String, node: Int) throws(DoorError) -> (any Channel, String) {
    #if canImport(Darwin)
      let (host, port) = ("127.0.0.1", 0)
    #else
      let (host, port) = (address, 2375)
    #endif
    do {
      let channel = try bootstrap(node).bind(host: host, port: port).wait()
      return (channel, "\(host):\(channel.localAddress?.port ?? port)")
    } catch {
      if (error as? IOError)?.errnoCode == EADDRINUSE { throw .addressInUse("\(host):\(port)") }
      throw .cannotListen("\(host):\(port)", reason: Listeners.words(error))
    }
  }

  private func bootstrap(_ node: Int?) -> ServerBootstrap {
    let server = server
    return ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      // A slow reader may make us hold this much; then virtual time waits for it.
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try HTTPConnection.install(on: channel, node: node, service: server.value)
        }
      }
  }

  private static func words(_ error: any Error) -> String {
    if let error = error as? IOError { return systemText(error.errnoCode) }
    return "\(error)"
  }
}

/// The doors of a lab's nodes, opened and closed on the loop's thread.
///
/// A node that is dead does not listen: clients are told what a real one's would be, "Cannot connect to the Docker daemon".
final class NodeDoors {
  /// Where each node listens, or would if it were alive.
  let places: [NodeDoor]
  private let listeners: Listeners
  /// The listening sockets of each node; none while it is dead, and while they are being bound again.
  private var channels: [[any Channel]]
  private var isOpen: [Bool]

  init(_ bound: Listeners.Bound, _ listeners: Listeners) {
    places = bound.doors
    channels = bound.channels
    isOpen = bound.channels.map { _ in true }
    self.listeners = listeners
  }

  /// Closes a node's doors, or opens them again: they are open once what is returned has come about.
  func set(_ node: Int, isOpen wanted: Bool) -> [EventLoopFuture<any Channel>] {
    if isOpen[node] == wanted { return [] }
    isOpen[node] = wanted
    for channel in channels[node] { channel.close(promise: nil) }
    channels[node] = []
    if !wanted { return [] }
    let bindings = listeners.rebind(places[node], node: node)
    for binding in bindings {
      binding.assumeIsolated().whenSuccess { [self] channel in
        // It may have died again meanwhile.
        if isOpen[node] { channels[node].append(channel) } else { channel.close(promise: nil) }
      }
    }
    return bindings
  }
}
