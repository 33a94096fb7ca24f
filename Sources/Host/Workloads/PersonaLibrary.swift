import SimBase

/// The images that can be pulled, and what they do.
///
/// A user's personas come first, then the built-in ones. A repository of another registry or namespace whose last part
/// is that of a known one is taken for it, since tutorials copy images to registries of their own. In the namespace
/// `lab/` only what is built in exists, official images have the tags that Docker Hub may have, and a registry under `.invalid` is never reached; any other well-formed name is answered by a generic server, unless the library
/// is strict.
public struct PersonaLibrary: Sendable {
  /// Why a registry has no such image.
  public enum Refusal: Error, Hashable, Sendable {
    /// The repository does not exist, or needs a login.
    case denied(repository: String)
    /// The repository has no such tag.
    case unknownTag(ImageReference)
    /// There is no machine of the registry's name.
    case noSuchHost(String)
  }

  /// Personas of the user's own.
  public var own: [Persona]
  /// Whether names that nobody defined are refused, as Docker Hub would.
  public var isStrict: Bool

  /// The built-in personas, and perhaps others.
  public init(own: [Persona] = [], isStrict: Bool = false) {
    self.own = own
    self.isStrict = isStrict
  }

  /// The names of the built-in ones, in order.
  public static var builtInNames: [String] { Table(builtIn.map { ($0.name, true) }).keys }

  /// What a registry has under this reference.
  public func persona(for reference: ImageReference) throws(Refusal) -> Persona {
    // RFC 6761 §6.4: a name that ends so never leads anywhere. Nor does a bare word that only capitals made a host.
    let host = reference.domain.prefix { $0 != ":" }
    if host.hasSuffix(".invalid") || host.contains(where: \.isUppercase) { throw .noSuchHost(reference.domain) }
    let name = reference.familiarName
    let tag = reference.tag ?? (reference.digest == nil ? "latest" : nil)
    let named = personas(named: name)
    if !named.isEmpty {
      if let exact = named.first(where: { persona in tag.map { persona.tags.contains($0) } ?? false }) { return exact }
      let isOwn = own.contains { $0.name == name }
      if let tag, !isOwn, !OfficialTags.mayHave(tag, of: name) { throw .unknownTag(reference) }
      if let general = named.first(where: { $0.tags.isEmpty }) { return general }
      if tag == nil, let any = named.first { return any }
      throw .unknownTag(reference)
    }
    if name.hasPrefix("lab/") || isStrict { throw .denied(repository: name) }
    let last = reference.lastComponent
    let alike = (own + PersonaLibrary.builtIn).filter {
      $0.name.split(separator: "/").last.map(String.init) == last && !$0.name.hasPrefix("lab/")
    }
    if let exact = alike.first(where: { persona in tag.map { persona.tags.contains($0) } ?? false }) { return exact }
    if let general = alike.first(where: { $0.tags.isEmpty }) ?? alike.first { return general }
    return PersonaLibrary.generic(name)
  }

  /// The persona of this name and tag list, as an image remembers it; the generic one if it is gone.
  public func persona(named name: String, tag: String?) -> Persona {
    let known = personas(named: name)
    return known.first { persona in tag.map { persona.tags.contains($0) } ?? false }
      ?? known.first { $0.tags.isEmpty } ?? known.first ?? PersonaLibrary.generic(name)
  }

  private func personas(named name: String) -> [Persona] {
    let mine = own.filter { $0.name == name }
    return mine.isEmpty ? PersonaLibrary.builtIn.filter { $0.name == name } : mine
  }

  /// An image of which nothing is known: it says that it started, and serves until it is told to stop.
  public static func generic(_ name: String) -> Persona {
    // Sizes differ from name to name, but not from run to run.
    let weight = FNV.hash(name) % 90
    var persona = Persona(name, layers: [.debian, Persona.Layer("\(name) app", size: 8_000_000 + weight * 1_000_000)])
    persona.config.env = [Persona.usualPath]
    persona.config.command = ["/app"]
    persona.binaries = [
      Persona.Binary("app", program: Program(prologue: [.pause(.milliseconds(200)), .print("started")]))
    ]
    persona.runsAnything = true
    persona.extraTools = ["curl", "wget", "ping", "nslookup", "nc", "ip", "ps", "top"]
    return persona
  }

  static let builtIn: [Persona] = lab + bases + servers + tutorials
}

extension Persona {
  /// Where most images look for programs.
  public static let usualPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

extension Persona.Layer {
  static let alpine = Persona.Layer("alpine 3.22", size: 8_310_000)
  static let debian = Persona.Layer("debian 13 slim", size: 78_600_000)
  static let busybox = Persona.Layer("busybox 1.37", size: 4_420_000)
}
