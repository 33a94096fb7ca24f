import SimBase

/// A node's disk: named files of records, in their byte form. What was not synced is lost when the power goes, not when
/// a process dies.
///
/// A file is a list of records that grows at its end and can be replaced as a whole (write beside, sync, rename). A write
/// is buffered until a sync that began after it has ended; the driver waits for that before it sends what depends on it.
public struct Disk: Sendable {
  /// One file.
  private struct File: Sendable {
    var records: [[UInt8]] = []
    /// How many records would survive a power cut.
    var synced = 0
    /// What a power cut brings back if the file was replaced and not yet synced.
    var before: [[UInt8]]?
  }

  private var files = Table<String, File>()
  /// How long a sync takes.
  public var syncTime: Duration

  /// An empty disk.
  public init(syncTime: Duration) { self.syncTime = syncTime }

  /// The records of a file, synced or not; none if there is no such file.
  public func records(_ name: String) -> [[UInt8]] { files[name]?.records ?? [] }

  /// The names of the files.
  public var names: [String] { files.keys }

  /// Adds a record at the end of a file.
  public mutating func append(_ record: [UInt8], to name: String) {
    files[name, default: File()].records.append(record)
  }

  /// Replaces a file as a whole.
  public mutating func replace(_ name: String, with records: [[UInt8]]) {
    let old = files[name] ?? File()
    files[name] = File(records: records, synced: 0, before: old.before ?? Array(old.records.prefix(old.synced)))
  }

  /// Removes a file; at once and for good.
  public mutating func remove(_ name: String) { files[name] = nil }

  /// Makes everything written so far durable: called when a sync ends for what was there when it began, and by
  /// whoever writes small files for which nothing waits.
  public mutating func sync(_ name: String) {
    files.update(name) { file in
      file.synced = file.records.count
      file.before = nil
    }
  }

  /// Makes the first `count` records of a file durable: the end of a sync that began when there were so many.
  public mutating func sync(_ name: String, upTo count: Int) {
    files.update(name) { file in
      file.synced = Swift.max(file.synced, Swift.min(count, file.records.count))
      file.before = nil
    }
  }

  /// How many records a file has.
  public func count(_ name: String) -> Int { files[name]?.records.count ?? 0 }

  /// The power goes: what was not synced is gone.
  public mutating func losePower() {
    for name in files.keys {
      files.update(name) { file in
        file.records = file.before ?? Array(file.records.prefix(file.synced))
        file.before = nil
        file.synced = file.records.count
      }
    }
  }

  /// All data is lost.
  public mutating func wipe() { files.removeAll() }

  /// The bytes kept in all files.
  public var size: Int { files.reduce(0) { $0 + $1.value.records.reduce(0) { $0 + $1.count } } }
}
