import SimBase
import SwarmModel
import Testing

@testable import SwarmManager

@Suite("Which changes replace a task")
struct DirtyTestTests {
  /// A task in this state, and its service after the change.
  private func pair(
    state: TaskState = .running, _ change: (inout ServiceSpec) -> Void
  ) -> (task: SwarmTask, service: Service) {
    var spec = ServiceSpec()
    spec.annotations.name = "web"
    spec.setImage("v1")
    var service = Service()
    service.spec = Shared(spec)
    var dice = Dice(seed: 1, label: "dirty")
    var task = newTask(for: service, slot: 1, cluster: nil, at: .zero, dice: &dice)
    task.status.state = state
    change(&spec)
    service.spec = Shared(spec)
    service.specVersion = 9
    return (task, service)
  }

  private func replaces(_ change: (inout ServiceSpec) -> Void) -> Bool {
    let (task, service) = pair(change)
    return isDirty(task, of: service, on: Node())
  }

  @Test("labels, replicas and update settings replace nothing")
  func clean() {
    #expect(!replaces { _ in })
    #expect(!replaces { $0.annotations.labels["a"] = "b" })
    #expect(!replaces { $0.mode = .replicated(replicas: 9) })
    #expect(!replaces { $0.setUpdate { $0.parallelism = 3 } })
    #expect(!replaces { $0.rollback = UpdateConfig() })
  }

  @Test("what runs, how it is reached, and a forced update replace")
  func dirty() {
    #expect(replaces { $0.setImage("v2") })
    #expect(replaces { $0.task.forceUpdate = 1 })
    #expect(replaces { $0.setRestart { $0.condition = .none } })
    #expect(replaces { $0.task.logDriver = Driver(name: "none") })
    #expect(replaces { $0.task.resources = ResourceRequirements() })
    #expect(
      replaces {
        var network = NetworkAttachmentConfig()
        network.target = "net"
        $0.task.networks = [network]
      })
    #expect(
      replaces {
        var endpoint = EndpointSpec()
        endpoint.ports = [PortConfig()]
        $0.endpoint = endpoint
      })
    #expect(
      replaces {
        var endpoint = EndpointSpec()
        endpoint.mode = .dnsrr
        $0.endpoint = endpoint
      })
  }

  @Test("a task of the same spec version is clean, whatever it says")
  func sameVersion() {
    var (task, service) = pair { $0.setImage("v2") }
    service.specVersion = 0
    #expect(!isDirty(task, of: service, on: Node()))
    task.specVersion = nil
    #expect(isDirty(task, of: service, on: Node()))
  }

  @Test("placement alone replaces only where the node does not meet it")
  func placement() {
    let (task, service) = pair { $0.constrain("node.labels.disk==ssd") }
    var fit = Node()
    fit.spec.annotations.labels["disk"] = "ssd"
    #expect(!isDirty(task, of: service, on: fit))
    #expect(isDirty(task, of: service, on: Node()))
    #expect(isDirty(task, of: service, on: nil))
    let (other, changed) = pair {
      $0.constrain("node.labels.disk==ssd")
      $0.setImage("v2")
    }
    #expect(isDirty(other, of: changed, on: fit))
  }

  @Test("other credentials replace a task only while it has no image, or is not meant to run")
  func credentials() {
    let change: (inout ServiceSpec) -> Void = {
      var container = $0.task.container ?? ContainerSpec()
      container.registryAuth = "new"
      $0.task.runtime = .container(container)
    }
    for (state, expected) in [
      (TaskState.new, true), (.pending, true), (.assigned, true), (.preparing, true), (.ready, false),
      (.starting, false), (.running, false), (.complete, true), (.failed, true),
    ] {
      var (task, service) = pair(state: state, change)
      #expect(isDirty(task, of: service, on: Node()) == expected, "\(state)")
      task.desiredState = .shutdown
      #expect(isDirty(task, of: service, on: Node()), "\(state), desired to shut down")
    }
  }
}
