import EngineTypes
import SimBase
import SwarmNode

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An input as the journal keeps it.
struct JournalRecord: Sendable, Equatable {
  /// When the world took it in.
  var instant: Instant
  /// The history's hash just before: replay compares it, and so finds the first input that went another way.
  var traceHash: UInt64
  /// What came in.
  var input: DoorInput
}

/// What the journal of an epoch begins with.
struct JournalHeader: Sendable, Equatable {
  /// The build that wrote it; another build may take another way from the same inputs.
  var build: String
  /// The epoch's seed.
  var seed: UInt64
}

/// The inputs of an epoch, in order, on disk. Seed, plan and journal together are the whole history.
///
/// A record is its length and a checksum in eight bytes, then its content; one that was cut off by a crash ends the
/// journal. Bodies over 4 KiB lie once in a folder of their own under their digest. A record is in the kernel's hands
/// when `append` returns, which a killed process survives; `sync` puts it on the disk, which a power cut survives.
final class Journal {
  private let file: Int32
  private let path: String
  private let bodies: String
  /// Whether something has been appended since the last `sync`.
  private var isDirty = false
  /// Bodies that have been written since then.
  private var unsyncedBodies: [String] = []

  private static let magic = Array("swarmlab journal 1\n".utf8)
  private static let bodyLimit = 4_096

  /// Begins a new journal, in the place of any that is there.
  init(creating path: String, bodies: String, _ header: JournalHeader) throws(DoorError) {
    self.path = path
    self.bodies = bodies
    try Files.makeFolder(bodies)
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
    if file < 0 { throw .system(doing: "write", path, errno) }
    var archive = Archive()
    var header = header
    archive.field(&header.build)
    archive.field(&header.seed)
    if !Files.writeAll(file, Journal.magic + Journal.framed(archive.exactBytes)) {
      throw .system(doing: "write", path, errno)
    }
    try sync(always: true)
  }

  /// Goes on with a journal that is whole up to this many bytes.
  init(resuming path: String, bodies: String, at length: Int) throws(DoorError) {
    self.path = path
    self.bodies = bodies
    file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    if file < 0 || ftruncate(file, off_t(length)) != 0 { throw .system(doing: "write", path, errno) }
  }

  deinit { close(file) }

  /// Adds a record.
  func append(_ record: JournalRecord) throws(DoorError) {
    var archive = Archive()
    var record = record
    archive.field(&record.instant)
    archive.field(&record.traceHash)
    try write(record.input, into: &archive)
    if !Files.writeAll(file, Journal.framed(archive.exactBytes)) { throw .system(doing: "write", path, errno) }
    isDirty = true
  }

  /// Puts what was appended on the disk.
  func sync(always: Bool = false) throws(DoorError) {
    if !isDirty && !always { return }
    // Bodies first: a record on the disk must not point to what is not.
    for body in unsyncedBodies { try Files.sync(body) }
    unsyncedBodies = []
    if fsync(file) != 0 { throw .system(doing: "sync", path, errno) }
    isDirty = false
  }

  /// What a journal holds, and how many of its bytes are whole.
  static func read(
    _ path: String, bodies: String
  ) throws(DoorError) -> (header: JournalHeader, records: [JournalRecord], wholeLength: Int) {
    let bytes = try Files.read(path)
    guard bytes.starts(with: magic), let first = frame(bytes, at: magic.count) else {
      throw .damaged(path, why: "it has no header")
    }
    var archive = Archive(reading: Array(bytes[first.content]))
    var header = JournalHeader(build: "", seed: 0)
    archive.field(&header.build)
    archive.field(&header.seed)
    guard archive.isWhole else { throw .damaged(path, why: "its header is broken") }
    var records: [JournalRecord] = []
    var offset = first.end
    while let next = frame(bytes, at: offset) {
      records.append(try record(Array(bytes[next.content]), bodies: bodies, path: path))
      offset = next.end
    }
    return (header, records, offset)
  }

  private static func framed(_ content: [UInt8]) -> [UInt8] {
    let check = UInt32(truncatingIfNeeded: FNV.hash(content))
    return bigEndian(UInt32(content.count)) + bigEndian(check) + content
  }

  private static func bigEndian(_ word: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
  }

  private static func frame(_ bytes: [UInt8], at offset: Int) -> (content: Range<Int>, end: Int)? {
    func word(_ place: Int) -> UInt32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    let start = offset + 8
    guard start <= bytes.count, start + Int(word(offset)) <= bytes.count else { return nil }
    let content = start..<start + Int(word(offset))
    let check = UInt32(truncatingIfNeeded: FNV.hash(bytes[content]))
    return check == word(offset + 4) ? (content, content.upperBound) : nil
  }
}

// The byte form of inputs. The numbers of the kinds are for ever.
extension Journal {
  private func write(_ input: DoorInput, into archive: inout Archive) throws(DoorError) {
    var kind: UInt64
    switch input {
    case .request(let id, var node, var request):
      kind = 1
      archive.field(&kind)
      archive.number(id)
      archive.field(&node)
      request.archiveHead(&archive)
      try write(body: request.body, into: &archive)
    case .bytes(let id, let bytes):
      kind = 2
      archive.field(&kind)
      archive.number(id)
      try write(body: bytes, into: &archive)
    case .closeWriting(let id):
      kind = 3
      archive.field(&kind)
      archive.number(id)
    case .hangUp(let id):
      kind = 4
      archive.field(&kind)
      archive.number(id)
    case .fault(var words):
      kind = 5
      archive.field(&kind)
      archive.field(&words)
    }
  }

  private func write(body: [UInt8], into archive: inout Archive) throws(DoorError) {
    var isApart = body.count > Journal.bodyLimit
    archive.field(&isApart)
    var stored = body
    if isApart {
      stored = SHA256.digest(body)
      let path = bodies + "/" + hexText(stored)
      if !Files.exists(path) {
        try Files.write(body, to: path, synced: false)
        unsyncedBodies.append(path)
      }
    }
    archive.field(&stored)
  }

  private static func record(_ bytes: [UInt8], bodies: String, path: String) throws(DoorError) -> JournalRecord {
    var archive = Archive(reading: bytes)
    var record = JournalRecord(instant: .zero, traceHash: 0, input: .fault([]))
    archive.field(&record.instant)
    archive.field(&record.traceHash)
    var kind: UInt64 = 0
    archive.field(&kind)
    var number: UInt64 = 0
    if kind != 5 { archive.field(&number) }
    let id = RequestID(number)
    switch kind {
    case 1:
      var node = 0
      var request = EngineRequest("", "")
      archive.field(&node)
      request.archiveHead(&archive)
      request.body = try body(&archive, bodies)
      record.input = .request(id, node: node, request)
    case 2: record.input = .bytes(id, try body(&archive, bodies))
    case 3: record.input = .closeWriting(id)
    case 4: record.input = .hangUp(id)
    case 5:
      var words: [String] = []
      archive.field(&words)
      record.input = .fault(words)
    default: archive.markBroken()
    }
    if !archive.isWhole { throw .damaged(path, why: "a record is of no known kind") }
    return record
  }

  private static func body(_ archive: inout Archive, _ bodies: String) throws(DoorError) -> [UInt8] {
    var isApart = false
    archive.field(&isApart)
    var stored: [UInt8] = []
    archive.field(&stored)
    return isApart ? try Files.read(bodies + "/" + hexText(stored)) : stored
  }
}

extension Archive {
  fileprivate mutating func number(_ id: RequestID) {
    var number = id.number
    field(&number)
  }
}

/// How far virtual time has come, written every second over itself: what a resume after a kill has to catch up with.
final class ReachedFile {
  private let file: Int32

  /// The file at this path, made if need be.
  init(_ path: String) throws(DoorError) {
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if file < 0 { throw .system(doing: "write", path, errno) }
  }

  deinit { close(file) }

  /// Takes note of the instant.
  func note(_ instant: Instant) {
    let text = instant.nanoseconds.description.padded(to: 20) + "\n"
    pwrite(file, text, text.utf8.count, 0)
  }

  /// What a file says; the world's zero where there is none.
  static func read(_ path: String) -> Instant {
    guard let bytes = try? Files.read(path) else { return .zero }
    return Instant(nanoseconds: Int64(String(decoding: bytes, as: UTF8.self).trimmed()) ?? 0)
  }
}

extension EngineRequest {
  /// Method, target and headers; the body may stand apart.
  fileprivate mutating func archiveHead(_ archive: inout Archive) {
    archive.field(&method)
    archive.field(&target)
    archive.list(&headers, HTTPHeader("", "")) {
      $0.field(&$1.name)
      $0.field(&$1.value)
    }
  }
}
