import SimBase

// How images behave that were made out of others: while they are built, and afterwards.

extension Persona {
  /// Takes over what a persona does whose name an image bears that is made of files: its own program, and the answers
  /// on its ports. Interpreters run that program, too, since what is written in their languages is not understood.
  public mutating func lend(from likeness: Persona?) {
    if let program = likeness?.binaries.first?.program { stranger = program }
    for service in likeness?.services ?? [] where !services.contains(where: { $0.port == service.port }) {
      services.append(service)
    }
    let names = Persona.interpreters.filter(has(tool:))
    if likeness == nil || names.isEmpty { return }
    var binary = Binary("", program: stranger.value)
    binary.names = names
    binaries.append(binary)
  }

  /// Gains the tools that a command of its build has installed.
  public mutating func install(by command: String) {
    for line in command.split(whereSeparator: { ";&|\n".contains($0) }) {
      let words = line.split(separator: " ").map(String.init)
      guard let verb = words.firstIndex(where: { $0 == "install" || $0 == "add" }), verb > 0,
        words[..<verb].contains(where: Persona.managers.contains)
      else { continue }
      for word in words[(verb + 1)...] where !word.hasPrefix("-") {
        extraTools += [word] + (Persona.toolsOfPackages[word] ?? [])
      }
    }
  }

  /// The same while it is built: programs that would serve end at once, and so do package managers and compilers.
  public var forBuilding: Persona {
    var persona = self
    let nothing = Program(ending: .exit(0))
    persona.stranger = Shared(nothing)
    persona.runsAnything = false
    persona.binaries = binaries.map { binary in
      var binary = binary
      if binary.arguments == nil { binary.program = Shared(nothing) }
      return binary
    }
    if toolbox == .none { return persona }
    var builders = Binary("", program: nothing)
    builders.names = Persona.managers.filter { $0 != "apk" || layers.first == .alpine } + Persona.builders
    persona.binaries.append(builders)
    return persona
  }

  private static let interpreters = ["python", "python3", "node", "npm", "java", "ruby", "php", "go"]
  private static let managers = [
    "apk", "apt", "apt-get", "dnf", "gem", "npm", "pip", "pip3", "pnpm", "poetry", "yarn", "yum",
  ]
  private static let builders = [
    "bundle", "cargo", "cmake", "composer", "dpkg", "gcc", "git", "go", "gradle", "java", "javac", "make", "mvn",
    "node",
    "perl", "php", "python", "python3", "ruby", "rustup", "update-ca-certificates",
  ]
  private static let toolsOfPackages = Table<String, [String]>([
    ("bind-tools", ["dig", "nslookup"]), ("dnsutils", ["dig", "nslookup"]), ("iproute2", ["ip"]),
    ("iputils-ping", ["ping"]), ("net-tools", ["ifconfig", "netstat", "route"]), ("netcat", ["nc"]),
    ("netcat-openbsd", ["nc"]), ("procps", ["ps", "top", "pgrep", "pkill", "uptime", "free"]),
  ])
}
