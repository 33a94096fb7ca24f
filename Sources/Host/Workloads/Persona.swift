import SimBase

/// What an image is and how containers made from it behave: a value, so that users may write their own.
public struct Persona: Equatable, Sendable {
  /// A layer of an image's file system. Images that name a layer alike share it.
  public struct Layer: Hashable, Sendable {
    /// What tells it from others; its digest is made of it.
    public var name: String
    /// Its size unpacked, in bytes.
    public var size: UInt64

    /// A layer of so many bytes.
    public init(_ name: String, size: UInt64) {
      self.name = name
      self.size = size
    }

    /// How many bytes come over the wire: packed, it is about two fifths.
    public var downloadSize: UInt64 { size * 2 / 5 }
  }

  /// A program that the image has, and the names by which a command line may call it.
  public struct Binary: Equatable, Sendable {
    /// Its names without directories.
    public var names: [String]
    /// The only arguments for which this is so; nil for any.
    public var arguments: [String]?
    /// What it does; all its runs share this.
    public var program: Shared<Program>

    /// A binary.
    public init(_ names: String..., arguments: [String]? = nil, program: Program) {
      self.names = names
      self.arguments = arguments
      self.program = Shared(program)
    }
  }

  /// A file that an image brings along.
  public struct File: Hashable, Sendable {
    /// Where it is.
    public var path: String
    /// What it says.
    public var text: String

    /// A file.
    public init(_ path: String, _ text: String) {
      self.path = path
      self.text = text
    }
  }

  /// Which everyday tools an image has.
  public enum Toolbox: UInt8, Hashable, Sendable {
    /// None at all: a single binary in an empty file system.
    case none
    /// Busybox and all its applets.
    case busybox
    /// The usual commands of a slim Debian, without network tools.
    case debian
  }

  /// The repository that it stands for, as users write it: `nginx`, `hashicorp/http-echo`.
  public var name: String
  /// The tags that it is for; empty for all.
  public var tags: [String] = []
  /// Its layers, lowest first.
  public var layers: [Layer]
  /// How long before the world's zero it was built.
  public var age: Duration = .hours(24 * 21)
  /// Whether it was imported from an archive, so that nobody knows by which commands it was made.
  public var isImported = false
  /// What the image says about its containers.
  public var config = ImageConfig()
  /// Scripts that run the words after them: `/docker-entrypoint.sh`.
  public var wrappers: [String] = []
  /// The programs that it has; the first is what its default command runs.
  public var binaries: [Binary] = []
  /// Its everyday tools.
  public var toolbox = Toolbox.debian
  /// Tools beyond the toolbox: `curl`.
  public var extraTools: [String] = []
  /// Whether any command at all runs, as the first program does: for images of which we know nothing.
  public var runsAnything = false
  /// Files beyond the usual ones.
  public var files: [File] = []
  /// What it answers on its ports.
  public var services: [PersonaService] = []
  /// What programs do that have come into an image as files, and of which nothing is known.
  public var stranger = Shared(Program(prologue: [.pause(.milliseconds(200)), .print("started")]))

  /// A persona of this name.
  public init(_ name: String, layers: [Layer]) {
    self.name = name
    self.layers = layers
  }

  /// Its size unpacked, in bytes.
  public var size: UInt64 { layers.reduce(0) { $0 + $1.size } }
}

/// What a container answers on one of its ports, for whoever carries requests to it.
public struct PersonaService: Hashable, Sendable {
  /// The kind of answer.
  public enum Answer: Hashable, Sendable {
    /// An HTTP server whose page is this text; `{hostname}` stands for the container's host name.
    case page(String, contentType: String)
    /// An HTTP server that answers with the text of its `-text` option.
    case echoedText
    /// An HTTP server that tells its host name, addresses and the request: whoami.
    case requestBack
    /// An HTTP server that counts its visits in the redis named here.
    case countedVisits(redisHost: String)
    /// A redis server.
    case redis
    /// A registry of images.
    case registry
    /// Something that accepts connections and says nothing that we know.
    case opaque
  }

  /// The port.
  public var port: ContainerPort
  /// What comes back.
  public var answer: Answer

  /// A service on a port.
  public init(_ port: UInt16, _ answer: Answer) {
    self.port = ContainerPort(port)
    self.answer = answer
  }
}

/// What the first word of a command line turned out to be.
public enum Launch: Equatable, Sendable {
  /// One of the persona's programs.
  case program(Shared<Program>)
  /// A command for the shell's applets, or the shell itself.
  case command([String])
}

/// Why a command cannot run in an image, in runc's words.
public enum LaunchRefusal: Error, Hashable, Sendable {
  /// A bare name that is nowhere on the PATH.
  case notOnPath(String)
  /// A path where nothing is.
  case noSuchFile(String)
  /// Something that may not be executed.
  case notExecutable(String)
  /// A directory.
  case directory(String)

  /// The sentence about it.
  public var sentence: String {
    switch self {
    case .notOnPath(let name): "exec: \"\(name)\": executable file not found in $PATH"
    case .noSuchFile(let path): "exec: \"\(path)\": stat \(path): no such file or directory"
    case .notExecutable(let path): "exec: \"\(path)\": permission denied"
    case .directory(let path): "exec: \"\(path)\": is a directory: permission denied"
    }
  }

  /// The exit code that goes with it.
  public var exitCode: Int32 {
    switch self {
    case .notExecutable, .directory: 126
    case .notOnPath, .noSuchFile: 127
    }
  }
}

extension Persona {
  /// What a command line does in this image.
  public func launch(_ words: [String]) throws(LaunchRefusal) -> Launch {
    var words = words[...]
    // A wrapper ends in `exec "$@"`; called without words it has nothing to run.
    while words.count > 1, let first = words.first, wrappers.contains(first) { words.removeFirst() }
    guard let first = words.first else { throw .notOnPath("") }
    let name = String(first.split(separator: "/").last ?? "")
    let isBare = !first.contains("/")
    if let program = program(for: Array(words)) { return .program(program) }
    if isBare || Persona.toolDirectories.contains(where: { first == $0 + name }) {
      if has(tool: name) {
        if let program = Program(plainCommand: Array(words)) { return .program(Shared(program)) }
        return .command(Array(words))
      }
    }
    if runsAnything, let main = binaries.first { return .program(main.program) }
    throw isBare ? .notOnPath(first) : .noSuchFile(first)
  }

  /// The persona's own program that these words call; nil if they call none.
  func program(for words: [String]) -> Shared<Program>? {
    let name = words.first?.split(separator: "/").last.map(String.init) ?? ""
    let arguments = Array(words.dropFirst())
    return binaries.first { $0.names.contains(name) && ($0.arguments ?? arguments) == arguments }?.program
  }

  private static let toolDirectories = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/"]
}
