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
  private var pull: PullID?
  private var story: PullStory
  private var hasBegun = false

  init(_ reference: ImageReference) { story = PullStory(reference, known: nil) }

  mutating func begin(_ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    let (now, reference) = (turn.now, story.reference)
    story = PullStory(reference, known: (try? node.engine.image(reference.familiar))?.id)
    pull = node.changeEngine(at: now, network: &network) { engine, _ in engine.beginPull(reference, at: now) }
  }

  mutating func hear(
    _ news: OperationNews, _ turn: inout OperationTurn, on node: inout SwarmNode, network: inout SimNetwork<Wire>
  ) {
    guard let pull else { return }
    switch news {
    case .notice(.pullProgressed(pull)):
      guard let state = node.engine.pull(pull), state.image != nil else { return }
      tell(story.progress(state, at: turn.now), &turn)
    case .notice(.pulled(pull, let error)):
      self.pull = nil
      if let error { return fail(APIError(error), &turn) }
      guard let image = try? node.engine.image(story.reference.familiar) else {
        return fail(APIError(.noSuchImage(story.reference.familiar)), &turn)
      }
      tell(story.success(image), &turn)
      turn.finish()
    default: break
    }
  }

  mutating func abandon(at now: Instant, on node: inout SwarmNode, network: inout SimNetwork<Wire>) {
    guard let pull else { return }
    node.tellEngine(at: now, &network) { engine, _ in engine.cancelPull(pull) }
  }

  private mutating func tell(_ lines: [DatedBytes], _ turn: inout OperationTurn) {
    if !hasBegun { turn.stream(headers: [HTTPHeader("Content-Type", "application/json")]) }
    hasBegun = true
    for line in lines { turn.send(line) }
  }

  private func fail(_ error: APIError, _ turn: inout OperationTurn) {
    if !hasBegun { return turn.answer(.refusal(error)) }
    turn.send(ProgressLine.failure(error.message))
    turn.finish()
  }
}
