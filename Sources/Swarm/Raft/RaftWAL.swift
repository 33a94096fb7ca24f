import SimBase

/// The byte form of a member's records: a file that only grows, until a snapshot allows a new one.
///
/// The file opens with four letters and a version. Each record is its length, the length's complement, a check sum of
/// the body and the body. A crash may tear the last record, which is then as if it had never been written: nothing was
/// sent on the strength of it. Anything else that does not add up is damage, and is refused rather than guessed at: a
/// member that forgot an entry which it once acknowledged could help to elect a leader without it.
///
/// **Differs from Docker:** swarmkit writes etcd's WAL and encrypts it; here whoever keeps the bytes may seal them.
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
    for piece in pieces(of: records) { bytes += piece }
  }

  /// The bytes of records, to be added to the end of a file one after the other: a large payload's are the payload's own.
  public static func pieces<Payload: Archivable>(of records: [RaftRecord<Payload>]) -> [[UInt8]] {
    var file = Archive()
    for var record in records {
      var archive = Archive()
      archive.field(&record)
      let body = archive.exactPieces
      let length = UInt32(body.reduce(0) { $0 + $1.count })
      var head: [UInt8] = []
      head.reserveCapacity(headSize)
      for word in [length, ~length, checkSum(body)] {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { head.append(UInt8(truncatingIfNeeded: word >> shift)) }
      }
      file.append(head)
      for piece in body { file.append(piece) }
    }
    return file.exactPieces
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
      let body = Array(bytes[start..<end])
      guard word(bytes, offset + 8) == checkSum([body]), let record = RaftRecord<Payload>(archived: body) else {
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

  private static func checkSum(_ body: [[UInt8]]) -> UInt32 {
    let hash = body.reduce(FNV.start) { FNV.hash($1, after: $0) }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
