import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The user's ^C, for commands that have something to say before they end.
///
/// The first one is taken note of, and breaks a read that waits for the network; the second ends the process as ever.
public enum Interrupt {
  private static let raised = Atomic<Bool>(false)

  /// Whether the user has pressed ^C since `watch`.
  public static var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// From here on the next ^C is taken note of.
  public static func watch() {
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = { _ in Interrupt.raised.store(true, ordering: .relaxed) }
    #else
      action.__sigaction_handler.sa_handler = { _ in Interrupt.raised.store(true, ordering: .relaxed) }
    #endif
    // Without SA_RESTART, so that a waiting read returns.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
    sigaction(SIGINT, &action, nil)
  }
}
