import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

extension JSONWriter {
  /// A service as `GET /services/{id}` gives it. Source: moby/moby `daemon/cluster/convert/service.go`.
  mutating func service(_ report: ServiceReport) {
    let service = report.service.value
    object { writer in
      writer.head(service.id, service.meta)
      writer.object("Spec") { $0.serviceSpec(service.spec.value) }
      writer.ifPresent("PreviousSpec", service.previousSpec) { $0.serviceSpec($1.value) }
      writer.object("Endpoint") { $0.endpoint(service.endpoint) }
      writer.ifPresent("UpdateStatus", service.updateStatus) { $0.updateStatus($1) }
      writer.ifPresent("ServiceStatus", report.status) { writer, status in
        writer.field("RunningTasks", status.running)
        writer.field("DesiredTasks", status.desired)
        writer.field("CompletedTasks", status.completed)
      }
      writer.ifPresent("JobStatus", service.jobStatus) { writer, status in
        writer.version("JobIteration", status.iteration)
        writer.field("LastExecution", status.lastExecution)
      }
    }
  }

  private mutating func updateStatus(_ status: UpdateStatus) {
    if status.state != .unknown { field("State", status.state.word) }
    ifPresent("StartedAt", status.startedAt)
    ifPresent("CompletedAt", status.completedAt)
    unlessEmpty("Message", status.message)
  }

  /// The fields of a service's spec.
  mutating func serviceSpec(_ spec: ServiceSpec) {
    annotations(spec.annotations)
    object("TaskTemplate") { $0.taskSpec(spec.task, withRuntime: true) }
    object("Mode") { $0.mode(spec.mode) }
    ifPresent("UpdateConfig", spec.update) { $0.updateConfig($1) }
    ifPresent("RollbackConfig", spec.rollback) { $0.updateConfig($1) }
    networks(spec.networks)
    ifPresent("EndpointSpec", spec.endpoint) { $0.endpointSpec($1) }
  }

  private mutating func mode(_ mode: ServiceMode) {
    switch mode {
    case .replicated(let replicas): object("Replicated") { $0.field("Replicas", replicas) }
    case .global: object("Global") { _ in }
    case .replicatedJob(let maxConcurrent, let totalCompletions):
      object("ReplicatedJob") { writer in
        writer.field("MaxConcurrent", maxConcurrent)
        writer.field("TotalCompletions", totalCompletions)
      }
    case .globalJob: object("GlobalJob") { _ in }
    }
  }

  private mutating func updateConfig(_ config: UpdateConfig) {
    field("Parallelism", config.parallelism)
    unlessZero("Delay", config.delay)
    field("FailureAction", config.failureAction.word)
    ifPresent("Monitor", config.monitor)
    field("MaxFailureRatio", config.maxFailureRatio)
    field("Order", config.order.word)
  }

  private mutating func endpointSpec(_ spec: EndpointSpec) {
    field("Mode", spec.mode.word)
    unlessEmpty("Ports", spec.ports) { $0.port($1) }
  }

  /// How a service is reached. One that needs no addresses shows an empty spec, whatever its own says.
  private mutating func endpoint(_ endpoint: Endpoint?) {
    object("Spec") { writer in
      if let spec = endpoint?.spec { writer.endpointSpec(spec) }
    }
    unlessEmpty("Ports", endpoint?.ports ?? []) { $0.port($1) }
    unlessEmpty("VirtualIPs", endpoint?.virtualIPs ?? []) { writer, address in
      writer.field("NetworkID", address.network.description)
      writer.unlessEmpty("Addr", address.addr)
    }
  }

  /// The fields of a port.
  mutating func port(_ port: PortConfig) {
    unlessEmpty("Name", port.name)
    field("Protocol", port.protocol.word)
    unlessZero("TargetPort", UInt64(port.targetPort))
    unlessZero("PublishedPort", UInt64(port.publishedPort))
    field("PublishMode", port.mode.word)
  }
}
