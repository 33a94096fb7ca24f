import SimBase
import Workloads
import Yams

/// A file of personas: images that a user describes, one or several YAML documents.
///
/// `docs/PERSONAS.md` is the reference of the format.
public struct PersonaFile: Sendable, Equatable {
  /// The file's name, for error messages.
  public var name: String
  /// What it says.
  public var text: String

  /// A file that has been read.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// An image as a file describes it.
  public struct Entry: Sendable, Equatable {
    /// What it is and does.
    public var persona: Persona
    /// The references under which every machine has it from the start; none where it is pulled when it is needed.
    public var atHand: [ImageReference]
  }

  /// The images in the order of the file. Throws at the first thing that cannot be read.
  public func entries() throws(PersonaTrouble) -> [Entry] {
    var documents: [Field] = []
    do {
      var sequence = try Yams.compose_all(yaml: text)
      while let node = sequence.next() { documents.append(Field(node: node, path: "", file: name)) }
      if let error = sequence.error { throw error }
    } catch {
      throw PersonaTrouble(yaml: error, in: name)
    }
    if documents.isEmpty { throw PersonaTrouble(name, line: 1, "there is no image in it; begin with `image: NAME`.") }
    var entries: [Entry] = []
    for document in documents { entries.append(try PersonaReader(document).entry()) }
    return entries
  }

  /// The images of several files, in order. Throws where two describe one image.
  public static func entries(of files: [PersonaFile]) throws(PersonaTrouble) -> [Entry] {
    var all: [Entry] = []
    var seen = Table<String, String>()
    for file in files {
      for entry in try file.entries() {
        for tag in entry.persona.tags.isEmpty ? ["*"] : entry.persona.tags {
          let name = "\(entry.persona.name):\(tag)"
          if let other = seen[name] {
            throw PersonaTrouble(file.name, line: nil, "\(name) is described in \(other) already.")
          }
          seen[name] = file.name
        }
        all.append(entry)
      }
    }
    return all
  }
}

/// What is wrong with a file of personas: which file, which line, what, and what to write instead.
public struct PersonaTrouble: Error, Equatable, CustomStringConvertible {
  /// The file's name.
  public let file: String
  /// The line, counted from 1; nil where it is about the whole file.
  public let line: Int?
  /// The sentence.
  public let message: String

  init(_ file: String, line: Int?, _ message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  init(yaml error: any Error, in file: String) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(file, line: mark.line, "not YAML: \(problem).")
    case .duplicatedKeysInMapping(let keys, let context):
      self.init(file, line: context.mark.line, "`\(keys.joined(separator: "`, `"))` stands there twice.")
    default: self.init(file, line: nil, "not YAML: \(error).")
    }
  }

  /// `web.yml:7: …`.
  public var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}
