import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// Everything that may change the world from outside. A door writes it to the journal before the world accepts it.
public enum Input: Sendable {
  /// A request at a node's API.
  case request(RequestID, node: HostID, EngineRequest)
  /// Bytes that a client sends on a hijacked connection.
  case bytes(RequestID, [UInt8])
  /// A client will send nothing more.
  case closeWriting(RequestID)
  /// A client has gone.
  case hangUp(RequestID)
  /// Something breaks, or is mended.
  case fault(Fault)
}

/// What can be broken, and mended again.
public enum Fault: Sendable, Equatable {
  /// The node's processes die; its disk stays.
  case kill(HostID)
  /// The node loses power: unsynced writes are gone, and nobody is told.
  case powerCut(HostID)
  /// The node starts again.
  case restart(HostID)
  /// The node's cable is pulled.
  case cut(HostID)
  /// The node's cable is plugged in again.
  case heal(HostID)
  /// Nothing passes between two nodes.
  case block(HostID, HostID)
  /// Everything passes between two nodes again.
  case unblock(HostID, HostID)
}
