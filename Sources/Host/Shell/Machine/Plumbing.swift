import SimBase

/// An open file, shared by all descriptors that lead to it.
struct OpenFile: Sendable {
  enum Kind: Sendable {
    /// The shell's own standard input.
    case input
    /// The shell's own standard output or standard error.
    case output(ShellStream)
    case null
    case zeros
    case noise
    case reader(of: Int)
    case writer(to: Int)
    /// A file of the tree; `offset` is where reading or writing goes on.
    case file(path: String, offset: Int, appends: Bool)
  }
  var kind: Kind
  /// How many descriptors lead here. Invariant: above zero.
  var holders = 1
}

/// Bytes between two processes of the shell.
struct Pipe: Sendable {
  var bytes: [UInt8] = []
  var hasReader = true
  var hasWriter = true
  /// A writer waits while there is this much unread; nil for the pipe of a command substitution.
  var capacity: Int? = 65_536
}

/// What reading from an open file gives.
enum Reading {
  case bytes([UInt8])
  case end
  /// Nothing yet, but somebody may write.
  case nothingYet
}

/// All open files and pipes of a shell: its kernel's share of the work.
struct Plumbing: Sendable {
  private(set) var open = Table<Int, OpenFile>()
  private var pipes = Table<Int, Pipe>()
  private var lastID = 0
  /// What has come in on the shell's standard input and was not read yet.
  private(set) var input: [UInt8] = []
  private(set) var inputHasEnded = false

  // MARK: Opening and closing

  /// Whether an open file is one of the three that the shell was started with.
  func isStandard(_ file: Int) -> Bool {
    switch open[file]?.kind {
    case .input, .output: true
    default: false
    }
  }

  mutating func add(_ kind: OpenFile.Kind) -> Int {
    lastID += 1
    open[lastID] = OpenFile(kind: kind)
    return lastID
  }

  /// A new pipe's two ends.
  mutating func makePipe(capacity: Int? = 65_536) -> (reader: Int, writer: Int) {
    lastID += 1
    let pipe = lastID
    pipes[pipe] = Pipe(capacity: capacity)
    return (add(.reader(of: pipe)), add(.writer(to: pipe)))
  }

  /// A pipe with these bytes in it and no writer: a here-document.
  mutating func document(_ bytes: [UInt8]) -> Int {
    lastID += 1
    let pipe = lastID
    pipes[pipe] = Pipe(bytes: bytes, hasWriter: false, capacity: nil)
    return add(.reader(of: pipe))
  }

  mutating func retain(_ file: Int) { open[existing: file].holders += 1 }

  mutating func release(_ file: Int) {
    open[existing: file].holders -= 1
    guard let closed = open[file], closed.holders == 0 else { return }
    open[file] = nil
    switch closed.kind {
    case .reader(let pipe):
      pipes[existing: pipe].hasReader = false
      if pipes[pipe]?.hasWriter == false { pipes[pipe] = nil }
    case .writer(let pipe):
      pipes[existing: pipe].hasWriter = false
      if pipes[pipe]?.hasReader == false { pipes[pipe] = nil }
    default: break
    }
  }

  // MARK: The shell's own input

  mutating func receive(_ bytes: [UInt8]) { input += bytes }
  mutating func endInput() { inputHasEnded = true }

  // MARK: Reading

  /// Whether a read would answer at once.
  func isReadable(_ file: Int) -> Bool {
    switch open[file]?.kind {
    case .input: !input.isEmpty || inputHasEnded
    case .reader(let pipe): pipes[pipe].map { !$0.bytes.isEmpty || !$0.hasWriter } ?? true
    default: true
    }
  }

  /// All that can be read now.
  mutating func read(_ file: Int, files: FileTree, dice: inout Dice) -> Reading {
    switch open[file]?.kind {
    case .input:
      if input.isEmpty { return inputHasEnded ? .end : .nothingYet }
      defer { input = [] }
      return .bytes(input)
    case .reader(let pipe):
      guard let source = pipes[pipe], !source.bytes.isEmpty else {
        return pipes[pipe]?.hasWriter == true ? .nothingYet : .end
      }
      pipes[existing: pipe].bytes = []
      return .bytes(source.bytes)
    case .file(let path, let offset, let appends):
      guard let bytes = try? files.read(path), offset < bytes.count else { return .end }
      open[existing: file].kind = .file(path: path, offset: bytes.count, appends: appends)
      return .bytes(Array(bytes[offset...]))
    case .zeros: return .bytes([UInt8](repeating: 0, count: 4096))
    case .noise: return .bytes(dice.bytes(4096))
    default: return .end
    }
  }

  /// One line with its end, leaving the rest for others; the last one may lack its end.
  mutating func readLine(_ file: Int, files: FileTree, dice: inout Dice) -> Reading {
    func cut(_ bytes: inout [UInt8], hasEnded: Bool) -> Reading {
      if let end = bytes.firstIndex(of: newlineByte) {
        let line = Array(bytes[...end])
        bytes.removeSubrange(...end)
        return .bytes(line)
      }
      if !hasEnded { return .nothingYet }
      defer { bytes = [] }
      return bytes.isEmpty ? .end : .bytes(bytes)
    }
    switch open[file]?.kind {
    case .input: return cut(&input, hasEnded: inputHasEnded)
    case .reader(let pipe):
      let hasEnded = pipes[pipe]?.hasWriter == false
      return pipes.update(pipe) { cut(&$0.bytes, hasEnded: hasEnded) } ?? .end
    case .file(let path, let offset, let appends):
      guard let bytes = try? files.read(path), offset < bytes.count else { return .end }
      let end = bytes[offset...].firstIndex(of: newlineByte).map { $0 + 1 } ?? bytes.count
      open[existing: file].kind = .file(path: path, offset: end, appends: appends)
      return .bytes(Array(bytes[offset..<end]))
    default: return read(file, files: files, dice: &dice)
    }
  }

  // MARK: Writing

  enum Writing { case done, noReader, failed(String) }

  /// Whether a writer need not wait.
  func hasRoom(_ file: Int) -> Bool {
    guard case .writer(let pipe)? = open[file]?.kind, let target = pipes[pipe] else { return true }
    return !target.hasReader || target.capacity.map { target.bytes.count < $0 } ?? true
  }

  /// Writes all the bytes; a pipe takes them even beyond its capacity, and the writer waits afterwards.
  mutating func write(
    _ bytes: [UInt8], to file: Int, at now: Instant, files: inout FileTree, into out: inout Outbox<ShellOrder>
  ) -> Writing {
    if bytes.isEmpty { return .done }
    switch open[file]?.kind {
    case .output(let stream): out.post(.write(stream, bytes))
    case .writer(let pipe):
      guard pipes[pipe]?.hasReader == true else { return .noReader }
      pipes[existing: pipe].bytes += bytes
    case .file(let path, let offset, let appends): return write(bytes, to: path, offset, appends, file, now, &files)
    case .null, .zeros, .noise: break
    case .input, .reader, nil: return .failed("Bad file descriptor")
    }
    return .done
  }

  private mutating func write(
    _ bytes: [UInt8], to path: String, _ offset: Int, _ appends: Bool, _ file: Int, _ now: Instant,
    _ files: inout FileTree
  ) -> Writing {
    do throws(FileError) {
      let size = files.entry(path)?.size ?? 0
      if appends || offset >= size {
        let gap = appends ? 0 : offset - size
        try files.append(path, [UInt8](repeating: 0, count: gap) + bytes, at: now)
      } else {
        var whole = try files.read(path)
        whole.replaceSubrange(offset..<min(whole.count, offset + bytes.count), with: bytes)
        try files.write(path, whole, at: now)
      }
    } catch {
      return .failed(error.sentence)
    }
    open[existing: file].kind = .file(path: path, offset: offset + bytes.count, appends: appends)
    return .done
  }
}
