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

/// The sockets of a lab. All listen on the loopback interface or in a folder of the user's alone.
struct Listeners {
  let loop: any EventLoop
  let server: NIOLoopBound<LabServer>

  /// Binds the control socket and each node's two doors. An address in use is named in the error.
  func bindAll(_ folder: LabFolder, _ plan: LabPlan) throws(DoorError) -> [NodeDoor] {
    let sockets = try folder.settleSockets(plan)
    var bound: [any Channel] = []
    do {
      var doors: [NodeDoor] = []
      for index in plan.nodes.indices {
        let (channel, address) = try bindTCP(plan.loopback(of: index), node: index)
        bound.append(channel)
        doors.append(NodeDoor(socket: sockets.node(plan.nodes[index].name), tcp: address))
      }
      bound.append(try bind(unix: sockets.control, node: nil))
      for index in doors.indices { bound.append(try bind(unix: doors[index].socket, node: index)) }
      return doors
    } catch {
      for channel in bound { try? channel.close().wait() }
      throw error
    }
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
