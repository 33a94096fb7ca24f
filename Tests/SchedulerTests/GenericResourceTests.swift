import LeaderRig
import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

private func named(_ kind: String, _ names: String...) -> [GenericResource] {
  names.map { .named(kind: kind, value: $0) }
}
private func discrete(_ kind: String, _ value: Int64) -> GenericResource { .discrete(kind: kind, value: value) }

/// Source: moby/swarmkit `api/genericresource/resource_management_test.go`, `validate_test.go`.
@Suite struct GenericResourceTests {
  @Test("a number suffices up to itself, names up to their count, a missing kind never") func suffices() {
    let free = [discrete("apple", 5)] + named("gpu", "one", "two")
    #expect([4, 5, 6].map { free.suffice(for: discrete("apple", $0)) } == [true, true, false])
    #expect([2, 3].map { free.suffice(for: discrete("gpu", $0)) } == [true, false])
    #expect(!free.suffice(for: discrete("pear", 0)))
    #expect(!free.suffice(for: .named(kind: "gpu", value: "one")))
  }

  @Test("a claim takes numbers, and the first free names; a kind used up goes") func claims() {
    var free = [discrete("apple", 3)] + named("gpu", "red", "blue", "green")
    #expect(
      free.claim([discrete("apple", 1), discrete("gpu", 2)]) == [discrete("apple", 1)] + named("gpu", "red", "blue"))
    #expect(free == [discrete("apple", 2)] + named("gpu", "green"))
    #expect(free.claim([discrete("apple", 2)]) == [discrete("apple", 2)])
    #expect(free == named("gpu", "green"))
  }

  @Test("a claim of which one kind is missing takes nothing at all") func claimsNothing() {
    var free = [discrete("apple", 3)]
    #expect(free.claim([discrete("apple", 1), discrete("pear", 1)]).isEmpty)
    #expect(free == [discrete("apple", 3)])
  }

  @Test("what is given back is there again, numbers added up, names at the end") func reclaims() {
    let all = [discrete("apple", 3)] + named("gpu", "red", "blue")
    var free = all
    let held = free.claim([discrete("apple", 3), discrete("gpu", 1)])
    free.reclaim(held, on: all)
    #expect(free == named("gpu", "blue") + [discrete("apple", 3)] + named("gpu", "red"))
  }

  @Test("what the node no longer has is not given back") func reclaimsLess() {
    var free = [discrete("apple", 4)]
    free.reclaim([discrete("apple", 2)], on: [discrete("apple", 5)])
    #expect(free == [discrete("apple", 5)])
    free = named("gpu", "red")
    free.reclaim(named("gpu", "blue"), on: named("gpu", "red", "green"))
    #expect(free == named("gpu", "red"))
    free = [discrete("apple", 1)]
    free.reclaim([], on: [])
    #expect(free.isEmpty)
  }

  @Test("a kind that changed from names to a number, or back, is reset") func reclaimsOtherType() {
    var free = named("gpu", "red", "blue")
    free.reclaim(named("gpu", "green"), on: [discrete("gpu", 4)])
    #expect(free == [discrete("gpu", 4)])
    free = [discrete("gpu", 4)]
    free.reclaim([], on: named("gpu", "red", "blue"))
    #expect(free == named("gpu", "red", "blue"))
  }

  @Test("a task keeps the names that it was given, and frees them when it ends") func tasks() {
    let web = service(1) {
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.generic = [discrete("gpu", 2)]
    }
    let gpus = node(1, cpus: 0, memory: 0, generic: named("gpu", "a", "b", "c", "d", "e"))
    var rig = Rig([.put(gpus), .put(web)] + (1...3).map { .put(task($0, of: web)) })
    #expect(rig.task(1)?.assignedGenericResources == named("gpu", "a", "b"))
    #expect(rig.task(2)?.assignedGenericResources == named("gpu", "c", "d"))
    #expect(rig.error(3) == "no suitable node (insufficient resources on 1 node)")
    rig.also([rig.moved(1, to: .failed)])
    #expect(rig.task(3)?.assignedGenericResources == named("gpu", "e", "a"))
  }
}
