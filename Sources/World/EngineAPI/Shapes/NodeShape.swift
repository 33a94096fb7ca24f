import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

extension JSONWriter {
  /// A node as `GET /nodes/{id}` gives it. Source: moby/moby `daemon/cluster/convert/node.go`.
  mutating func node(_ report: NodeReport) {
    let node = report.node.value
    object { writer in
      writer.head(node.id, node.meta)
      writer.object("Spec") { writer in
        writer.annotations(node.spec.annotations)
        writer.field("Role", node.spec.desiredRole.word)
        writer.field("Availability", node.spec.availability.word)
      }
      writer.object("Description") { $0.nodeDescription(node.description ?? NodeDescription()) }
      writer.object("Status") { writer in
        writer.field("State", node.status.state.word)
        writer.unlessEmpty("Message", node.status.message)
        writer.unlessEmpty("Addr", node.status.addr)
      }
      writer.ifPresent("ManagerStatus", report.manager) { writer, manager in
        writer.ifTrue("Leader", manager.isLeader)
        writer.field("Reachability", manager.isReachable ? "reachable" : "unreachable")
        writer.unlessEmpty("Addr", manager.address)
      }
    }
  }

  private mutating func nodeDescription(_ description: NodeDescription) {
    unlessEmpty("Hostname", description.hostname)
    object("Platform") { writer in
      writer.unlessEmpty("Architecture", description.architecture)
      writer.unlessEmpty("OS", description.os)
    }
    object("Resources") { $0.resources(description.resources) }
    object("Engine") { writer in
      writer.unlessEmpty("EngineVersion", description.engineVersion)
      writer.unlessEmpty("Labels", description.engineLabels)
      writer.unlessEmpty("Plugins", description.plugins) { writer, plugin in
        writer.unlessEmpty("Type", plugin.type)
        writer.unlessEmpty("Name", plugin.name)
      }
    }
    object("TLSInfo") { $0.trust(description.trust) }
  }

  /// Which certificate authority issued.
  mutating func trust(_ trust: TrustInfo) {
    unlessEmpty("TrustRoot", trust.trustRoot)
    unlessEmpty("CertIssuerSubject", Base64.text(trust.issuerSubject))
    unlessEmpty("CertIssuerPublicKey", Base64.text(trust.issuerPublicKey))
  }

  /// Amounts of processors, memory and other things.
  mutating func resources(_ resources: Resources) {
    unlessZero("NanoCPUs", resources.nanoCPUs)
    unlessZero("MemoryBytes", resources.memoryBytes)
    unlessZero("Pids", resources.pids)
    genericResources(resources.generic)
  }

  /// Generic resources, unless there are none.
  mutating func genericResources(_ resources: [GenericResource]) {
    unlessEmpty("GenericResources", resources) { writer, resource in
      switch resource {
      case .discrete(let kind, let value):
        writer.object("DiscreteResourceSpec") { writer in
          writer.unlessEmpty("Kind", kind)
          writer.unlessZero("Value", value)
        }
      case .named(let kind, let value):
        writer.object("NamedResourceSpec") { writer in
          writer.unlessEmpty("Kind", kind)
          writer.unlessEmpty("Value", value)
        }
      }
    }
  }
}
