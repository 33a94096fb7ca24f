import Engine
import EngineTypes
import SimBase
import Workloads

/// What is told of a pull, line by line: whoever asks for one, and builds that need one.
struct PullStory: Sendable {
  /// What is pulled.
  let reference: ImageReference
  private let known: ImageID?
  private var layers = Table<String, LayerStory>()
  private var hasBegun = false

  /// The story of a pull; `known` is the image that had the name before it.
  init(_ reference: ImageReference, known: ImageID?) {
    self.reference = reference
    self.known = known
  }

  /// What is new now that the pull is so far.
  mutating func progress(_ state: Pull, at now: Instant) -> [DatedBytes] {
    var lines = opening()
    for (layer, state) in state.progress(at: now) { lines += tell(layer, state) }
    return lines
  }

  /// What is left to be told once the image is here.
  mutating func success(_ image: Image) -> [DatedBytes] {
    var lines = opening()
    let isNew = known != image.id
    // Without any progress on the way all layers were here.
    let state: Pull.LayerState = layers.isEmpty ? .alreadyExists : .complete
    if isNew { for layer in image.layers { lines += tell(layer, state) } }
    lines.append(ProgressLine(status: "Digest: \(image.digest)").bytes)
    let outcome = isNew ? "Downloaded newer image" : "Image is up to date"
    lines.append(ProgressLine(status: "Status: \(outcome) for \(reference.familiar)").bytes)
    return lines
  }

  private mutating func opening() -> [DatedBytes] {
    if hasBegun { return [] }
    hasBegun = true
    let tag = reference.digest ?? reference.tag ?? ""
    return [ProgressLine(status: "Pulling from \(reference.path)", id: tag).bytes]
  }

  private mutating func tell(_ layer: Image.Layer, _ state: Pull.LayerState) -> [DatedBytes] {
    var story = layers[layer.digest] ?? LayerStory(layer)
    let lines = story.tell(state).map(\.bytes)
    layers[layer.digest] = story
    return lines
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
