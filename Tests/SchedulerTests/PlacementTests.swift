import LeaderRig
import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

/// Which of several good nodes is taken.
///
/// Source: moby/swarmkit `manager/scheduler/scheduler_test.go` (`TestHA`, `TestPreferences`, `TestMultiplePreferences`,
/// `TestSchedulerFaultyNode`).
@Suite struct PlacementTests {
  private static func spread(_ n: Int, over labels: String...) -> Service {
    service(n) {
      $0.task.placement = Placement()
      $0.task.placement?.preferences = labels
    }
  }

  @Test("tasks spread evenly over equal nodes") func even() {
    let web = service(1)
    let rig = Rig((1...3).map { .put(node($0)) } + [.put(web)] + (1...9).map { .put(task($0, of: web)) })
    #expect(rig.load(3) == [3, 3, 3])
  }

  @Test("nodes with fewer tasks of the service are filled up to the others first") func fillsUp() {
    let web = service(1)
    var changes: [StoreChange] = (1...4).map { .put(node($0)) } + [.put(web)]
    for (n, node) in [(101, 1), (102, 1), (103, 1), (104, 2), (105, 3)] {
      changes.append(.put(task(n, of: web, on: node)))
    }
    changes += (1...4).map { .put(task($0, of: web)) }
    #expect(Rig(changes).load(4) == [3, 2, 2, 2])
  }

  @Test("of nodes with as many tasks of the service, the one with fewer tasks in all is better") func tieBreak() {
    let (web, other) = (service(1), service(2))
    let changes: [StoreChange] = [
      .put(node(1)), .put(node(2)), .put(node(3)), .put(web), .put(other), .put(task(101, of: other, on: 1)),
      .put(task(102, of: web, on: 2)), .put(task(1, of: web)),
    ]
    #expect(Rig(changes).nodeOf(1) == 3)
  }

  @Test("a task to be shut down no longer counts for its node") func inactive() {
    let web = service(1)
    var leaving = task(101, of: web, on: 1)
    leaving.desiredState = .shutdown
    let rig = Rig([
      .put(node(1)), .put(node(2)), .put(web), .put(leaving), .put(task(102, of: web, on: 2)), .put(task(1, of: web)),
    ])
    #expect(rig.nodeOf(1) == 1)
  }

  @Test("nothing is moved when a node joins") func noRebalancing() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(web)] + (1...4).map { .put(task($0, of: web)) })
    rig.also([.put(node(2))])
    #expect(rig.load(2) == [4, 0])
    rig.also((5...6).map { .put(task($0, of: web)) })
    #expect(rig.load(2) == [4, 2])
  }

  @Test("resources decide whether a node is good enough, never which one is better") func noPacking() {
    let web = service(1) {
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    let rig = Rig(
      [.put(node(1, cpus: 2, memory: 0)), .put(node(2, cpus: 100, memory: 0)), .put(web)]
        + (1...6).map { .put(task($0, of: web)) })
    #expect(rig.load(2) == [2, 4])
  }

  // MARK: Spreading

  @Test("twelve tasks over three zones are four each, however many nodes a zone has") func zones() {
    let web = Self.spread(1, over: "node.labels.zone")
    let zones = ["a", "a", "a", "b", "b", "c"]
    let nodes = zones.enumerated().map { node($0.offset + 1, labels: ["zone": $0.element]) }
    let rig = Rig(nodes.map { .put($0) } + [.put(web)] + (1...12).map { .put(task($0, of: web)) })
    let load = rig.load(6)
    #expect([load[0...2], load[3...4], load[5...5]].map { $0.reduce(0, +) } == [4, 4, 4])
    #expect(load[0...2].sorted() == [1, 1, 2])
    #expect(load[3...4].sorted() == [2, 2])
  }

  @Test("nodes without the label form a zone of their own") func missingLabel() {
    let web = Self.spread(1, over: "node.labels.zone")
    let rig = Rig(
      [.put(node(1, labels: ["zone": "a"])), .put(node(2, labels: ["zone": ""])), .put(node(3)), .put(web)]
        + (1...6).map { .put(task($0, of: web)) })
    let load = rig.load(3)
    #expect(load[0] == 3)
    #expect(load[1] + load[2] == 3)
  }

  @Test("labels nest: racks are evened out within their zones") func nested() {
    let web = Self.spread(1, over: "node.labels.zone", "node.labels.rack")
    let places = [("a", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("b", "3")]
    let nodes = places.enumerated().map { node($0.offset + 1, labels: ["zone": $0.element.0, "rack": $0.element.1]) }
    let rig = Rig(nodes.map { .put($0) } + [.put(web)] + (1...12).map { .put(task($0, of: web)) })
    let load = rig.load(6)
    #expect(load[0] + load[1] == 3)
    #expect(Array(load[2...5]) == [3, 2, 2, 2])
  }

  @Test("what a zone has already is counted, on drained nodes too") func existing() {
    let web = Self.spread(1, over: "node.labels.zone")
    var changes: [StoreChange] = [
      .put(node(1, labels: ["zone": "a"])), .put(node(2, labels: ["zone": "b"])), .put(web),
      .put(
        node(3) {
          $0.spec.annotations.labels["zone"] = "a"
          $0.spec.availability = .drain
        }),
    ]
    changes += (101...104).map { .put(task($0, of: web, on: 3)) }
    changes += (1...6).map { .put(task($0, of: web)) }
    let rig = Rig(changes)
    #expect(rig.load(3) == [1, 5, 4])
  }

  @Test("a zone that is full leaves its share to the others") func full() {
    let web = service(1) {
      $0.task.placement = Placement()
      $0.task.placement?.preferences = ["node.labels.zone"]
      $0.task.resources = ResourceRequirements()
      $0.task.resources?.reservations = Resources()
      $0.task.resources?.reservations?.nanoCPUs = 1
    }
    let nodes = [("a", 1), ("b", 2), ("c", 9)].enumerated().map { index, zone in
      node(index + 1) {
        $0.spec.annotations.labels["zone"] = zone.0
        $0.description?.resources.nanoCPUs = Int64(zone.1)
      }
    }
    let rig = Rig(nodes.map { .put($0) } + [.put(web)] + (1...9).map { .put(task($0, of: web)) })
    #expect(rig.load(3) == [1, 2, 6])
  }

  @Test("engine labels spread too, the prefix in any case; other descriptors do nothing") func descriptors() {
    let web = Self.spread(1, over: "node.hostname", "Engine.Labels.Disk", "node.labels.")
    let nodes = ["ssd", "ssd", "hdd"].enumerated().map { index, disk in
      node(index + 1) { $0.description?.engineLabels["Disk"] = disk }
    }
    let rig = Rig(nodes.map { .put($0) } + [.put(web)] + (1...4).map { .put(task($0, of: web)) })
    #expect(rig.load(3) == [1, 1, 2])
  }

  // MARK: Failures

  @Test("a node where a service failed five times in five minutes comes after the others") func faulty() {
    let web = service(1)
    let other = service(2)
    var rig = Rig([.put(node(1)), .put(node(2)), .put(web), .put(other)])
    rig.also((201...203).map { .put(task($0, of: web, on: 2)) })
    for n in 101...104 {
      rig.commit([.put(task(n, of: web, on: 1))])
      rig.commit([rig.moved(n, to: n % 2 == 0 ? .failed : .rejected)])
    }
    rig.commit([.put(task(1, of: web))])
    rig.run(for: .seconds(1))
    #expect(rig.nodeOf(1) == 1, "four failures do not count")
    rig.commit([rig.moved(1, to: .failed)])
    rig.run(for: .seconds(1))
    rig.commit([.put(task(2, of: web)), .put(task(3, of: other)), .put(task(4, of: web) { $0.specVersion = 5 })])
    rig.run(for: .seconds(1))
    #expect(rig.nodeOf(2) == 2)
    #expect(rig.nodeOf(3) == 1, "another service is not concerned")
    #expect(rig.nodeOf(4) == 1, "another spec is not concerned")
    rig.run(for: .minutes(5))
    rig.also([.put(task(5, of: web))])
    #expect(rig.nodeOf(5) == 1, "after five minutes all is forgotten")
  }

  @Test("an orderly end is no failure, nor is one on a node that the scheduler did not choose") func notFaulty() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(node(2)), .put(web), .put(task(201, of: web, on: 2))])
    for n in 101...106 {
      rig.commit([.put(task(n, of: web, on: 1))])
      rig.commit([rig.moved(n, to: .shutdown)])
    }
    for n in 111...116 {
      rig.commit([.put(task(n, of: web) { $0.nodeID = nodeID(1) })])
      rig.run(for: .seconds(1))
      rig.commit([rig.moved(n, to: .failed)])
    }
    rig.commit([.put(task(1, of: web))])
    rig.run(for: .seconds(1))
    #expect(rig.nodeOf(1) == 1)
  }

  @Test("a faulty node is taken all the same if there is no other") func onlyFaulty() {
    let web = service(1)
    var rig = Rig([.put(node(1)), .put(web)])
    for n in 101...107 {
      rig.commit([.put(task(n, of: web, on: 1))])
      rig.commit([rig.moved(n, to: .failed)])
    }
    rig.commit([.put(task(1, of: web))])
    rig.run(for: .seconds(1))
    #expect(rig.nodeOf(1) == 1)
  }
}
