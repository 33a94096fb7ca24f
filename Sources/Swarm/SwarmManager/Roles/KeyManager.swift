import SimBase
import SwarmModel
import SwarmStore

/// Keeps the overlay network's keys fresh: three per subsystem from the first leader on, then a new one of each every 12 h
/// of uninterrupted leadership.
///
/// What is stored is the keys' clock; the keys themselves are derived from the cluster's secret and the clock, and nothing in
/// the world decrypts with them.
///
/// Source: moby/swarmkit `manager/keymanager/keymanager.go`.
public struct KeyManager: LeaderComponent {
  static let rotation = Duration.hours(12)
  static let subsystems: UInt64 = 2
  static let keysPerSubsystem: UInt64 = 3

  private var dueAt: Instant?
  private var isDue = false

  /// A key manager.
  public init() {}

  /// Makes the first keys if there are none, and begins the 12 h.
  public mutating func start(_ store: Store, at now: Instant, dice: inout Dice) {
    dueAt = now + KeyManager.rotation
    isDue = store.cluster.map { $0.value.encryptionKeyClock == 0 } ?? true
  }

  /// Nothing that others write matters here.
  public mutating func observe(_ event: StoreEvent, in store: Store, at now: Instant, dice: inout Dice) {}

  /// The next rotation.
  public var nextDeadline: Instant? { dueAt }

  /// Rotates.
  public mutating func wake(in store: Store, at now: Instant, dice: inout Dice) {
    guard let due = dueAt, due <= now else { return }
    dueAt = due + KeyManager.rotation
    isDue = true
  }

  /// Whether keys are to be made.
  public var wantsToWrite: Bool { isDue }

  /// Moves the clock on by one per key made.
  public mutating func transact(_ tx: inout Transaction, dice: inout Dice) {
    guard var cluster = tx.store.cluster?.value else { return }
    isDue = false
    if cluster.encryptionKeyClock == 0 {
      cluster.encryptionKeyClock = 1 + dice.below(65_536) + KeyManager.subsystems * KeyManager.keysPerSubsystem
    } else {
      cluster.encryptionKeyClock += KeyManager.subsystems
    }
    tx.put(cluster)
  }
}
