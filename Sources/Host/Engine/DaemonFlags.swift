/// What an engine was started with beyond the defaults: the flags of `dockerd` that a swarm sees.
///
/// `--label KEY=VALUE` gives the engine a label (`engine.labels.KEY` in constraints), `--node-generic-resource KIND=VALUE`
/// something to reserve: a number of them, or with several flags of one kind a set of names. All other flags are passed
/// over, as nothing in a simulated machine depends on them.
///
/// Source: moby/moby `daemon/command/config.go`; moby/swarmkit `api/genericresource/parse.go`.
public struct DaemonFlags: Sendable, Equatable {
  /// Something that tasks may reserve, beside processors and memory.
  public enum Resource: Sendable, Equatable {
    /// So many of a kind.
    case discrete(kind: String, count: Int64)
    /// Things of a kind that have names.
    case named(kind: String, [String])

    /// The kind.
    public var kind: String {
      switch self {
      case .discrete(let kind, _), .named(let kind, _): kind
      }
    }
  }

  /// Why flags cannot be used; the words are Docker's.
  public struct Fault: Error, Sendable, Equatable {
    /// What is wrong.
    public var text: String
  }

  /// The words as given.
  public private(set) var words: [String] = []
  /// Labels, `key=value`, in the order given.
  public private(set) var labels: [String] = []
  /// What tasks may reserve, by kind.
  public private(set) var resources: [Resource] = []

  /// No flags.
  public init() {}

  /// Reads flags; a leading `dockerd` is passed over.
  public init(_ words: [String]) throws(Fault) {
    self.words = words
    var offers: [(kind: String, values: [String])] = []
    var place = 0
    while place < words.count {
      let (name, attached) = DaemonFlags.split(words[place])
      place += 1
      guard name == "--label" || name == "--node-generic-resource" else { continue }
      guard let value = attached ?? (place < words.count ? words[place] : nil) else {
        throw Fault(text: "flag needs an argument: \(name)")
      }
      if attached == nil { place += 1 }
      if name == "--label" {
        if value.first == "=" || !value.contains("=") { throw Fault(text: "bad attribute format: \(value)") }
        labels.append(value)
        continue
      }
      let parts = value.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw Fault(text: "invalid node-generic-resource format `\(value)` expected `name=value`")
      }
      if let known = offers.firstIndex(where: { $0.kind == parts[0] }) {
        offers[known].values.append(parts[1])
      } else {
        offers.append((parts[0], [parts[1]]))
      }
    }
    for (kind, values) in offers.sorted(by: { $0.kind < $1.kind }) {
      resources.append(try DaemonFlags.resource(kind, values))
    }
  }

  /// The words of a line of flags: blanks part them, quotes hold them together.
  public static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if quote == nil, character == " " || character == "\t" || character == "\n" {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }

  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  private static func resource(_ kind: String, _ values: [String]) throws(Fault) -> Resource {
    if values.count == 1, let count = Int64(values[0]) {
      if count < 0 { throw Fault(text: "could not parse GenericResource: cannot ask for negative resource \(kind)") }
      return .discrete(kind: kind, count: count)
    }
    if values.contains(where: { Int64($0) != nil }) {
      throw Fault(
        text: "could not parse GenericResource: mixed discrete and named resources in expression "
          + "'\(kind)=[\(values.joined(separator: " "))]'")
    }
    return .named(kind: kind, values)
  }
}
