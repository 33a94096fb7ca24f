import EngineTypes
import SimBase

/// Pins a service's image: a tag becomes a digest, so that every node runs the same.
///
/// Source: docker/docker `client/service_create.go` (`resolveContainerSpecImage`, `digestWarning`).
enum ImageResolver {
  /// Tags the image and, where asked to, asks the registry for its digest and platforms; a registry that does not
  /// answer leaves a warning.
  static func resolve(_ task: inout GoValue, asksRegistry: Bool, authorization: String?, _ engine: Engine) -> String? {
    guard var image = task["ContainerSpec"]["Image"].string else { return nil }
    if var reference = try? ImageReference(image) {
      reference.addDefaultTag()
      image = reference.familiar
      task["ContainerSpec"]["Image"] = .string(image)
    }
    if !asksRegistry { return nil }
    let headers = authorization.map { [HTTPHeader("X-Registry-Auth", $0)] } ?? []
    guard let answer = try? engine.send("GET", "/distribution/\(pathEscaped(image))/json", headers: headers),
      let document = try? JSON.parse(answer.body)
    else { return warning(image) }
    if var reference = try? ImageReference(image), reference.digest == nil {
      reference.digest = document["Descriptor"]["digest"].string
      task["ContainerSpec"]["Image"] = .string(reference.familiar)
    }
    let platforms = document["Platforms"].array ?? []
    if !platforms.isEmpty {
      let type = GoType.structure(engineStructs["swarm.Platform"])
      task["Placement"]["Platforms"] = .slice(
        type,
        platforms.map { platform in
          var result = type.zero
          let architecture = platform["architecture"].string ?? ""
          // Nodes name arm with its variant; a plain "arm" would match none.
          result["Architecture"] = .string(architecture.lowercased() == "arm" ? "" : architecture)
          result["OS"] = .string(platform["os"].string ?? "")
          return result
        })
    }
    return nil
  }

  private static func warning(_ image: String) -> String {
    """
    image \(image) could not be accessed on a registry to record
    its digest. Each node will access \(image) independently,
    possibly leading to different nodes running different
    versions of the image.

    """
  }
}
