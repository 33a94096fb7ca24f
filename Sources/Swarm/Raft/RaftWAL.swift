import SimBase

/// The byte form of a member's records: a file that only grows, until a snapshot allows a new one.
///
/// The file opens with four letters and a version. Each record is its length, the length's complement, a check sum of
/// the body and the body. A crash may tear the last record, which is then as if it had never been written: nothing was
/// sent on the strength of it. Anything else that does not add up is damage, and is refused rather than guessed at: a
/// member that forgot an entry which it once acknowledged could help to elect a leader without it.
///
/// **Differs from Docker:** swarmkit writes etcd's WAL and encrypts it; here the key is not simulated.
///
/// Source: etcd-io/etcd `server/storage/wal/wal.go`, `repair.go`; moby/swarmkit
/// `manager/state/raft/storage/storage.go`.
public enum RaftWAL {
  /// The version that this code writes and the only one it reads.
  public static let version: UInt8 = 1

  private static let magic = Array("RAFT".utf8) + [version]
  private static let headSize = 12

  /// Why a file cannot be read.
  public enum Damage: Error, Hashable, Sendable {
    /// It is empty, or was torn before it said whose it is: as good as no file.
    case noOwner
    /// It does not open with the letters, or is of a version that is not known.
    case notAWAL
    /// The record at this byte is not what was written.
    case corrupt(offset: Int)
    /// The record at this byte cannot follow the ones before it.
    case outOfOrder(offset: Int)
  }

  /// The bytes of a new file with these records.
  public static func file<Payload: Archivable>(_ records: [RaftRecord<Payload>]) -> [UInt8] {
    var bytes = magic
    append(records, to: &bytes)
    return bytes
  }

  /// Adds records to the end of a file, or to a buffer that will be.
  public static func append<Payload: Archivable>(_ records: [RaftRecord<Payload>], to bytes: inout [UInt8]) {
    var archive = Archive()
    var ends: [Int] = []
    for var record in records {
      archive.field(&record)
      ends.append(archive.bytes.count)
    }
    // Disks keep these bytes for long: room that an array grows beyond its need would be half of them.
    bytes.reserveCapacity(bytes.count + records.count * headSize + archive.bytes.count)
    var start = 0
    for end in ends {
      let body = archive.bytes[start..<end]
      let length = UInt32(body.count)
      for word in [length, ~length, checkSum(body)] {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
      }
      bytes += body
      start = end
    }
  }

  /// What a file's records add up to, and how many of its bytes are whole: a torn tail is to be cut off there before
  /// anything is added.
  public static func read<Payload: Archivable>(
    _ bytes: [UInt8], of payload: Payload.Type = Payload.self
  ) throws(Damage) -> (durable: RaftDurable<Payload>, wholeBytes: Int) {
    if bytes.count < magic.count && magic.starts(with: bytes) { throw .noOwner }
    guard bytes.starts(with: magic) else { throw .notAWAL }
    var durable: RaftDurable<Payload>?
    var offset = magic.count
    while bytes.count - offset >= headSize {
      let length = word(bytes, offset)
      guard word(bytes, offset + 4) == ~length else { throw .corrupt(offset: offset) }
      let start = offset + headSize
      if bytes.count - start < Int(length) { break }
      let end = start + Int(length)
      let body = bytes[start..<end]
      guard word(bytes, offset + 8) == checkSum(body), let record = RaftRecord<Payload>(archived: Array(body)) else {
        // The last record's bytes may have reached the disk in part and out of order.
        if end == bytes.count { break }
        throw .corrupt(offset: offset)
      }
      if case .owner(let id) = record, durable == nil { durable = RaftDurable(owner: id) }
      guard durable?.add(record) == true else { throw .outOfOrder(offset: offset) }
      offset = end
    }
    guard let durable else { throw .noOwner }
    return (durable, offset)
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
  }

  private static func checkSum(_ body: ArraySlice<UInt8>) -> UInt32 {
    let hash = FNV.hash(body)
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
