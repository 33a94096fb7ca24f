import SimBase
import Workloads

/// A pull under way, or one that has just ended: what its progress lines are made of.
public struct Pull: Sendable {
  /// How far a layer is.
  public enum LayerState: Sendable, Hashable {
    /// It was here.
    case alreadyExists
    /// It waits for its turn.
    case waiting
    /// So many bytes of it have come.
    case downloading(UInt64)
    /// So many bytes of it have been unpacked.
    case extracting(UInt64)
    /// It is here.
    case complete
  }

  /// What was asked for.
  public let reference: ImageReference
  /// What the registry has; nil until it has said so.
  public internal(set) var image: Image?
  /// Whether nothing of it was missing.
  public internal(set) var isUpToDate = false
  /// When its registry answers.
  let answersAt: Instant
  /// When each missing layer is downloaded, and when it is unpacked, in the order of the image's layers.
  var plan: [Stage] = []

  struct Stage: Sendable {
    var layer: Image.Layer
    var isHere: Bool
    var begins: Instant
    var downloaded: Instant
    var extractionBegins: Instant
    var done: Instant
  }

  /// When something about it happens next.
  var nextDeadline: Instant
  /// When it ends.
  var endsAt: Instant

  /// How far each layer is, lowest first; empty until the registry has answered.
  public func progress(at now: Instant) -> [(layer: Image.Layer, state: LayerState)] {
    plan.map { stage in
      if stage.isHere { return (stage.layer, .alreadyExists) }
      if now >= stage.done { return (stage.layer, .complete) }
      if now < stage.begins { return (stage.layer, .waiting) }
      if now < stage.extractionBegins {
        let share = Pull.share(of: stage.layer.downloadSize, from: stage.begins, to: stage.downloaded, at: now)
        return (stage.layer, .downloading(share))
      }
      let share = Pull.share(of: stage.layer.size, from: stage.extractionBegins, to: stage.done, at: now)
      return (stage.layer, .extracting(share))
    }
  }

  private static func share(of size: UInt64, from start: Instant, to end: Instant, at now: Instant) -> UInt64 {
    let whole = UInt64(max(1, (end - start).nanoseconds))
    let passed = min(whole, UInt64(max(0, (now - start).nanoseconds)))
    let (high, low) = size.multipliedFullWidth(by: passed)
    return whole.dividingFullWidth((high, low)).quotient
  }
}

/// How an image comes: the registry says what it has, missing layers are downloaded three at a time, and unpacked one
/// after the other. `.pulled` ends it. Two pulls of one image go side by side, and both end when their layers are here.
extension Engine {
  /// Begins to pull an image.
  public mutating func beginPull(_ reference: ImageReference, at now: Instant) -> PullID {
    memory.nextPull += 1
    let id = PullID(number: memory.nextPull)
    let answersAt = now + drawCost(config.costs.manifest) * config.registry.slowdown
    memory.pulls[id] = Pull(
      reference: reference.withDefaultTag, answersAt: answersAt, nextDeadline: answersAt, endsAt: .distantFuture)
    memory.deadlines.set(.pull(id), to: answersAt)
    return id
  }

  /// A pull that is under way; nil once its end has been reported.
  public func pull(_ id: PullID) -> Pull? { memory.pulls[id] }

  /// Gives a pull up; what has come of it is thrown away.
  public mutating func cancelPull(_ id: PullID) {
    memory.pulls[id] = nil
    memory.deadlines.cancel(.pull(id))
  }

  mutating func continuePull(_ id: PullID, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard var pull = memory.pulls[id] else { return }
    if pull.image == nil {
      do { pull.image = try resolve(pull.reference) } catch {
        memory.pulls[id] = nil
        out.post(.pulled(id, error))
        return
      }
      plan(&pull, from: now)
    }
    if now >= pull.endsAt {
      memory.pulls[id] = nil
      finish(pull, id, at: now, into: &out)
      return
    }
    // A few steps of progress are enough for a bar.
    pull.nextDeadline = min(pull.endsAt, now + .milliseconds(100))
    memory.deadlines.set(.pull(id), to: pull.nextDeadline)
    memory.pulls[id] = pull
    out.post(.pullProgressed(id))
  }

  private func plan(_ pull: inout Pull, from now: Instant) {
    guard let image = pull.image else { return }
    let here = Set(images.flatMap { $0.layers.map(\.digest) })
    var lanes = [now, now, now]
    var unpacked = now
    for layer in image.layers {
      var stage = Pull.Stage(
        layer: layer, isHere: here.contains(layer.digest), begins: now, downloaded: now, extractionBegins: now,
        done: now)
      if !stage.isHere {
        let lane = lanes.indices.min { lanes[$0] < lanes[$1] } ?? 0
        stage.begins = lanes[lane]
        stage.downloaded =
          stage.begins + Engine.span(of: layer.downloadSize, at: config.costs.downloadRate) * config.registry.slowdown
        lanes[lane] = stage.downloaded
        stage.extractionBegins = max(stage.downloaded, unpacked)
        stage.done = stage.extractionBegins + Engine.span(of: layer.size, at: config.costs.unpackRate)
        unpacked = stage.done
      }
      pull.plan.append(stage)
    }
    pull.isUpToDate = disk.images.contains(image.id) && disk.imageNames[Engine.key(of: pull.reference)] == image.id
    pull.endsAt = unpacked
  }

  static func span(of bytes: UInt64, at rate: Int64) -> Duration {
    if rate == .max { return .zero }
    return .microseconds(Int64(bytes) / max(1, rate / 1_000_000))
  }

  private mutating func finish(_ pull: Pull, _ id: PullID, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let image = pull.image else { return }
    add(image, as: pull.reference, at: now)
    let name = pull.reference.familiar
    post(
      EngineEvent(.image, "pull", actor: name, attributes: [("name", pull.reference.familiarName)], at: now), into: &out
    )
    out.post(.pulled(id, nil))
  }

  /// Puts the images on a new disk that its machine comes with. One that no registry has is left out.
  mutating func addImagesAtHand() {
    for reference in config.imagesAtHand {
      guard let persona = try? config.library.value.persona(for: reference) else { continue }
      add(Image(of: persona, as: reference), as: reference, at: .zero)
    }
  }

  /// Puts an image on the disk under a name, as a pull does.
  public mutating func add(_ image: Image, as reference: ImageReference, at now: Instant) {
    disk.images[image.id] = image
    disk.imageNames["\(reference.familiarName)@\(image.digest)"] = image.id
    if reference.digest == nil {
      disk.imageNames[reference.withDefaultTag.familiar] = image.id
      disk.tagged[image.id] = now
    }
  }
}
