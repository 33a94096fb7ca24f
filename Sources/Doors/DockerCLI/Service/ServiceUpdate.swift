import EngineTypes
import SimBase

enum ServiceUpdate {
  /// Writes a service's spec back over the version that was read.
  @discardableResult
  static func send(
    _ service: GoValue, to engine: Engine, _ query: Query = Query(), headers: [HTTPHeader] = []
  ) throws(Failure) -> JSON {
    var query = query
    query["version"] = String(service["Version"]["Index"].integer ?? 0)
    return try engine.post(
      "/services/\(service["ID"].string ?? "")/update", query, body: service["Spec"].json, headers: headers)
  }
}
