import Engine
import GoTemplate
import SimBase
import SwarmModel
import Workloads

/// A task's first step on the engine: its networks, its image, its container.
///
/// Source: moby/moby `daemon/cluster/executor/container/controller.go` (`Prepare`), `adapter.go`.
extension Agent {
  mutating func prepare(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let runner = tasks[id] else { return }
    guard let spec = runner.task.value.spec.container else {
      // The place of a plain container on a network: there is nothing to run.
      move(id, to: .ready, "prepared", at: now, engine: engine, into: &out)
      return
    }
    if runner.container != nil {
      move(id, to: .ready, "prepared", at: now, engine: engine, into: &out)
      return
    }
    if let text = objection(to: runner.task.value, spec) {
      setStatus(id, at: now, engine: engine, into: &out) { status in
        status.message = "resolving controller failed"
        status.state = .rejected
        status.error = text
      }
      return
    }
    if !hasAddresses(for: runner.task.value) { return awaitAddresses(id, at: now, engine: engine, into: &out) }
    networkWaits[id] = nil
    guard let reference = try? ImageReference(spec.image) else {
      fail(id, "invalid reference format", at: now, engine: engine, into: &out)
      return
    }
    let pull = engine.beginPull(reference, at: now)
    byPull[pull] = id
    tasks.update(id) { $0.work = .pulling(pull) }
  }

  /// The node has no address yet on a network of the task's: it looks again soon, and gives up in the end.
  private mutating func awaitAddresses(
    _ id: TaskID, at now: Instant, engine: Engine, into out: inout Outbox<AgentOrder>
  ) {
    let since = networkWaits[id] ?? now
    networkWaits[id] = since
    if now - since >= Agent.networkPatience {
      networkWaits[id] = nil
      let text = "node is missing network attachments, ip addresses may be exhausted"
      fail(id, text, at: now, engine: engine, into: &out)
      return
    }
    tasks.update(id) { $0.work = .awaitingNetworks(since: since) }
    deadlines.set(id, to: now + Agent.networkPoll)
  }

  /// The pull has ended; an error matters only if the image is not here, and then it is the creation's.
  mutating func create(
    _ id: TaskID, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    guard let task = tasks[id]?.task.value else { return }
    tasks.update(id) { $0.work = .idle }
    let spec: TaskContainer
    do throws(TemplateError) {
      spec = try expandedSpec(of: task)
    } catch {
      return fail(id, error.message, at: now, engine: engine, into: &out)
    }
    var notices = Outbox<EngineNotice>()
    do throws(EngineError) {
      for attachment in task.networks where !attachment.network.value.isPredefined {
        try engine.addSwarmNetwork(NetworkRecord(attachment.network.value))
      }
      let container = try engine.create(containerSpec(for: task, spec), at: now, into: &notices)
      tasks.update(id) { $0.container = container }
      byContainer[container] = id
      followLogs(of: id, engine: &engine, into: &out)
      pass(&notices, at: now, engine: &engine, into: &out)
      move(id, to: .ready, "prepared", at: now, engine: engine, into: &out)
    } catch {
      pass(&notices, at: now, engine: &engine, into: &out)
      fail(id, error.message, at: now, engine: engine, into: &out)
    }
  }

  private func hasAddresses(for task: SwarmTask) -> Bool {
    guard let node = nodeObject?.value else { return task.networks.isEmpty }
    return task.networks.allSatisfy { attachment in
      attachment.network.value.isNodeLocal
        || node.attachments.contains { $0.network.value.id == attachment.network.value.id && !$0.addresses.isEmpty }
    }
  }

  /// The node's own address on the routing mesh brings that network here before any task does, and the bridge by which
  /// its sandbox reaches the machine. Without that address the network goes.
  mutating func followIngress(
    _ node: Node, at now: Instant, engine: inout Engine, into out: inout Outbox<AgentOrder>
  ) {
    let meshes = node.attachments.filter { $0.network.value.spec.isIngress }.map(\.network.value.id.description)
    for record in engine.networks where record.isIngress && !meshes.contains(record.id.description) {
      let isUsed = engine.containers.contains { $0.endpoints.contains { $0.network == record.id } }
      if !isUsed { engine.removeSwarmNetwork(record.id) }
    }
    for attachment in node.attachments where attachment.network.value.spec.isIngress {
      // A block that overlaps leaves the node without the mesh, as on a real one.
      try? engine.addSwarmNetwork(NetworkRecord(attachment.network.value))
      var notices = Outbox<EngineNotice>()
      engine.ensureGatewayBridge(at: now, into: &notices)
      pass(&notices, at: now, engine: &engine, into: &out)
    }
  }
}
