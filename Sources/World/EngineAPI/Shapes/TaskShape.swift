import EngineTypes
import SimBase
import SwarmModel

extension JSONWriter {
  /// A task as `GET /tasks/{id}` gives it. Source: moby/moby `daemon/cluster/convert/task.go`.
  mutating func task(_ task: SwarmTask) {
    object { writer in
      writer.head(task.id, task.meta)
      writer.field("Labels", Labels())
      writer.object("Spec") { $0.taskSpec(task.spec, withRuntime: false) }
      if let service = task.serviceID { writer.field("ServiceID", service.description) }
      writer.unlessZero("Slot", task.slot)
      if let node = task.nodeID { writer.field("NodeID", node.description) }
      writer.object("Status") { $0.taskStatus(task.status) }
      writer.field("DesiredState", task.desiredState.word)
      writer.unlessEmpty("NetworksAttachments", task.networks) { writer, attachment in
        writer.object("Network") { $0.swarmNetwork(attachment.network.value) }
        writer.unlessEmpty("Addresses", attachment.addresses)
      }
      writer.genericResources(task.assignedGenericResources)
      if let iteration = task.jobIteration { writer.version("JobIteration", iteration) }
      writer.null("Volumes")
    }
  }

  private mutating func taskStatus(_ status: TaskStatus) {
    field("Timestamp", status.timestamp)
    field("State", status.state.word)
    unlessEmpty("Message", status.message)
    unlessEmpty("Err", status.error)
    ifPresent("ContainerStatus", status.container) { writer, container in
      writer.field("ContainerID", container.containerID)
      writer.field("PID", container.pid)
      writer.field("ExitCode", container.exitCode)
    }
    object("PortStatus") { $0.unlessEmpty("Ports", status.hostPorts) { $0.port($1) } }
  }

  /// The fields of a task's spec; services name the runtime in it, tasks of containers do not.
  mutating func taskSpec(_ spec: TaskSpec, withRuntime: Bool) {
    switch spec.runtime {
    case .container(let container): object("ContainerSpec") { $0.containerSpec(container) }
    case .attachment(let container): object("NetworkAttachmentSpec") { $0.field("ContainerID", container) }
    }
    ifPresent("Resources", spec.resources) { writer, resources in
      writer.ifPresent("Limits", resources.limits) { $0.resources($1) }
      writer.ifPresent("Reservations", resources.reservations) { $0.resources($1) }
    }
    ifPresent("RestartPolicy", spec.restart) { writer, policy in
      writer.field("Condition", policy.condition.word)
      writer.ifPresent("Delay", policy.delay)
      writer.field("MaxAttempts", policy.maxAttempts ?? 0)
      writer.ifPresent("Window", policy.window)
    }
    ifPresent("Placement", spec.placement) { $0.placement($1) }
    networks(spec.networks)
    ifPresent("LogDriver", spec.logDriver) { $0.driver($1) }
    field("ForceUpdate", spec.forceUpdate)
    switch spec.runtime {
    case .container: if withRuntime { field("Runtime", "container") }
    case .attachment: field("Runtime", "attachment")
    }
  }

  /// The networks that are asked for.
  mutating func networks(_ networks: [NetworkAttachmentConfig]) {
    unlessEmpty("Networks", networks) { writer, network in
      writer.unlessEmpty("Target", network.target)
      writer.unlessEmpty("Aliases", network.aliases)
      writer.unlessEmpty("DriverOpts", network.driverOptions)
    }
  }

  private mutating func placement(_ placement: Placement) {
    unlessEmpty("Constraints", placement.constraints)
    unlessEmpty("Preferences", placement.preferences) { writer, descriptor in
      writer.object("Spread") { $0.field("SpreadDescriptor", descriptor) }
    }
    unlessZero("MaxReplicas", placement.maxReplicas)
    unlessEmpty("Platforms", placement.platforms) { writer, platform in
      writer.unlessEmpty("Architecture", platform.architecture)
      writer.unlessEmpty("OS", platform.os)
    }
  }
}
