import Engine
import SimBase
import SimKernel
import SwarmModel
import SwarmWorker

/// What requests do to the node's engine.
extension SwarmNode {
  /// Changes the engine, and lets the agent and other requests hear what happened there.
  ///
  /// What the engine refuses is passed on; what had happened before is heard all the same.
  public mutating func changeEngine<Result, Refusal: Error>(
    at now: Instant, network: inout SimNetwork<Wire>,
    _ change: (inout Engine, inout Outbox<EngineNotice>) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    var out = Outbox<EngineNotice>()
    defer { take(&out, at: now, network: &network) }
    // Errors about networks that are not here differ with it.
    engine.isInSwarm = swarm != nil
    return try change(&engine, &out)
  }

  /// The networks on which the swarm has given this node an address of its own, as its agent last heard.
  public var ownAttachments: [NetworkAttachment] { swarm?.agent?.attachments ?? [] }
}
