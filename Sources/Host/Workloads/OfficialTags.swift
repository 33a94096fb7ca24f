import SimBase

/// Which tags Docker's official images have, as far as a rule can tell: versions that have been published, alone or
/// with the words that name their variants. So `nginx:1.27-alpine` is there, `nginx:99` and `nginx:broken` are not.
///
/// **Differs from Docker:** no list of tags is kept, so a version between two that exist is taken to exist.
///
/// Source: Docker Hub, 2025.
enum OfficialTags {
  /// Whether an official image of this name has this tag. A name that is not in the table has all tags.
  static func mayHave(_ tag: String, of name: String) -> Bool {
    guard let newest = newest[name] else { return true }
    let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
    return zip(parts, 0...).allSatisfy { part, place in
      place == 0 && (part.first?.isNumber ?? false) ? isVersion(part, upTo: newest) : isVariant(part)
    }
  }

  /// A version whose first numbers are no newer than these, or the date of a build.
  private static func isVersion(_ text: Substring, upTo newest: [Int]) -> Bool {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    if words.count == 1, text.count == 8, text.hasPrefix("20") { return Int(text) != nil }
    for (word, limit) in zip(words, newest) {
      // A number may end in a mark of its own: `3.14rc1`.
      guard let number = Int(word.prefix(while: \.isNumber)), number <= limit else { return false }
      if number < limit { break }
    }
    return words.allSatisfy { $0.first?.isNumber ?? false }
  }

  private static func isVariant(_ text: Substring) -> Bool {
    let word = text.prefix { !$0.isNumber }
    return variants.contains(String(word)) || (word.isEmpty && !text.isEmpty)
  }

  /// The newest version of each, with some room for what is yet to come: later numbers are not looked at.
  private static let newest: Table<String, [Int]> = [
    "alpine": [3, 25], "bash": [5, 4], "busybox": [1, 39], "centos": [8], "debian": [14], "docker": [30],
    "hello-world": [], "httpd": [2, 4], "mariadb": [13], "memcached": [1, 6], "mongo": [9], "mysql": [10],
    "nginx": [1, 31], "node": [27], "postgres": [19], "python": [3, 16], "rabbitmq": [5], "redis": [9],
    "registry": [3], "traefik": [4], "ubuntu": [27],
  ]

  private static let variants: Set<String> = [
    "alpine", "apache", "beta", "bionic", "bookworm", "bullseye", "buster", "cli", "current", "debian", "devel", "dind",
    "edge", "experimental", "focal", "git", "glibc", "innovation", "jammy", "jessie", "latest", "linux", "lts", "ltsc",
    "mainline", "management", "musl", "nanoserver", "noble", "oldstable", "oracle", "oraclelinux", "otel", "perl", "r",
    "rc", "rolling", "rootless", "sid", "slim", "stable", "stretch", "testing", "trixie", "trusty", "ubi", "ubuntu",
    "uclibc", "unstable", "wheezy", "windowsservercore", "xenial",
  ]
}
