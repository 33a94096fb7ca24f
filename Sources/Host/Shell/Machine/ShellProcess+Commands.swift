import SimBase

/// A command whose words are settled: who runs it, and where its descriptors lead.
extension ShellProcess {
  /// Runs a command: a function, a builtin, an applet, a script, or a program of the host.
  mutating func dispatch(
    _ arguments: [String], _ strand: inout Strand, _ turn: inout Turn, skippingFunctions: Bool = false
  ) {
    let name = arguments[0]
    strand.title = arguments.joined(separator: " ")
    if !skippingFunctions, let body = strand.functions[name] {
      strand.frames += [.call(positional: strand.positional, locals: []), .begin(body)]
      strand.positional = Array(arguments.dropFirst())
      return
    }
    if let builtin = Builtin(rawValue: name) { return run(builtin, arguments, &strand, &turn) }
    if name.contains("/") { return runPath(arguments, &strand, &turn) }
    if configuration.programs.contains(name) || !startApplet(arguments, &strand, &turn) {
      runExternal(arguments, &strand, &turn)
    }
  }

  /// A command given by its path: a script in the tree, an applet where applets live, or a program of the host.
  private mutating func runPath(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    let path = strand.absolute(arguments[0])
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let base = String(path[path.index(after: slash)...])
    let binaries = ["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"]
    if let entry = turn.files.entry(path), case .file(let bytes) = entry.content, !bytes.isEmpty {
      if entry.mode & 0o111 == 0 {
        complain("\(arguments[0]): Permission denied", strand, &turn)
        return complete(&strand, 126, &turn)
      }
      return runScript(
        String(decoding: bytes, as: UTF8.self), name: arguments[0], Array(arguments.dropFirst()), &strand)
    }
    if turn.files.isDirectory(path) {
      complain("\(arguments[0]): Permission denied", strand, &turn)
      return complete(&strand, 126, &turn)
    }
    if binaries.contains(String(path[..<slash])) {
      let bare = [base] + arguments.dropFirst()
      if let builtin = Builtin(rawValue: base), builtin.isAlsoAFile { return run(builtin, bare, &strand, &turn) }
      if !configuration.programs.contains(base), startApplet(bare, &strand, &turn) { return }
    }
    runExternal(arguments, &strand, &turn)
  }

  mutating func runExternal(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    lastExternal += 1
    externals[lastExternal] = External(strand: strand.processID)
    let id = ExternalID(number: lastExternal)
    let command = ExternalCommand(
      arguments: arguments, environment: strand.variables.environment, directory: strand.directory)
    turn.out.post(.run(id, command))
    strand.wait = .external(id)
  }

  // MARK: Shells below this one

  /// `sh …`: a script from `-c`, from a file or from standard input.
  mutating func runShell(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    var rest = arguments.dropFirst()
    var script: String?
    var takesScript = false
    var readsInput = false
    var options = Strand.Options()
    options.expandsBraces = arguments[0].split(separator: "/").last == "bash"
    while let word = rest.first, word.hasPrefix("-") || word.hasPrefix("+"), word.count > 1 {
      rest.removeFirst()
      if word == "--" { break }
      if word.hasPrefix("--") { continue }
      for letter in word.dropFirst() {
        switch letter {
        case "c": takesScript = true
        case "s": readsInput = true
        case "o": options.set(named: rest.popFirst() ?? "", word.hasPrefix("-"))
        default: options.set(letter, word.hasPrefix("-"))
        }
      }
    }
    var name = arguments[0]
    if takesScript {
      guard let text = rest.popFirst() else {
        complain("-c requires an argument", strand, &turn)
        return complete(&strand, 2, &turn)
      }
      script = text
      if let first = rest.popFirst() { name = first }
    } else if !readsInput, let path = rest.popFirst() {
      name = path
      do throws(FileError) {
        script = String(decoding: try turn.files.read(strand.absolute(path)), as: UTF8.self)
      } catch {
        complain("can't open '\(path)': \(error.sentence)", strand, &turn)
        return complete(&strand, error == .notFound ? 127 : 126, &turn)
      }
    }
    becomeShell(script, name: name, Array(rest), options, &strand)
  }

  private mutating func runScript(
    _ script: String, name: String, _ arguments: [String], _ strand: inout Strand
  ) {
    var options = Strand.Options()
    options.expandsBraces = script.hasPrefix("#!") && script.prefix { $0 != "\n" }.hasSuffix("bash")
    becomeShell(script, name: name, arguments, options, &strand)
  }

  /// Starts a fresh shell: in the strand itself where nothing else is left for that to do, else in a child.
  private mutating func becomeShell(
    _ script: String?, name: String, _ arguments: [String], _ options: Strand.Options, _ strand: inout Strand
  ) {
    var frame = Frame.interactive(pending: "", hasPrompted: false)
    if let script {
      let (commands, error) = ShellParser.script(script)
      frame = .script(commands, next: 0, error: error)
    }
    func reset(_ shell: inout Strand) {
      shell.shellID = shell.processID
      shell.name = name
      shell.positional = arguments
      shell.options = options
      shell.functions = Table()
      shell.variables = Variables(exported: shell.variables.environment)
      shell.isTested = false
    }
    if strand.frames.count == 1, case .leave = strand.frames[0] {
      strand.frames = [frame]
      reset(&strand)
    } else {
      let child = spawn(below: &strand, [frame], title: strand.title)
      strands.update(child, reset)
      strand.frames.append(.children([child]))
    }
  }

  /// `exec`: without words, redirections stay; with words, they take the shell's place.
  mutating func exec(
    _ arguments: [String], _ saved: [SavedDescriptor], _ strand: inout Strand, _ turn: inout Turn
  ) {
    for one in saved { if let file = one.file { plumbing.release(file) } }
    if arguments.isEmpty { return complete(&strand, 0, &turn) }
    // The frames go without being undone: nothing comes back to what they would restore.
    for frame in strand.frames {
      switch frame {
      case .restoreDescriptors(let others): for one in others { if let file = one.file { plumbing.release(file) } }
      case .collect(let reader, _, _): plumbing.release(reader)
      default: break
      }
    }
    strand.frames = [.leave, .dispatch(arguments)]
    strand.functions = Table()
    // The shell is gone, and its traps with it; what it ignores stays ignored.
    strand.traps = Table(strand.traps.compactMap { $0.value.isEmpty ? ($0.key, $0.value) : nil })
  }

  // MARK: Words out

  /// Writes to a descriptor; a reader that is gone ends the strand.
  mutating func write(_ bytes: [UInt8], to descriptor: Int, _ strand: inout Strand, _ turn: inout Turn) {
    guard !bytes.isEmpty, let file = strand.descriptors[descriptor] else { return }
    let outcome = plumbing.write(bytes, to: file, at: turn.now, files: &turn.files, into: &turn.out)
    if case .noReader = outcome, strand.traps[Signal.pipe] != "" { die(of: Signal.pipe, &strand, &turn) }
  }

  /// Says something on standard error, after the shell's name.
  mutating func complain(_ message: String, _ strand: Strand, _ turn: inout Turn) {
    guard let file = strand.descriptors[2] else { return }
    let name = strand.name.split(separator: "/").last.map(String.init) ?? strand.name
    let text = Array("\(name): \(message)\n".utf8)
    _ = plumbing.write(text, to: file, at: turn.now, files: &turn.files, into: &turn.out)
  }

  // MARK: Redirections

  /// A redirection whose target is settled.
  struct Resolved {
    var descriptor: Int
    var kind: Redirection.Kind
    var target: String
  }

  func resolve(_ redirections: [Redirection], _ expander: inout Expander) throws(Expander.Stop) -> [Resolved] {
    var resolved: [Resolved] = []
    for one in redirections {
      resolved.append(Resolved(descriptor: one.descriptor, kind: one.kind, target: try expander.text(one.target)))
    }
    return resolved
  }

  /// Makes the redirections; what the descriptors were before, or nil after a complaint, all put back.
  mutating func redirect(
    _ redirections: [Resolved], _ strand: inout Strand, _ turn: inout Turn
  ) -> [SavedDescriptor]? {
    var saved: [SavedDescriptor] = []
    for one in redirections {
      do throws(RedirectionFailure) {
        let file = try open(one, strand, &turn)
        replace(one.descriptor, file, &strand, &saved)
        if case .both = one.kind, let file {
          plumbing.retain(file)
          replace(2, file, &strand, &saved)
        }
      } catch {
        restore(saved, &strand)
        complain(error.message, strand, &turn)
        return nil
      }
    }
    return saved
  }

  private struct RedirectionFailure: Error { var message: String }

  private func replace(_ descriptor: Int, _ file: Int?, _ strand: inout Strand, _ saved: inout [SavedDescriptor]) {
    saved.append(SavedDescriptor(descriptor: descriptor, file: strand.descriptors[descriptor]))
    strand.descriptors[descriptor] = file
  }

  /// Puts descriptors back, the last change first.
  mutating func restore(_ saved: [SavedDescriptor], _ strand: inout Strand) {
    for one in saved.reversed() {
      if let file = strand.descriptors[one.descriptor] { plumbing.release(file) }
      strand.descriptors[one.descriptor] = one.file
    }
  }

  /// Opens what a redirection names; nil closes the descriptor.
  private mutating func open(
    _ one: Resolved, _ strand: Strand, _ turn: inout Turn
  ) throws(RedirectionFailure) -> Int? {
    switch one.kind {
    case .here: return plumbing.document(Array(one.target.utf8))
    case .hereString: return plumbing.document(Array((one.target + "\n").utf8))
    case .duplicate:
      if one.target == "-" { return nil }
      guard let number = Int(one.target) else {
        // `>&file`, as in `&>file`.
        return try open(Resolved(descriptor: one.descriptor, kind: .write, target: one.target), strand, &turn)
      }
      guard let file = strand.descriptors[number] else {
        throw RedirectionFailure(message: "\(one.target): Bad file descriptor")
      }
      plumbing.retain(file)
      return file
    case .read: return try open(one.target, reads: true, truncates: false, appends: false, strand, &turn)
    case .write: return try open(one.target, reads: false, truncates: true, appends: false, strand, &turn)
    case .readWrite: return try open(one.target, reads: false, truncates: false, appends: false, strand, &turn)
    case .append: return try open(one.target, reads: false, truncates: false, appends: true, strand, &turn)
    case .both(let append):
      return try open(one.target, reads: false, truncates: !append, appends: append, strand, &turn)
    }
  }

  private mutating func open(
    _ name: String, reads: Bool, truncates: Bool, appends: Bool, _ strand: Strand, _ turn: inout Turn
  ) throws(RedirectionFailure) -> Int {
    let path = strand.absolute(name)
    if let device = openDevice(path, strand) { return device }
    do throws(FileError) {
      if reads {
        _ = try turn.files.read(path)
      } else if truncates || !turn.files.exists(path) {
        try turn.files.write(path, [], at: turn.now)
      } else if turn.files.isDirectory(path) {
        throw FileError.isDirectory
      }
    } catch {
      let verb = reads ? "open" : "create"
      let known = reads ? "no such file" : "nonexistent directory"
      throw RedirectionFailure(
        message: "can't \(verb) \(name): \(error == .notFound || error == .notDirectory ? known : error.sentence)")
    }
    return plumbing.add(.file(path: path, offset: 0, appends: appends))
  }

  /// What stands under `/dev`; nil for a path that is a file's.
  mutating func openDevice(_ path: String, _ strand: Strand) -> Int? {
    func same(_ descriptor: Int) -> Int? { strand.descriptors[descriptor] }
    let twin: Int?
    switch path {
    case "/dev/null": return plumbing.add(.null)
    case "/dev/zero": return plumbing.add(.zeros)
    case "/dev/random", "/dev/urandom": return plumbing.add(.noise)
    case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0": twin = same(0)
    case "/dev/stdout", "/dev/fd/1", "/dev/tty", "/proc/self/fd/1", "/proc/1/fd/1": twin = same(1)
    case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2", "/proc/1/fd/2": twin = same(2)
    default: return nil
    }
    if let twin { plumbing.retain(twin) }
    return twin
  }
}

extension Strand.Options {
  /// Sets an option by its letter; whether there is one.
  @discardableResult
  mutating func set(_ letter: Character, _ isOn: Bool) -> Bool {
    switch letter {
    case "e": exitsOnError = isOn
    case "u": failsOnUnset = isOn
    case "x": traces = isOn
    case "f": isGlobbing = !isOn
    case "l", "i", "s", "m", "h", "b", "a", "v", "n", "C": break
    default: return false
    }
    return true
  }

  /// Sets an option by its name; whether there is one.
  @discardableResult
  mutating func set(named name: String, _ isOn: Bool) -> Bool {
    switch name {
    case "errexit": exitsOnError = isOn
    case "nounset": failsOnUnset = isOn
    case "xtrace": traces = isOn
    case "noglob": isGlobbing = !isOn
    case "pipefail": failsInPipes = isOn
    default: return false
    }
    return true
  }
}
