import SimBase

/// The name of an image: `nginx:alpine`, `registry:5000/team/app@sha256:…`.
///
/// Source: distribution/reference `normalize.go`, `reference.go`.
struct ImageReference {
  /// The registry and path in full: `docker.io/library/nginx`.
  var name: String
  var tag: String?
  var digest: String?

  /// Reads a name as people write it; throws the reference package's complaint.
  init(_ text: String) throws(FlagTrouble) {
    if isImageID(text) {
      throw FlagTrouble("invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
    }
    var rest = text
    if let at = rest.cut("@") {
      (rest, digest) = (at.before, at.after)
      guard at.after.hasPrefix("sha256:"), at.after.utf8.count == 71 else { throw Self.malformed }
    }
    let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
    if let colon = rest[lastSlash...].lastIndex(of: ":") {
      tag = String(rest[rest.index(after: colon)...])
      rest = String(rest[..<colon])
      guard let tag, !tag.isEmpty, tag.utf8.count <= 128, tag.utf8.allSatisfy(Self.isTagByte),
        tag.first != ".", tag.first != "-"
      else { throw Self.malformed }
    }
    var domain = "docker.io"
    var path = rest
    if let slash = rest.cut("/"),
      slash.before.contains(".") || slash.before.contains(":") || slash.before == "localhost"
        || slash.before != slash.before.lowercased()
    {
      (domain, path) = (slash.before == "index.docker.io" ? "docker.io" : slash.before, slash.after)
    }
    if domain == "docker.io", !path.contains("/") { path = "library/" + path }
    if path != path.lowercased() {
      throw FlagTrouble("invalid reference format: repository name (\(path)) must be lowercase")
    }
    guard path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isComponent) else {
      throw Self.malformed
    }
    name = domain + "/" + path
  }

  private static let malformed = FlagTrouble("invalid reference format")

  private static func isTagByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_.-".utf8.contains(byte)
  }

  private static func isComponent(_ text: Substring) -> Bool {
    func isWord(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, isWord(first), isWord(last) else { return false }
    return bytes.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
  }

  /// The name as people write it: Docker Hub and its `library` go without saying.
  var familiarName: String {
    if name.hasPrefix("docker.io/library/") { return String(name.dropFirst(18)) }
    return name.hasPrefix("docker.io/") ? String(name.dropFirst(10)) : name
  }

  /// The whole reference as people write it.
  var familiar: String { familiarName + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "") }

  /// The whole reference in full.
  var canonical: String { name + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "") }

  /// Gives `latest` to a reference that has neither tag nor digest.
  mutating func addDefaultTag() {
    if tag == nil && digest == nil { tag = "latest" }
  }
}

/// Whether a text is 64 hexadecimal digits: an image's ID, never a name.
func isImageID(_ text: String) -> Bool {
  text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
}
