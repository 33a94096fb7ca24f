import Engine
import EngineTypes
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

/// `docker pull`: fetches an image, and tells how far it is.
///
/// A registry that refuses before the first line has an ordinary error for an answer. A client that hangs up takes its wish
/// back.
///
/// Source: moby/moby `distribution/pull_v2.go`, `daemon/images/image_pull.go`.
struct PullOperation: EngineOperation {
  private let reference: ImageReference
  private var pull: PullID?
  private var known: ImageID?
  private var layers = Table<String, LayerStory>()
  private var hasBegun = false

  init(_ reference: ImageReference) { self.reference = reference }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (now, reference) = (turn.now, reference)
    known = (try? node.engine.image(reference.familiar))?.id
    pull = node.changeEngine(at: now, network: &network) { engine, _ in engine.beginPull(reference, at: now) }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let pull else { return }
    switch news {
    case .notice(.pullProgressed(pull)):
      guard let state = node.engine.pull(pull), state.image != nil else { return }
      start(&turn)
      for (layer, state) in state.progress(at: turn.now) { tell(layer, state, &turn) }
    case .notice(.pulled(pull, let error)):
      self.pull = nil
      if let error { fail(APIError(error), &turn) } else { succeed(&turn, node) }
    default: break
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    guard let pull else { return }
    node.tellEngine(at: now, &network) { engine, _ in engine.cancelPull(pull) }
  }

  private mutating func start(_ turn: inout OperationTurn) {
    if hasBegun { return }
    hasBegun = true
    turn.stream(headers: [HTTPHeader("Content-Type", "application/json")])
    let tag = reference.digest ?? reference.tag ?? ""
    turn.send(ProgressLine(status: "Pulling from \(reference.path)", id: tag).bytes)
  }

  private func fail(_ error: APIError, _ turn: inout OperationTurn) {
    if !hasBegun { return turn.answer(.refusal(error)) }
    turn.send(ProgressLine.failure(error.message))
    turn.finish()
  }

  private mutating func succeed(_ turn: inout OperationTurn, _ node: SwarmNode) {
    guard let image = try? node.engine.image(reference.familiar) else {
      return fail(APIError(.noSuchImage(reference.familiar)), &turn)
    }
    start(&turn)
    let isNew = known != image.id
    // Without any progress on the way all layers were here.
    let state: Pull.LayerState = layers.isEmpty ? .alreadyExists : .complete
    if isNew { for layer in image.layers { tell(layer, state, &turn) } }
    turn.send(ProgressLine(status: "Digest: \(image.digest)").bytes)
    let outcome = isNew ? "Downloaded newer image" : "Image is up to date"
    turn.send(ProgressLine(status: "Status: \(outcome) for \(reference.familiar)").bytes)
    turn.finish()
  }

  private mutating func tell(_ layer: Image.Layer, _ state: Pull.LayerState, _ turn: inout OperationTurn) {
    var story = layers[layer.digest] ?? LayerStory(layer)
    for line in story.tell(state) { turn.send(line.bytes) }
    layers[layer.digest] = story
  }
}

/// What has been told of one layer of a pull.
private struct LayerStory: Sendable {
  private enum Chapter: Int, Sendable {
    case nothing
    case listed
    case waiting
    case downloading
    case downloaded
    case complete
  }

  private let layer: Image.Layer
  private var chapter = Chapter.nothing

  init(_ layer: Image.Layer) { self.layer = layer }

  /// What is to be told now that the layer is so far: all chapters that were skipped, then the present one.
  mutating func tell(_ state: Pull.LayerState) -> [ProgressLine] {
    let id = String(layer.digest.prefix(12))
    func line(_ status: String) -> ProgressLine { ProgressLine(status: status, layer: id) }
    if chapter == .complete { return [] }
    if state == .alreadyExists {
      chapter = .complete
      return [line("Already exists")]
    }
    var lines: [ProgressLine] = []
    if reach(.listed) { lines.append(line("Pulling fs layer")) }
    switch state {
    case .alreadyExists: break
    case .waiting: if reach(.waiting) { lines.append(line("Waiting")) }
    case .downloading(let bytes):
      _ = reach(.downloading)
      lines.append(ProgressLine(status: "Downloading", layer: id, current: bytes, total: layer.downloadSize))
    case .extracting, .complete:
      if reach(.downloaded) { lines += [line("Verifying Checksum"), line("Download complete")] }
    }
    if case .extracting(let bytes) = state {
      lines.append(ProgressLine(status: "Extracting", layer: id, current: bytes, total: layer.size))
    }
    if state == .complete && reach(.complete) { lines.append(line("Pull complete")) }
    return lines
  }

  /// Whether a chapter is begun with this.
  private mutating func reach(_ next: Chapter) -> Bool {
    if chapter.rawValue >= next.rawValue { return false }
    chapter = next
    return true
  }
}
