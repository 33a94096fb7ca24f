import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

extension ContainerCall {
  /// Carries the call out, or finds the operation that does.
  func resolve(
    for version: APIVersion, on node: inout SwarmNode, at now: Instant, network: inout SimNetwork<Wire>
  ) throws(APIError) -> Resolution {
    switch self {
    case .list(let request): return .answer(try .containers(request, node.engine, at: now))
    case .create(let name, let platform, let config):
      try ImagePlatform.check(platform, of: config.field("Image").string ?? "", on: node.engine)
      return .answer(try .createdContainer(name, config, on: &node, at: now, &network))
    case .inspect(let name, let withSize):
      return .answer(try .container(name, withSize, node.engine, at: now, for: version))
    case .logs(let name, let options): return .operation(LogsOperation(name, options, for: version))
    case .top(let name, let arguments): return .answer(try .processes(name, arguments, on: &node, at: now, &network))
    case .changes(let name): return .answer(try .changes(name, on: &node, at: now, &network))
    case .stats(let name, let isStream, let isOneShot):
      return .operation(StatsOperation(name, isStream: isStream, isOneShot: isOneShot))
    case .start(let name): return .operation(ContainerLifeOperation(.start, name))
    case .stop(let name, let signal, let seconds):
      return .operation(ContainerLifeOperation(.stop(signal: signal, seconds: seconds), name))
    case .restart(let name, let signal, let seconds):
      return .operation(ContainerLifeOperation(.restart(signal: signal, seconds: seconds), name))
    case .kill(let name, let signal): return .operation(ContainerLifeOperation(.kill(signal: signal), name))
    case .wait(let name, let condition): return .operation(WaitOperation(name, condition))
    case .attach(let name, let options): return .operation(AttachOperation(name, options, for: version))
    case .attachWebSocket(let name, let options, let handshake):
      return .operation(AttachOperation(name, options, overWebSocket: handshake, for: version))
    case .remove(let name, let force, let volumes, let link):
      if link {
        try node.ask(at: now, &network) { engine, _ throws(EngineError) in try engine.removeLink(name) }
        return .answer(.empty(204))
      }
      return .operation(ContainerLifeOperation(.remove(force: force, volumes: volumes), name))
    case .pause(let name):
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.pause(.typed(name), at: now, into: &out)
      }
      return .answer(.empty(204))
    case .unpause(let name):
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.unpause(.typed(name), at: now, into: &out)
      }
      return .answer(.empty(204))
    case .rename(let name, let newName):
      try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.rename(.typed(name), to: newName, at: now, into: &out)
      }
      return .answer(.empty(204))
    case .resize(let name, let height, let width):
      let container = try asked { () throws(EngineError) in try node.engine.container(.typed(name)) }
      if !container.state.isRunning { throw APIError(.notRunning(container.id)) }
      let size = [("height", String(height)), ("width", String(width))]
      node.tellEngine(at: now, &network) { $0.tell("resize", of: container.id, attributes: size, at: now, into: &$1) }
      return .answer(.empty())
    case .update(let name, let config): return .answer(try .updated(name, config, on: &node, at: now, &network))
    case .exec(let name, let config):
      if (try? DetachKeys(config.detachKeys)) == nil {
        throw APIError(.system, "Invalid escape keys (\(config.detachKeys)) provided")
      }
      let spec = ExecSpec(config)
      let id = try node.ask(at: now, &network) { engine, out throws(EngineError) in
        try engine.createExec(in: .typed(name), spec, at: now, into: &out)
      }
      return .answer(.json(201) { $0.object { $0.field("Id", id.description) } })
    case .statPath(let name, let path): return .answer(try .pathStat(name, path, on: &node, at: now, &network))
    case .getArchive(let name, let path): return .answer(try .archive(name, path, on: &node, at: now, &network))
    case .putArchive(let name, let path, let archive):
      return .answer(try .unpacked(archive, name, path, on: &node, at: now, &network))
    case .export(let name): return .answer(try .export(name, on: &node, at: now, &network))
    case .prune(let filters): return .answer(try .prunedContainers(filters, on: &node, at: now, &network))
    }
  }
}

extension ExecCall {
  /// Carries the call out, or finds the operation that does.
  func resolve(for version: APIVersion, on node: SwarmNode) throws(APIError) -> Resolution {
    switch self {
    case .start(let id, let detach, let tty, let upgrades):
      return .operation(ExecStartOperation(id, detach: detach, tty: tty, upgrades: upgrades, for: version))
    case .inspect(let id):
      let exec = try asked { () throws(EngineError) in try node.engine.exec(id) }
      return .answer(.json { $0.exec(exec) })
    case .resize(let id, _, _):
      try asked { () throws(EngineError) in try node.engine.resizeExec(id) }
      return .answer(.empty())
    }
  }
}

extension ExecSpec {
  /// A process as a client asks for it.
  fileprivate init(_ config: ExecConfig) {
    self.init(config.command)
    user = config.user
    isPrivileged = config.isPrivileged
    tty = config.tty
    attachStdin = config.attachesStdin
    attachStdout = config.attachesStdout
    attachStderr = config.attachesStderr
    detachKeys = config.detachKeys
    env = config.env
    workingDirectory = config.workingDir
  }
}

extension JSONWriter {
  /// A process as `GET /exec/{id}/json` gives it.
  fileprivate mutating func exec(_ exec: Exec) {
    object { writer in
      writer.field("ID", exec.id.description)
      writer.field("Running", exec.isRunning)
      if let code = exec.exitCode { writer.field("ExitCode", Int(code)) } else { writer.null("ExitCode") }
      writer.object("ProcessConfig") { writer in
        writer.field("tty", exec.spec.tty)
        writer.field("entrypoint", exec.spec.command.first ?? "")
        writer.field("arguments", Array(exec.spec.command.dropFirst()))
        writer.field("privileged", exec.spec.isPrivileged)
        writer.unlessEmpty("user", exec.spec.user)
      }
      writer.field("OpenStdin", exec.spec.attachStdin)
      writer.field("OpenStderr", exec.spec.attachStderr)
      writer.field("OpenStdout", exec.spec.attachStdout)
      writer.field("CanRemove", false)
      writer.field("ContainerID", exec.container.description)
      writer.field("DetachKeys", exec.spec.detachKeys)
      writer.field("Pid", exec.pid)
    }
  }
}
