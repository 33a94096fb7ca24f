import EngineTypes
import SimBase
import SwarmManager

/// A request's body as JSON. Source: moby/moby `daemon/server/httputils/httputils.go` (`ReadJSON`).
enum RequestBody {
  /// The document; `null`, which reads as if all fields were absent, where there is no body and none is needed.
  static func json(of request: EngineRequest, isNeeded: Bool = false) throws(APIError) -> JSON {
    let contentType = request.header("Content-Type") ?? ""
    if !(contentType.isEmpty && request.body.isEmpty) { try checkContentType(contentType) }
    if request.body.isEmpty && !isNeeded { return .null }
    if request.body.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
      throw APIError(.invalidParameter, "invalid JSON: got EOF while reading request body")
    }
    do { return try JSON.parse(request.body) } catch {
      if error == .trailing { throw APIError(.invalidParameter, error.message) }
      throw APIError(.invalidParameter, "invalid JSON: \(error.message)")
    }
  }

  /// The first document of a body of any type: how credentials are read.
  static func anyJSON(of request: EngineRequest) throws(APIError) -> JSON {
    do { return try JSON.parse(request.body) } catch {
      // What follows the first document is not looked at.
      if error == .trailing, let first = JSON.parseStream(request.body).first { return first }
      let isEmpty = request.body.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
      throw APIError(.system, isEmpty ? "EOF" : error.message)
    }
  }

  private static func checkContentType(_ text: String) throws(APIError) {
    let type = text.prefix { $0 != ";" }.trimmed().lowercased()
    let isToken =
      !type.isEmpty && type.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"()<>@,:\\\"[]?={}".utf8.contains($0) }
    if !isToken {
      let reason = type.isEmpty ? "no media type" : "expected token after slash"
      throw APIError(.invalidParameter, "malformed Content-Type header (\(text)): mime: \(reason)")
    }
    if type != "application/json" {
      throw APIError(
        .invalidParameter, "unsupported Content-Type header (\(text)): must be 'application/json'")
    }
  }
}
