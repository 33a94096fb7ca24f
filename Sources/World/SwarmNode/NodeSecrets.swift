import Raft
import SimBase
import SimKernel
import SwarmManager

/// What a node keeps to itself: the key of its certificate, and the key of its manager's data.
///
/// On disk they are one file. Under autolock it is sealed with the swarm's unlock key, and the manager's log with the data
/// key in it: a manager that restarts can read neither before it is given the unlock key. Another unlock key seals the
/// file anew and leaves the log as it is; autolock turned on draws a new data key, for the old one has lain open.
///
/// **Differs from Docker:** without autolock the log is not encrypted, where Docker encrypts it with a key that lies beside
/// it; the certificate's key stays when autolock is turned on, where Docker asks for another certificate.
///
/// Source: moby/swarmkit `ca/keyreadwriter.go`, `manager/deks.go`.
struct NodeSecrets: Sendable, Archivable {
  /// What stands on disk.
  enum File {
    case open(NodeSecrets)
    case sealed([UInt8])
  }

  /// The version of the byte form.
  static let version: UInt64 = 1

  /// The private key of the node's certificate, 32 bytes.
  var certificateKey: [UInt8] = []
  /// What the manager's log is sealed with; empty without autolock.
  var dataKey: [UInt8] = []

  init() {}

  mutating func archive(_ a: inout Archive) {
    var version = NodeSecrets.version
    a.field(&version)
    if version != NodeSecrets.version { a.markBroken() }
    a.field(&certificateKey)
    a.field(&dataKey)
  }

  /// The file's bytes; under an unlock key if there is one.
  func file(lockedBy key: UnlockKey?) -> [UInt8] {
    guard let key else { return [0] + archived() }
    return [1] + SealedBox.seal(archived(), key: key.bytes)
  }

  /// What a file holds; nil if it is damaged.
  static func read(_ bytes: [UInt8]) -> File? {
    let rest = Array(bytes.dropFirst())
    switch bytes.first {
    case 0: return NodeSecrets(archived: rest).map { .open($0) }
    case 1: return .sealed(rest)
    default: return nil
    }
  }

  /// What a sealed file holds; nil if this is not its key.
  init?(_ sealed: [UInt8], unlockedBy key: UnlockKey) {
    guard let bytes = SealedBox.open(sealed, key: key.bytes), let secrets = NodeSecrets(archived: bytes) else {
      return nil
    }
    self = secrets
  }

  /// A record of the manager's log as it goes to disk.
  func kept(_ record: [UInt8]) -> [UInt8] { dataKey.isEmpty ? record : SealedBox.seal(record, key: dataKey) }

  /// A record of the log as it was before it went to disk; nil if it is damaged.
  func read(_ record: [UInt8]) -> [UInt8]? { dataKey.isEmpty ? record : SealedBox.open(record, key: dataKey) }
}

/// A node's files of its place in a swarm.
extension SwarmNode {
  mutating func saveIdentity() {
    guard let identity = swarm?.identity else { return }
    disk.replace(SwarmNode.identityFile, with: [identity.archived()])
    disk.sync(SwarmNode.identityFile)
  }

  mutating func saveSecrets() {
    guard let member = swarm else { return }
    disk.replace(SwarmNode.secretsFile, with: [member.secrets.file(lockedBy: member.lockKey)])
    disk.sync(SwarmNode.secretsFile)
  }

  /// Keeps this node's secrets under another unlock key from now on, or under none.
  mutating func lock(with key: UnlockKey?) {
    guard let member = swarm, member.identity != nil, member.lockKey != key else { return }
    let records = readLog()
    swarm?.lockKey = key
    if key == nil {
      swarm?.secrets.dataKey = []
    } else if member.lockKey == nil {
      swarm?.secrets.dataKey = dice.bytes(32)
    }
    saveSecrets()
    let secrets = swarm?.secrets ?? NodeSecrets()
    if secrets.dataKey == member.secrets.dataKey || records.isEmpty { return }
    // As many records as before, so that a sync under way still tells how many of them it covers.
    disk.replace(SwarmNode.walFile, with: records.map(secrets.kept))
    disk.sync(SwarmNode.walFile)
  }

  private func readLog() -> [[UInt8]] {
    let secrets = swarm?.secrets ?? NodeSecrets()
    return disk.records(SwarmNode.walFile).compactMap(secrets.read)
  }

  mutating func startWAL() {
    guard let id = swarm?.manager?.value.raftID else { return }
    let first: [RaftRecord<ManagerEntry>] = [.owner(id)]
    writeWAL(RaftWAL.file(first))
  }

  /// Replaces the log as a whole.
  mutating func writeWAL(_ bytes: [UInt8]) {
    disk.replace(SwarmNode.walFile, with: [kept(bytes)])
    disk.sync(SwarmNode.walFile)
  }

  func kept(_ record: [UInt8]) -> [UInt8] { swarm?.secrets.kept(record) ?? record }

  func readWAL() -> RaftDurable<ManagerEntry>? {
    let bytes = readLog().flatMap { $0 }
    if bytes.isEmpty { return nil }
    return try? RaftWAL.read(bytes, of: ManagerEntry.self).durable
  }
}
