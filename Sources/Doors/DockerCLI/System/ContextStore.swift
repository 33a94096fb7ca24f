import EngineTypes
import SimBase

/// The named addresses of engines that `docker context` keeps under the settings' folder.
///
/// Source: docker/cli `cli/context/store`: `contexts/meta/<SHA-256 of the name>/meta.json`.
struct ContextStore {
  let session: Session

  /// The context that the settings choose; nil is the default one.
  var chosen: String? {
    if let name = session.host.environment("DOCKER_CONTEXT"), !name.isEmpty { return name == "default" ? nil : name }
    guard let name = session.settings["currentContext"].string, !name.isEmpty, name != "default" else { return nil }
    return name
  }

  /// Where a context's record is.
  func path(of name: String) -> String { session.configFolder + "/contexts/meta/\(SHA256.hex(name))/meta.json" }

  /// A context's record; nil where there is none.
  func record(of name: String) -> JSON? {
    guard let bytes = try? session.host.readFile(path(of: name)) else { return nil }
    return try? JSON.parse(bytes)
  }

  /// The engine's address in a context.
  func endpoint(of name: String) -> String? { record(of: name)?["Endpoints"]["docker"]["Host"].string }
}
