import SimBase
import SimKernel
import SwarmModel
import SwarmStore
import Testing

@testable import Chaos
@testable import Checkers
@testable import Lab
@testable import SwarmManager
@testable import SwarmNode
@testable import SwarmWorker
@testable import World

/// Bugs that storms must find: a test reaches into the swarm between two steps and does what a broken component would do.
/// Each is found within a few seeds, and the law that is named is the one that the component breaks.
@Suite struct PlantedBugTests {
  /// A bug: which law it breaks, and how it does harm once.
  struct Bug: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let law: Law
    let harm: @Sendable (inout Storm, Harm) -> Void
  }

  /// What a bug knows of the storm: the leader, and its state.
  struct Harm {
    let leader: HostID
    let store: Store
  }

  static let bugs: [Bug] = [
    Bug(testDescription: "an orchestrator that makes a task in a slot that has one", law: .slots) { storm, harm in
      guard let web = harm.store.service(named: "web"), !harm.store.tasks(of: web.value.id).isEmpty else { return }
      storm.change(harm.leader) { $0.replicated.writes.append(.create(web, slot: 1, node: nil)) }
    },
    Bug(testDescription: "a scheduler that takes every node for what a constraint asks for", law: .placement) {
      storm, harm in
      for box in harm.store.nodes.values {
        var node = box.value
        node.role = .worker
        node.spec.annotations.labels["zone"] = "a"
        let believed = Shared(node)
        storm.change(harm.leader) { $0.scheduler.nodes.put(believed) }
      }
    },
    Bug(testDescription: "an allocator that forgets what it gave away", law: .addresses) { storm, harm in
      storm.change(harm.leader) { parts in
        var fresh = Allocator().networks
        for box in harm.store.networks.values {
          var network = box.value
          try? fresh.allocate(&network)
        }
        parts.allocator.networks = fresh
      }
    },
    Bug(testDescription: "a dispatcher that sends a secret to every node", law: .secrets) { storm, harm in
      for secret in harm.store.secrets.values {
        for host in storm.lab.world.hosts {
          storm.lab.world.sites[host].node.swarm?.agent?.secrets[secret.value.id] = secret
        }
      }
    },
    Bug(testDescription: "a reaper that deletes what runs", law: .taskMoves) { storm, harm in
      guard let task = harm.store.tasks.values.first(where: { $0.value.status.state == .running }) else { return }
      storm.change(harm.leader) { $0.reaper.doomed.insert(task.value.id) }
    },
    Bug(testDescription: "a reaper that keeps everything", law: .history) { storm, harm in
      storm.change(harm.leader) { $0.reaper.limit = 1_000 }
    },
    Bug(testDescription: "a follower that loses a task on its own", law: .storesAgree) { storm, harm in
      guard let task = harm.store.tasks.keys.last,
        let follower = storm.lab.world.hosts.first(where: { $0 != harm.leader && storm.lab.world[$0].isManager })
      else { return }
      _ = storm.lab.world.sites[follower].node.swarm?.manager?.value.store.apply(.removeTask(task))
    },
  ]

  @Test("a storm finds each planted bug within twenty seeds, and names its law", arguments: bugs)
  func found(bug: Bug) throws {
    for seed in UInt64(1)...20 {
      var storm = try Storm(StormPlan(seed: seed))
      let report = storm.run { storm in
        let world = storm.lab.world
        guard let leader = world.hosts.first(where: { world[$0].isLeading }), let store = world[leader].store else {
          return
        }
        bug.harm(&storm, Harm(leader: leader, store: store))
      }
      guard let first = report.violations.first else { continue }
      #expect(first.law == bug.law, "\(first)")
      #expect(report.findings.last?.contains("swarmlab chaos storm --seed \(seed)") == true)
      return
    }
    Issue.record("twenty storms did not find \(bug.testDescription)")
  }
}

extension Storm {
  /// Changes the parts that run the swarm at its leader.
  fileprivate mutating func change(_ leader: HostID, _ body: (inout LeaderParts) -> Void) {
    guard var parts = lab.world.sites[leader].node.swarm?.manager?.value.parts?.value else { return }
    body(&parts)
    lab.world.sites[leader].node.swarm?.manager?.value.parts?.value = parts
  }
}
