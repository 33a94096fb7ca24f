import EngineTypes
import SimBase
import Workloads

/// An instruction of a Dockerfile, its words checked and not yet expanded.
///
/// Source: moby/buildkit `frontend/dockerfile/instructions/parse.go`.
public struct Instruction: Sendable, Hashable {
  /// A name and its value.
  public struct Pair: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value; nil where none is given.
    public var value: String?
  }

  /// A command line.
  public struct Command: Sendable, Hashable {
    /// Its words; one, for a shell to take apart.
    public var words: [String]
    /// Whether a shell takes it apart.
    public var isForShell: Bool
  }

  /// What is asked for.
  public enum Kind: Sendable, Hashable {
    /// A stage on top of an image.
    case from(image: String, stage: String?)
    /// A command to run.
    case run(Command)
    /// Files to copy: sources and a target. An addition also fetches and unpacks.
    case copy(sources: [String], target: String, from: String?, owner: String?, isAddition: Bool)
    /// Variables of containers.
    case env([Pair])
    /// Variables of the build.
    case arg([Pair])
    /// Labels.
    case label([Pair])
    /// The working directory.
    case workdir(String)
    /// Who runs what follows.
    case user(String)
    /// Ports.
    case expose([String])
    /// Anonymous volumes.
    case volume([String])
    /// The command of containers; nil for none.
    case cmd(Command?)
    /// What is put before it; nil for none.
    case entrypoint(Command?)
    /// How health is asked for.
    case healthcheck(HealthCheck)
    /// What asks containers to stop.
    case stopSignal(String)
    /// What takes command lines apart.
    case shell([String])
    /// An instruction for builds on top.
    case onBuild(String)
    /// The author.
    case maintainer(String)
  }

  /// What is asked for.
  public let kind: Kind
  /// The instruction as written.
  public let text: String
  /// A flag that only BuildKit obeys.
  public private(set) var modernFlag: String?
  /// What takes the sense from the character after it.
  let escape: Character

  /// Whether there is an instruction of this name, in capitals.
  public static func isKnown(_ name: String) -> Bool { names.contains(name) }

  static let names = [
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
  ]

  /// Reads one that stands alone: a change for a commit, or what an image has for builds on top of it.
  public init(_ text: String) throws(DockerfileFault) { try self.init(InstructionWords(text, escape: "\\")) }

  /// A label that is given beside the file.
  init(label name: String, _ value: String, _ text: String) {
    self.text = text
    escape = "\\"
    kind = .label([Pair(name: name, value: value)])
  }

  init(_ words: InstructionWords) throws(DockerfileFault) {
    var words = words
    text = words.text
    escape = words.escape
    guard Instruction.names.contains(words.name) else {
      let hint = DockerfileFault.suggestion(for: words.writtenName, among: ["FROM"] + Instruction.names)
      throw DockerfileFault("unknown instruction: \(words.writtenName)\(hint)")
    }
    let flags = try InstructionFlags(&words)
    modernFlag = flags.modern
    kind = try Instruction.kind(words, flags)
  }

  private static func kind(_ line: InstructionWords, _ flags: InstructionFlags) throws(DockerfileFault) -> Kind {
    let (name, words) = (line.name, line.words)
    switch name {
    case "FROM": return try from(words)
    case "ADD", "COPY":
      if words.isEmpty { throw DockerfileFault("\(name) requires at least two arguments, but none were provided") }
      guard words.count > 1 else {
        throw DockerfileFault(
          "\(name) requires at least two arguments, but only one was provided. Destination could not be determined")
      }
      // What stands in a here-document is no source to the classic builder.
      let sources = words.dropLast().filter { !$0.hasPrefix("<<") }
      return .copy(
        sources: sources, target: words[words.count - 1], from: flags.from, owner: flags.owner,
        isAddition: name == "ADD")
    case "RUN": return .run(command(line) ?? Command(words: [], isForShell: true))
    case "CMD": return .cmd(command(line))
    case "ENTRYPOINT": return .entrypoint(command(line))
    case "ENV": return .env(try pairs(line))
    case "LABEL": return .label(try pairs(line))
    case "ARG":
      try need(words, name)
      return .arg(
        words.map { word in
          let key = String(word.prefix { $0 != "=" })
          return Pair(name: key, value: key.count == word.count ? nil : String(word.dropFirst(key.count + 1)))
        })
    case "EXPOSE":
      try need(words, name)
      return .expose(words)
    case "VOLUME":
      try need(words, name)
      if words.contains(where: { $0.trimmed().isEmpty }) {
        throw DockerfileFault("VOLUME specified can not be an empty string")
      }
      return .volume(words)
    case "WORKDIR": return .workdir(try only(words, name))
    case "USER": return .user(try only(words, name))
    case "STOPSIGNAL": return .stopSignal(try only(words, name))
    case "MAINTAINER": return .maintainer(try only(words, name))
    case "SHELL":
      if words.isEmpty { throw DockerfileFault("SHELL requires at least one argument") }
      if !line.isList { throw DockerfileFault("SHELL requires the arguments to be in JSON form") }
      return .shell(words)
    case "ONBUILD": return try onBuild(words, escape: line.escape)
    default: return .healthcheck(try healthcheck(line, flags))
    }
  }

  private static func need(_ words: [String], _ name: String) throws(DockerfileFault) {
    if words.isEmpty { throw DockerfileFault("\(name) requires at least one argument") }
  }

  private static func only(_ words: [String], _ name: String) throws(DockerfileFault) -> String {
    guard words.count == 1, let word = words.first else {
      throw DockerfileFault("\(name) requires exactly one argument")
    }
    return word
  }

  private static func pairs(_ line: InstructionWords) throws(DockerfileFault) -> [Pair] {
    try need(line.words, line.name)
    return stride(from: 0, to: line.words.count, by: 2).map { Pair(name: line.words[$0], value: line.words[$0 + 1]) }
  }

  private static func command(_ line: InstructionWords) -> Command? {
    line.words.isEmpty ? nil : Command(words: line.words, isForShell: !line.isList)
  }

  private static func from(_ words: [String]) throws(DockerfileFault) -> Kind {
    if words.count == 1 { return .from(image: words[0], stage: nil) }
    guard words.count == 3, words[1].lowercased() == "as" else {
      throw DockerfileFault("FROM requires either one or three arguments")
    }
    let name = words[2].lowercased()
    let isFine = name.first.map { $0.isASCII && $0.isLetter } ?? false
    guard isFine, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }) else {
      throw DockerfileFault(
        "invalid name for build stage: \(words[2].goQuoted), name can't start with a number or contain symbols")
    }
    return .from(image: words[0], stage: name)
  }

  private static func onBuild(_ words: [String], escape: Character) throws(DockerfileFault) -> Kind {
    try need(words, "ONBUILD")
    let inner = words[0]
    switch inner.prefix(while: { $0 != " " && $0 != "\t" }).uppercased() {
    case "ONBUILD": throw DockerfileFault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    case let name where name == "MAINTAINER" || name == "FROM":
      throw DockerfileFault("\(name) isn't allowed as an ONBUILD trigger")
    default: return .onBuild(inner)
    }
  }

  private static func healthcheck(
    _ line: InstructionWords, _ flags: InstructionFlags
  ) throws(DockerfileFault) -> HealthCheck {
    guard let kind = line.words.first else { throw DockerfileFault("HEALTHCHECK requires at least one argument") }
    let command = Array(line.words.dropFirst())
    switch kind.uppercased() {
    case "NONE":
      if !command.isEmpty { throw DockerfileFault("HEALTHCHECK NONE takes no arguments") }
      return HealthCheck(test: ["NONE"])
    case "CMD":
      if command.isEmpty { throw DockerfileFault("Missing command after HEALTHCHECK CMD") }
      var check = flags.health
      check.test = [line.isList ? "CMD" : "CMD-SHELL"] + command
      return check
    default: throw DockerfileFault("Unknown type \(kind.uppercased().goQuoted) in HEALTHCHECK (try CMD)")
    }
  }
}
