import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `docker push`: sends an image to its registry, and tells how far it is.
///
/// Source: moby/moby `distribution/push_v2.go`.
struct PushOperation: EngineOperation {
  private let reference: ImageReference
  private var push: PushID?
  private var image: Image?

  init(_ reference: ImageReference) { self.reference = reference.withDefaultTag }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (now, reference) = (turn.now, reference)
    turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
    let repository = "\(reference.domain)/\(reference.path)"
    turn.send(ProgressLine(status: "The push refers to repository [\(repository)]").bytes)
    let digest = (try? node.engine.image(reference.familiar)).map { ImageArchive.digest(of: $0, on: node.engine) }
    do throws(EngineError) {
      let begun = try node.changeEngine(at: now, network: &network) { engine, _ throws(EngineError) in
        try engine.beginPush(reference, digest: digest ?? "", at: now)
      }
      push = begun
      image = node.engine.push(begun)?.image
    } catch {
      turn.send(ProgressLine.failure(error.message))
      turn.finish()
    }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let push, let image, case .notice(.pushed(push, let error)) = news else { return }
    let known = node.engine.push(push)?.known ?? []
    node.tellEngine(at: turn.now, &network) { engine, _ in engine.forgetPush(push) }
    if let error {
      turn.send(ProgressLine.failure(error.message))
      turn.finish()
      return
    }
    for layer in layers { turn.send(ProgressLine(status: "Preparing", layer: layer.name).bytes) }
    for layer in layers {
      let status = known.contains(layer.digest) ? "Layer already exists" : "Pushed"
      turn.send(ProgressLine(status: status, layer: layer.name).bytes)
    }
    let (tag, size) = (reference.tag ?? "", DistributionOperation.manifestSize(of: image))
    turn.send(ProgressLine(status: "\(tag): digest: \(image.digest) size: \(size)").bytes)
    turn.send(
      ProgressLine.facts { writer in
        writer.field("Tag", tag)
        writer.field("Digest", image.digest)
        writer.field("Size", size)
      })
    turn.finish()
  }

  /// The layers' short names, topmost first, as pushes list them.
  private var layers: [(name: String, digest: String)] {
    (image?.layers ?? []).reversed().map { (String($0.digest.prefix(12)), $0.digest) }
  }
}
