import Engine
import EngineTypes
import SimBase
import SwarmManager
import Workloads

/// The platform of an image that a client asks for: `linux/amd64`. Engines here have images of their own platform alone.
///
/// Source: containerd/platforms `platforms.go` (`Parse`); moby/moby `daemon/images/image.go` (`GetImage`).
enum ImagePlatform {
  private static let systems = [
    "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd", "plan9", "solaris",
    "windows",
  ]
  private static let architectures = [
    "386", "aarch64", "amd64", "arm", "arm64", "armel", "armhf", "i386", "loong64", "mips", "mips64", "mips64le",
    "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm", "x86-64", "x86_64",
  ]

  /// Refuses a text that is no platform; nil for none.
  static func parse(_ text: String) throws(APIError) -> String? {
    if text.isEmpty { return nil }
    let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 3 {
      throw APIError(.invalidParameter, "\(text.goQuoted): cannot parse platform specifier: invalid argument")
    }
    if parts.count > 1 { return parts.joined(separator: "/") }
    if systems.contains(parts[0]) { return "\(parts[0])/amd64" }
    if architectures.contains(parts[0]) { return "linux/\(parts[0])" }
    throw APIError(
      .invalidParameter, "\(text.goQuoted): unknown operating system or architecture: invalid argument")
  }

  /// Refuses a platform that is not that of the image at hand.
  static func check(_ text: String, of name: String, on engine: Engine) throws(APIError) {
    guard let wanted = try parse(text), !isOwn(wanted), let reference = try? ImageReference(name).withDefaultTag,
      (try? engine.image(name)) != nil
    else { return }
    throw APIError(
      .notFound,
      "image with reference \(reference.familiar) was found but its platform (linux/amd64) does not match the specified "
        + "platform (\(wanted))")
  }

  /// What is wrong with a platform that should be a JSON object: `{"os":"linux"}`.
  static func fault(inJSON text: String) -> APIError? {
    if text.isEmpty { return nil }
    do {
      _ = try JSONFields(try JSON.parse(text), "v1.Platform")
      return nil
    } catch let error as JSONError {
      return APIError(.invalidParameter, "failed to parse platform: \(error.message)")
    } catch {
      return APIError(
        .invalidParameter, "failed to parse platform: json: cannot unmarshal into Go value of type v1.Platform")
    }
  }

  /// Whether it is the engines' own.
  static func isOwn(_ platform: String) -> Bool {
    ["linux/amd64", "linux/x86_64", "linux/x86-64"].contains(platform)
  }
}
