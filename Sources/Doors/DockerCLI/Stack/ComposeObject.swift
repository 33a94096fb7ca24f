import EngineTypes

/// An entry of a section beside the services.
struct ComposeObject {
  let name: String
  let json: JSON

  init(_ name: String, _ json: JSON) {
    self.name = name
    self.json = json
  }

  /// Whether somebody else made it.
  var isExternal: Bool { json["external"].bool == true || json["external"].fields != nil }

  /// The name it has whatever the stack is called; nil where it takes the stack's.
  var fixedName: String? {
    if let given = json["name"].string, !given.isEmpty { return given }
    if let old = json["external"]["name"].string, !old.isEmpty { return old }
    return isExternal ? name : nil
  }
}
