/// Whether a text can be an image's name: `nginx`, `registry:5000/team/app:1@sha256:…`.
///
/// Source: distribution/reference `regexp.go`, `normalize.go` (`ParseNormalizedNamed`).
enum ImageReferenceSyntax {
  /// Whether a registry could be asked for the image of this name.
  static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    // Such a text is an image's ID.
    if bytes.count == 64 && bytes.allSatisfy(isHexDigit) { return false }
    var rest = bytes[...]
    if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
      guard isDigest(rest[(at + 1)...]) else { return false }
      rest = rest[..<at]
    }
    var path = rest
    if let slash = rest.firstIndex(of: UInt8(ascii: "/")), isDomain(rest[..<slash]) {
      guard isHost(rest[..<slash]) else { return false }
      path = rest[(slash + 1)...]
    }
    if let colon = path.firstIndex(of: UInt8(ascii: ":")) {
      guard isTag(path[(colon + 1)...]) else { return false }
      path = path[..<colon]
    }
    let components = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return rest.count <= 255 && components.allSatisfy(isPathComponent)
  }

  /// Whether what stands before the first slash is a registry rather than the beginning of a path.
  private static func isDomain(_ part: ArraySlice<UInt8>) -> Bool {
    part.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || isUpper($0) }
      || part.elementsEqual("localhost".utf8)
  }

  private static func isHost(_ part: ArraySlice<UInt8>) -> Bool {
    var host = part
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let address = host[(host.startIndex + 1)..<end]
      return !address.isEmpty && address.allSatisfy { isHexDigit($0) || isUpper($0) || $0 == UInt8(ascii: ":") }
        && isPort(host[(end + 1)...])
    }
    if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
      guard isPort(host[colon...]) else { return false }
      host = host[..<colon]
    }
    return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.first, let last = label.last else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last)
        && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Nothing, or a colon and digits.
  private static func isPort(_ part: ArraySlice<UInt8>) -> Bool {
    part.isEmpty || part.first == UInt8(ascii: ":") && part.count > 1 && part.dropFirst().allSatisfy(isDigit)
  }

  /// Lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them.
  private static func isPathComponent(_ part: ArraySlice<UInt8>) -> Bool {
    var separator: [UInt8] = []
    guard let first = part.first, let last = part.last, isLowerOrDigit(first), isLowerOrDigit(last) else {
      return false
    }
    for byte in part {
      if isLowerOrDigit(byte) {
        separator = []
        continue
      }
      separator.append(byte)
      let isAllowed =
        separator == [UInt8(ascii: ".")] || separator == [UInt8(ascii: "_")]
        || separator == [UInt8(ascii: "_"), UInt8(ascii: "_")] || separator.allSatisfy { $0 == UInt8(ascii: "-") }
      if !isAllowed { return false }
    }
    return true
  }

  private static func isTag(_ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, part.count <= 128, isAlphanumeric(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return part.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
  }

  private static func isDigest(_ part: ArraySlice<UInt8>) -> Bool {
    let halves = part.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let digits = digestDigits[String(decoding: halves[0], as: UTF8.self)] else { return false }
    return halves[1].count == digits && halves[1].allSatisfy(isHexDigit)
  }

  private static let digestDigits = ["sha256": 64, "sha384": 96, "sha512": 128]

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
  private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || isUpper(byte) }
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
  }
}
