import Engine
import SimBase
import Testing
import Workloads

@Suite struct ImageTests {
  private func refusal(_ body: () throws -> Void) -> EngineError? {
    do { try body() } catch { return error as? EngineError }
    return nil
  }

  @Test("a pull takes as long as its bytes, and a second one only asks") func pulling() throws {
    var rig = Rig(costs: EngineCosts())
    try rig.pull("nginx:alpine")
    let first = rig.now - Instant.zero
    #expect(first >= .milliseconds(150) && first < .milliseconds(600))
    let before = rig.now
    try rig.pull("nginx:alpine")
    #expect(rig.now - before < .milliseconds(50))
    #expect(rig.engine.images.count == 1)
    #expect(rig.actions == ["image pull", "image pull"])
  }

  @Test("layers that are here are not fetched again") func sharedLayers() throws {
    var rig = Rig(costs: EngineCosts())
    try rig.pull("alpine")
    let id = rig.engine.beginPull(try ImageReference("redis:alpine"), at: rig.now)
    rig.run(for: .milliseconds(60))
    let states = try #require(rig.engine.pull(id)).progress(at: rig.now).map(\.state)
    #expect(states.first == .alreadyExists)
    #expect(states.count == 2)
    guard case .downloading(let bytes) = states[1] else {
      Issue.record("\(states[1])")
      return
    }
    #expect(bytes < 13_240_000)
    rig.run(for: .seconds(2))
    #expect(rig.engine.pull(id) == nil)
    #expect(rig.notices.last?.1 == .pulled(id, nil))
  }

  @Test("IDs and digests are the same on every engine, and differ from name to name") func identity() throws {
    var (one, two) = (Rig(seed: 1), Rig(seed: 2))
    try one.pull("nginx:1.26")
    try one.pull("nginx:1.27")
    try two.pull("nginx:1.27")
    let (a, b) = (try one.engine.image("nginx:1.26"), try one.engine.image("nginx:1.27"))
    #expect(a.id != b.id && a.digest != b.digest)
    #expect(try two.engine.image("nginx:1.27") == b)
    #expect(b.created < .zero)
    #expect(try one.engine.image(b.id.short).id == b.id)
    #expect(try one.engine.image("sha256:\(b.id)").id == b.id)
  }

  @Test("a reference with a digest names the image of that digest, without a tag") func byDigest() throws {
    var rig = Rig()
    let digest = try rig.engine.resolve(ImageReference("nginx:alpine")).digest
    try rig.pull("nginx:alpine@" + digest)
    let image = try rig.engine.image("nginx:alpine@" + digest)
    #expect(rig.engine.names(of: image.id).tags == [])
    #expect(rig.engine.names(of: image.id).digests == ["nginx@" + digest])
    try rig.pull("nginx:alpine")
    #expect(rig.engine.images.count == 1)
    #expect(rig.engine.names(of: image.id).tags == ["nginx:alpine"])
  }

  @Test("a registry's refusals have Docker's words") func refusals() throws {
    var rig = Rig()
    #expect(
      refusal { try rig.pull("lab/nosuch") }?.message
        == "pull access denied for lab/nosuch, repository does not exist or may require 'docker login': "
        + "denied: requested access to the resource is denied")
    rig.notices = []
    #expect(
      refusal { try rig.pull("lab/crash:slow") }?.message
        == "manifest for lab/crash:slow not found: manifest unknown: manifest unknown")
    #expect(refusal { _ = try rig.engine.image("nope") }?.message == "No such image: nope:latest")
    #expect(refusal { _ = try rig.engine.image("Nope") }?.message.hasSuffix("must be lowercase") == true)
  }

  @Test("an image in use keeps its last name; without users name, digest, image and layers go") func removal() throws {
    var rig = Rig()
    let id = try rig.create("busybox")
    let image = try rig.engine.image("busybox")
    let error = refusal { _ = try rig.engine.removeImage("busybox:latest", at: rig.now, into: &rig.out) }
    #expect(
      error?.message
        == "conflict: unable to remove repository reference \"busybox:latest\" (must force) - container \(id.short) "
        + "is using its referenced image \(image.id.short)")
    #expect(
      refusal { _ = try rig.engine.removeImage(image.id.short, at: rig.now, into: &rig.out) }?.message
        == "conflict: unable to delete \(image.id.short) (must be forced) - image is being used by stopped container \(id.short)"
    )
    try rig.engine.tag("busybox", as: ImageReference("mine/bb:2"), at: rig.now, into: &rig.out)
    #expect(try rig.engine.removeImage("mine/bb:2", at: rig.now, into: &rig.out) == [.untagged("mine/bb:2")])
    try rig.engine.remove(.id(id), at: rig.now, into: &rig.out)
    let removals = try rig.engine.removeImage("busybox", at: rig.now, into: &rig.out)
    #expect(removals.count == 4)
    #expect(
      removals.prefix(3) == [
        .untagged("busybox:latest"), .untagged("busybox@\(image.digest)"), .deleted("sha256:\(image.id)"),
      ])
    #expect(rig.engine.images.isEmpty)
  }

  @Test("pruning takes unnamed images, and with all those without containers") func prune() throws {
    var rig = Rig()
    try rig.create("nginx")
    try rig.pull("redis")
    #expect(rig.engine.pruneImages(all: false, at: rig.now, into: &rig.out).removals.isEmpty)
    let pruned = rig.engine.pruneImages(all: true, at: rig.now, into: &rig.out)
    #expect(pruned.removals.contains(.untagged("redis:latest")))
    #expect(pruned.reclaimed > 100_000_000)
    #expect(rig.engine.images.count == 1)
  }
}
