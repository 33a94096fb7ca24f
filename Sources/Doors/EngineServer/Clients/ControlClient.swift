import EngineTypes
import SimBase

/// Speaks to a running lab's control socket.
public struct ControlClient {
  private let folder: LabFolder
  private let client: SocketClient

  /// A client of this lab; an error says so where nothing serves it.
  public init(_ folder: LabFolder) throws(DoorError) {
    self.folder = folder
    if !folder.isRunning { throw .notRunning(folder.name) }
    do {
      client = try SocketClient(host: "unix://" + folder.sockets.control)
    } catch {
      throw .refused(error.reason)
    }
  }

  /// Asks for facts.
  public func get(_ path: String) throws(DoorError) -> JSON { try send("GET", path, .null) }

  /// Asks for a deed, and waits until it is done.
  public func post(_ path: String, _ body: JSON = [:]) throws(DoorError) -> JSON { try send("POST", path, body) }

  private func send(_ method: String, _ path: String, _ body: JSON) throws(DoorError) -> JSON {
    var request = EngineRequest(method, path, headers: [HTTPHeader("Host", "swarmlab")])
    if method == "POST" { request.body = Array(body.text.utf8) }
    let answer: EngineResponse
    do {
      answer = try client.send(request)
    } catch {
      // The server may have ended between the question whether it runs and this one.
      throw folder.isRunning
        ? .refused("lab \(folder.name) does not answer: \(error.reason).") : .notRunning(folder.name)
    }
    let document = (try? JSON.parse(answer.body)) ?? .null
    if answer.status >= 300 {
      let words = document["message"].string ?? "status \(answer.status)"
      throw answer.status == 400 ? .malformed(words) : .refused(words)
    }
    return document
  }
}
