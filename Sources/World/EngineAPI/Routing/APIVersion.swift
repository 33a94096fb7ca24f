import SwarmManager

/// A version of the Engine API: `1.51`. Versions compare part by part, and a missing part counts as 0.
///
/// Source: moby/moby `daemon/server/middleware/version.go`, `api/types/versions/compare.go`.
public struct APIVersion: Sendable, Comparable, CustomStringConvertible {
  /// The version as the client wrote it.
  public let description: String
  private let parts: [Int]

  /// Reads digits and dots. What does not fit a part counts as 0, as in Docker.
  public init(_ text: String) {
    description = text
    parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
  }

  /// The newest version that is served, which is also that of a path without one.
  public static let newest = APIVersion("1.51")
  /// The oldest version that is served.
  public static let oldest = APIVersion("1.24")

  /// Part by part.
  public static func < (a: APIVersion, b: APIVersion) -> Bool {
    for place in 0..<max(a.parts.count, b.parts.count) {
      let (left, right) = (a.part(place), b.part(place))
      if left != right { return left < right }
    }
    return false
  }

  /// The same parts.
  public static func == (a: APIVersion, b: APIVersion) -> Bool { !(a < b) && !(b < a) }

  private func part(_ place: Int) -> Int { place < parts.count ? parts[place] : 0 }

  /// Refuses versions that are not served.
  func check() throws(APIError) {
    if self < .oldest {
      throw APIError(
        .invalidParameter,
        "client version \(description) is too old. Minimum supported API version is \(APIVersion.oldest), "
          + "please upgrade your client to a newer version")
    }
    if self > .newest {
      throw APIError(
        .invalidParameter,
        "client version \(description) is too new. Maximum supported API version is \(APIVersion.newest)")
    }
  }
}
