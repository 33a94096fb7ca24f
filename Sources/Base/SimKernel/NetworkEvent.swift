/// Why a dial came to nothing.
public enum DialFailure: Sendable {
  /// The host is there but nothing listens.
  case refused
  /// No host has the address.
  case noRoute
  /// Nobody answered in time.
  case timedOut
}

/// What the network schedules for itself.
public enum NetworkEvent: BitwiseCopyable, Sendable {
  /// A dialled connection reaches the other side, or nobody.
  case arrive(ConnectionID)
  /// The other side's answer comes back: the dialler may send.
  case established(ConnectionID)
  /// Nobody listens there, or nobody is there.
  case refused(ConnectionID)
  /// A message arrives at one side.
  case deliver(ConnectionID, message: UInt32, toDialler: Bool)
  /// One side learns that the other is gone.
  case reset(ConnectionID, toDialler: Bool)
  /// A dialler or sender has waited long enough for a silent peer.
  case timeout(ConnectionID, generation: UInt32)
}

/// What the network tells a host.
public enum NetworkNotice<Message: Sendable>: Sendable {
  /// Somebody has connected to a port of this host.
  case accepted(ConnectionID, from: HostID)
  /// A connection this host dialled is up.
  case connected(ConnectionID)
  /// A connection this host dialled came to nothing.
  case failed(ConnectionID, DialFailure)
  /// A message came.
  case received(ConnectionID, Message)
  /// The connection is gone: the other side closed it, died, or has been silent for too long.
  case closed(ConnectionID)
}
