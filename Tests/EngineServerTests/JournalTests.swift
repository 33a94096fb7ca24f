import EngineTypes
import SimBase
import SwarmNode
import Testing

@testable import EngineServer

@Suite final class JournalTests {
  let folder = "/tmp/slj\(ProcessFacts.pid)-\(UInt32.random(in: 0 ... .max))"
  var path: String { folder + "/journal" }
  var bodies: String { folder + "/bodies" }

  init() throws { try Files.makeFolder(folder) }
  deinit { try? Files.remove(folder) }

  static let inputs: [DoorInput] = [
    .request(
      RequestID(1), node: 2,
      EngineRequest("POST", "/v1.51/x?y=1", headers: [HTTPHeader("A", "b")], body: Array("small".utf8))),
    .bytes(RequestID(1), [0, 255, 10]), .closeWriting(RequestID(1)), .hangUp(RequestID(1)), .fault(["kill", "node1"]),
    .request(
      RequestID(18_446_744_073_709_551_615), node: 0,
      EngineRequest("PUT", "/", body: [UInt8](repeating: 9, count: 5_000))),
  ]

  var records: [JournalRecord] {
    JournalTests.inputs.enumerated().map {
      JournalRecord(instant: .zero + .seconds(Int64($0.offset)), traceHash: UInt64($0.offset) &* 77, input: $0.element)
    }
  }

  private func write(_ records: [JournalRecord]) throws {
    let journal = try Journal(creating: path, bodies: bodies, JournalHeader(build: "b1", seed: 7))
    for record in records { try journal.append(record) }
    try journal.sync()
  }

  @Test("what was written is read back, every kind of input")
  func roundTrip() throws {
    try write(records)
    let past = try Journal.read(path, bodies: bodies)
    #expect(past.header == JournalHeader(build: "b1", seed: 7))
    #expect(past.records == records)
  }

  @Test("a crash in the middle of a record loses that record alone, wherever it strikes")
  func tornTail() throws {
    try write(records)
    let whole = try Files.read(path)
    let readable = (try Journal.read(path, bodies: bodies)).wholeLength
    #expect(readable == whole.count)
    var counts: Set<Int> = []
    for cut in stride(from: whole.count - 1, to: 40, by: -1) {
      try Files.write(Array(whole[..<cut]), to: path)
      let past = try Journal.read(path, bodies: bodies)
      #expect(past.records == Array(records.prefix(past.records.count)))
      #expect(past.wholeLength <= cut)
      counts.insert(past.records.count)
    }
    #expect(counts == [0, 1, 2, 3, 4, 5])
  }

  @Test("a journal that was cut goes on after its last whole record")
  func resume() throws {
    try write(records)
    let whole = try Files.read(path)
    try Files.write(Array(whole.dropLast(3)), to: path)
    let past = try Journal.read(path, bodies: bodies)
    let again = try Journal(resuming: path, bodies: bodies, at: past.wholeLength)
    try again.append(records[3])
    #expect(try Journal.read(path, bodies: bodies).records == Array(records.prefix(5)) + [records[3]])
  }

  @Test("a body over 4 KiB lies once beside the journal, however often it comes")
  func largeBodies() throws {
    let body = [UInt8](repeating: 3, count: 100_000)
    let record = JournalRecord(instant: .zero, traceHash: 0, input: .bytes(RequestID(1), body))
    try write(Array(repeating: record, count: 20))
    #expect(Files.names(in: bodies).count == 1)
    #expect(try Files.read(path).count < 4_000)
    #expect(try Journal.read(path, bodies: bodies).records == Array(repeating: record, count: 20))
  }

  @Test("a flipped bit ends the journal before the record that has it")
  func flippedBit() throws {
    try write(records)
    var bytes = try Files.read(path)
    bytes[bytes.count - 5] ^= 1
    try Files.write(bytes, to: path)
    #expect(try Journal.read(path, bodies: bodies).records == Array(records.dropLast()))
  }

  @Test("a file that is no journal is named as damaged")
  func noJournal() throws {
    try Files.write(Array("hello".utf8), to: path)
    #expect(throws: DoorError.damaged(path, why: "it has no header")) { try Journal.read(path, bodies: bodies) }
  }
}
