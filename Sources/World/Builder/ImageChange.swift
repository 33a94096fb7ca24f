import SimBase
import Workloads

/// What an instruction does to the settings of an image; files are not its concern.
///
/// Builds make such changes one by one, commits and imports all at once.
///
/// Source: moby/moby `daemon/builder/dockerfile/dispatchers.go`.
public struct ImageChange: Sendable {
  /// Why an instruction cannot be carried out.
  public struct Fault: Error, Hashable, Sendable {
    /// The sentence about it.
    public var sentence: String
  }

  /// The settings.
  public var config: ImageConfig
  /// The author, once one has been named.
  public var author = ""
  /// Whether a command has been given since the image below: an entrypoint then leaves it.
  public var hasCommand = false
  /// The build's own variables that have been declared, with their values.
  public var arguments: [Instruction.Pair] = []

  /// Changes of these settings.
  public init(_ config: ImageConfig) { self.config = config }

  /// What takes command lines apart.
  public var shell: [String] { config.shell ?? ["/bin/sh", "-c"] }

  /// The variables that words are expanded with: the image's count before the build's.
  public var variables: Table<String, String> {
    var table = Table<String, String>()
    for pair in arguments { if let value = pair.value { table[pair.name] = value } }
    for entry in config.env {
      let name = String(entry.prefix { $0 != "=" })
      table[name] = String(entry.dropFirst(name.count + 1))
    }
    return table
  }

  /// Makes the change that an instruction asks for; what the history says of it comes back, nil where it changes
  /// files or begins a stage.
  public mutating func make(_ instruction: Instruction) throws(Fault) -> String? {
    do throws(WordExpansion.Fault) {
      switch instruction.kind {
      case .from, .run, .copy, .arg: return nil
      case .env(let pairs): return "ENV " + list(try set(pairs, instruction))
      case .label(let pairs): return "LABEL " + list(try label(pairs, instruction))
      case .expose(let words): return try expose(words, instruction)
      case .workdir(let path):
        config.workingDirectory = directory(try text(path, instruction))
        return "WORKDIR \(config.workingDirectory)"
      case .user(let name):
        config.user = try text(name, instruction)
        return "USER \(config.user)"
      case .volume(let paths):
        let paths = try texts(paths, instruction)
        for path in paths where !config.volumes.contains(path) { config.volumes.append(path) }
        return "VOLUME [\(paths.joined(separator: " "))]"
      case .stopSignal(let name):
        let name = try text(name, instruction)
        if Signal(name) == nil { throw fault("invalid signal: \(name)") }
        config.stopSignal = name
        return "STOPSIGNAL \(name)"
      case .cmd(let command):
        config.command = command.map { words(of: $0) } ?? []
        hasCommand = true
        return "CMD \(quoted(config.command ?? []))"
      case .entrypoint(let command):
        config.entrypoint = command.map { words(of: $0) } ?? []
        // The image's own command belonged to the entrypoint that it had.
        if !hasCommand { config.command = nil }
        return "ENTRYPOINT \(quoted(config.entrypoint ?? []))"
      case .healthcheck(let check): return health(check)
      case .shell(let words):
        config.shell = words
        return "SHELL [\(words.joined(separator: " "))]"
      case .onBuild(let text):
        config.triggers.append(text)
        return "ONBUILD \(text)"
      case .maintainer(let name):
        author = name
        return "MAINTAINER \(name)"
      }
    } catch {
      throw Fault(sentence: error.sentence)
    }
  }

  /// The words that a command is run with.
  public func words(of command: Instruction.Command) -> [String] {
    command.isForShell ? shell + [command.words.joined(separator: " ")] : command.words
  }

  /// A path seen from the working directory.
  public func directory(_ path: String) -> String {
    if path.hasPrefix("/") { return ImageChange.clean(path) }
    return ImageChange.clean((config.workingDirectory.isEmpty ? "/" : config.workingDirectory) + "/" + path)
  }

  /// A path without doubled slashes, `.` and `..`.
  static func clean(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Gives labels as they stand: those that a client names beside the file.
  public mutating func makeLiterally(_ instruction: Instruction) -> String? {
    guard case .label(let pairs) = instruction.kind else { return nil }
    return "LABEL " + list(pairs.map { label($0.name, $0.value ?? "") })
  }

  /// A word with its variables.
  public func expansion(of word: String, _ instruction: Instruction) throws(Fault) -> String {
    do throws(WordExpansion.Fault) { return try text(word, instruction) } catch {
      throw Fault(sentence: error.sentence)
    }
  }

  /// A word with its variables.
  func text(_ word: String, _ instruction: Instruction) throws(WordExpansion.Fault) -> String {
    try WordExpansion.text(word, variables, escape: instruction.escape)
  }

  /// Words with their variables.
  func texts(_ words: [String], _ instruction: Instruction) throws(WordExpansion.Fault) -> [String] {
    var texts: [String] = []
    for word in words { texts.append(try text(word, instruction)) }
    return texts
  }

  private func fault(_ reason: String) -> WordExpansion.Fault { WordExpansion.Fault(plain: reason) }

  private mutating func set(
    _ pairs: [Instruction.Pair], _ instruction: Instruction
  ) throws(WordExpansion.Fault) -> [String] {
    var set: [String] = []
    // All values of one instruction see the variables as they were before it.
    for pair in pairs {
      set.append("\(try text(pair.name, instruction))=\(try text(pair.value ?? "", instruction))")
    }
    for entry in set {
      let name = entry.prefix { $0 != "=" }
      if let place = config.env.firstIndex(where: { $0.prefix { $0 != "=" } == name }) {
        config.env[place] = entry
      } else {
        config.env.append(entry)
      }
    }
    return set
  }

  private mutating func label(
    _ pairs: [Instruction.Pair], _ instruction: Instruction
  ) throws(WordExpansion.Fault) -> [String] {
    var set: [String] = []
    for pair in pairs {
      set.append(label(try text(pair.name, instruction), try text(pair.value ?? "", instruction)))
    }
    return set
  }

  private mutating func label(_ key: String, _ value: String) -> String {
    config.labels.removeAll { $0.key == key }
    config.labels.append(ImageConfig.Label(key, value))
    config.labels.sort { $0.key < $1.key }
    return "\(key)=\(value)"
  }

  private mutating func expose(
    _ words: [String], _ instruction: Instruction
  ) throws(WordExpansion.Fault) -> String {
    var named: [String] = []
    for word in words { named += try WordExpansion.words(word, variables, escape: instruction.escape) }
    for text in named {
      let numbers = text.prefix { $0 != "/" }.split(separator: "-", omittingEmptySubsequences: false)
      let transport = String(text.dropFirst(text.prefix { $0 != "/" }.count + 1))
      guard let low = numbers.first.flatMap({ UInt16($0) }), let high = numbers.last.flatMap({ UInt16($0) }),
        numbers.count <= 2, low <= high
      else { throw fault("Invalid containerPort: \(text.prefix { $0 != "/" })") }
      guard let kind = transport.isEmpty ? .tcp : ContainerPort.Transport(name: transport) else {
        throw fault("Invalid proto: \(transport)")
      }
      for number in low...high {
        let port = ContainerPort(number, kind)
        if !config.exposedPorts.contains(port) { config.exposedPorts.append(port) }
      }
    }
    config.exposedPorts.sort()
    return "EXPOSE \(named.sorted().joined(separator: " "))"
  }

  private mutating func health(_ check: HealthCheck) -> String {
    config.healthCheck = check
    let spans = [check.interval, check.timeout, check.startPeriod, check.startInterval]
    let figures = spans.map(\.description).joined(separator: " ")
    return "HEALTHCHECK &{[\(check.test.joined(separator: " "))] \(figures) \(check.retries)}"
  }

  private func list(_ words: [String]) -> String { words.joined(separator: " ") }

  private func quoted(_ words: [String]) -> String { "[" + words.map(\.goQuoted).joined(separator: " ") + "]" }
}

extension WordExpansion.Fault {
  fileprivate init(plain reason: String) { self.init(reason: reason, word: "") }
}
