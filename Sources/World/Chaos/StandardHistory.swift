import Checkers
import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmNode
import World

/// The history by which two builds, two processes or two machines are compared: a swarm forms, runs a service, loses its
/// leader, gets it back, and scales.
public enum StandardHistory {
  /// Three managers and two workers; the lab at the end, after two virtual minutes and a half.
  public static func run(
    seed: UInt64, watch: Watch? = nil, recorder: Recorder? = nil
  ) throws(FormingFailure) -> Lab {
    var lab = try Lab.formed(managers: 3, workers: 2, seed: seed, watch: watch, recorder: recorder)
    attempt("POST", "/services/create", service(replicas: 4), of: &lab)
    lab.advance(by: .seconds(10))
    let first = lab.leader ?? HostID(0)
    lab.apply(.kill(first))
    lab.advance(by: .seconds(60))
    lab.apply(.restart(first))
    lab.advance(by: .seconds(20))
    scale(to: 7, of: &lab)
    lab.advance(by: .seconds(60))
    return lab
  }

  private static func service(replicas: Int64) -> JSON {
    [
      "Name": "web", "TaskTemplate": ["ContainerSpec": ["Image": "nginx"]],
      "Mode": ["Replicated": ["Replicas": .int(replicas)]],
    ]
  }

  private static func scale(to replicas: Int64, of lab: inout Lab) {
    let found = attempt("GET", "/services/web", nil, of: &lab)
    let version = found["Version"]["Index"].int ?? 0
    attempt("POST", "/services/web/update?version=\(version)", service(replicas: replicas), of: &lab)
  }

  /// A request whose failure is part of the history, too.
  @discardableResult
  private static func attempt(_ method: String, _ path: String, _ body: JSON?, of lab: inout Lab) -> JSON {
    (try? lab.call(method, path, body, at: lab.leader ?? HostID(0)))?.json ?? .null
  }
}
