import NIOCore
import NIOPosix

/// Where a node listens.
public struct NodeDoor: Sendable, Equatable {
  /// The unix socket's path.
  public var socket: String
  /// The loopback address and port.
  public var tcp: String
}

/// The sockets of a lab. All listen on the loopback interface or in a folder of the user's alone.
struct Listeners {
  let loop: any EventLoop
  let server: NIOLoopBound<LabServer>

  /// Binds the control socket and each node's two doors. An address in use is named in the error.
  func bindAll(_ folder: LabFolder, _ plan: LabPlan) throws(DoorError) -> [NodeDoor] {
    try Files.remove(folder.socketsPath)  // What a killed server left; the lock says that it is ours.
    try Files.makeFolder(folder.socketsPath)
    _ = try bind(unix: folder.controlPath, node: nil)
    var doors: [NodeDoor] = []
    for index in plan.nodes.indices {
      let path = folder.socketPath(of: plan.nodes[index].name)
      _ = try bind(unix: path, node: index)
      doors.append(NodeDoor(socket: path, tcp: try bindTCP(plan.loopback(of: index), node: index)))
    }
    return doors
  }

  private func bind(unix path: String, node: Int?) throws(DoorError) -> any Channel {
    do {
      return try bootstrap(node).bind(unixDomainSocketPath: path).wait()
    } catch {
      throw .cannotListen(path, reason: Listeners.words(error))
    }
  }

  /// Binds port 2375 of the node's own loopback address; where only 127.0.0.1 exists, a drawn port of that.
  private func bindTCP(_ address: String, node: Int) throws(DoorError) -> String {
    #if canImport(Darwin)
      let (host, port) = ("127.0.0.1", 0)
    #else
      let (host, port) = (address, 2375)
    #endif
    do {
      let channel = try bootstrap(node).bind(host: host, port: port).wait()
      return "\(host):\(channel.localAddress?.port ?? port)"
    } catch {
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
