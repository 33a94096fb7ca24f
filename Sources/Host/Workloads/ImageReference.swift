import SimBase

/// What a user calls an image: `nginx`, `hashicorp/http-echo:latest`, `127.0.0.1:5000/stackdemo@sha256:…`.
///
/// Source: distribution/reference `normalize.go`, `regexp.go`.
public struct ImageReference: Hashable, Sendable {
  /// The registry: `docker.io`, `127.0.0.1:5000`.
  public var domain: String
  /// The repository within it: `library/nginx`, `stackdemo`.
  public var path: String
  /// What follows the colon, if anything.
  public var tag: String?
  /// What follows the at sign, if anything: `sha256:` and 64 digits.
  public var digest: String?

  /// Why a text is no reference.
  public enum Refusal: Error, Hashable, Sendable {
    /// It does not have the form at all.
    case malformed
    /// Upper-case letters stand where none may.
    case upperCase(String)
    /// It reads as an image's ID.
    case identifier

    /// Docker's sentence for it.
    public var sentence: String {
      switch self {
      case .malformed: "invalid reference format"
      case .upperCase(let name): "invalid reference format: repository name (\(name)) must be lowercase"
      case .identifier: "invalid repository name, cannot specify 64-byte hexadecimal strings"
      }
    }
  }

  /// Reads what a user typed.
  public init(_ text: String) throws(Refusal) {
    if text.utf8.count == 64, text.utf8.allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 }) { throw .identifier }
    var rest = text[...]
    if let at = rest.firstIndex(of: "@") {
      let written = String(rest[rest.index(after: at)...])
      guard ImageReference.isDigest(written) else { throw .malformed }
      digest = written
      rest = rest[..<at]
    }
    // A colon after the last slash begins a tag; one before it belongs to the registry's port.
    let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
    if let colon = rest[lastSlash...].lastIndex(of: ":") {
      let written = String(rest[rest.index(after: colon)...])
      guard ImageReference.isTag(written) else { throw .malformed }
      tag = written
      rest = rest[..<colon]
    }
    domain = "docker.io"
    path = String(rest)
    if let slash = rest.firstIndex(of: "/") {
      let first = rest[..<slash]
      if first.contains(".") || first.contains(":") || first == "localhost" || first.lowercased() != first {
        domain = first == "index.docker.io" ? "docker.io" : String(first)
        path = String(rest[rest.index(after: slash)...])
      }
    }
    if domain == "docker.io" && !path.contains("/") && !path.isEmpty { path = "library/" + path }
    if path.lowercased() != path { throw .upperCase(path) }
    guard ImageReference.isPath(path), ImageReference.isDomain(domain) else { throw .malformed }
  }

  /// A reference to nothing; for archives to fill.
  public static let scratch = ImageReference(domain: "docker.io", path: "library/scratch")

  private init(domain: String, path: String) {
    self.domain = domain
    self.path = path
  }

  /// The same with the tag `latest` if it has neither tag nor digest.
  public var withDefaultTag: ImageReference {
    var filled = self
    if tag == nil && digest == nil { filled.tag = "latest" }
    return filled
  }

  /// The repository as Docker shows it: `nginx`, `hashicorp/http-echo`, `127.0.0.1:5000/stackdemo`.
  public var familiarName: String {
    if domain != "docker.io" { return domain + "/" + path }
    return path.hasPrefix("library/") ? String(path.dropFirst("library/".count)) : path
  }

  /// All of it as Docker shows it.
  public var familiar: String {
    familiarName + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
  }

  /// All of it with the registry: `docker.io/library/nginx:latest`.
  public var canonical: String {
    "\(domain)/\(path)" + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
  }

  /// The repository's last part: `http-echo`.
  public var lastComponent: String { String(path.split(separator: "/").last ?? "") }

  private static func isDigest(_ text: String) -> Bool {
    text.hasPrefix("sha256:") && text.utf8.count == 71
      && text.utf8.dropFirst(7).allSatisfy { 48...57 ~= $0 || 97...102 ~= $0 }
  }

  private static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, isWord(first) else { return false }
    return text.utf8.count <= 128 && text.utf8.allSatisfy { isWord($0) || $0 == 45 || $0 == 46 }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte || byte == 95
  }

  private static func isDomain(_ text: String) -> Bool {
    text.utf8.allSatisfy { isWord($0) || [45, 46, 58, 91, 93].contains($0) } && !text.isEmpty
  }

  /// Parts of lower-case letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
  private static func isPath(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 255 && parts.allSatisfy { isComponent(Array($0.utf8)) }
  }

  private static func isComponent(_ bytes: [UInt8]) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool { 48...57 ~= byte || 97...122 ~= byte }
    guard let first = bytes.first, let last = bytes.last, isPlain(first), isPlain(last) else { return false }
    var separators: [UInt8] = []
    for byte in bytes {
      if !isPlain(byte) {
        separators.append(byte)
        continue
      }
      let allowed =
        separators.isEmpty || separators == [46] || separators == [95] || separators == [95, 95]
        || separators.allSatisfy { $0 == 45 }
      if !allowed { return false }
      separators = []
    }
    return true
  }
}

extension ImageReference: CustomStringConvertible {
  /// As Docker shows it.
  public var description: String { familiar }
}
