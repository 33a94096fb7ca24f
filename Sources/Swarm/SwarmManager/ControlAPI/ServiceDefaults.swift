import SimBase
import SwarmModel

extension Service {
  /// The service with every default of its spec filled in, as `docker service inspect` asks for it. Its previous spec
  /// stays as it was stored.
  ///
  /// Source: moby/swarmkit `api/defaults/service.go` (`InterpolateService`).
  var withDefaults: Service {
    var service = self
    var spec = self.spec.value
    if case .container(var container) = spec.task.runtime {
      container.stopGracePeriod = container.stopGracePeriod ?? .seconds(10)
      container.dns = container.dns ?? DNSConfig()
      spec.task.runtime = .container(container)
    }
    spec.task.resources = spec.task.resources ?? ResourceRequirements()
    spec.task.placement = spec.task.placement ?? Placement()
    var restart = spec.task.restart ?? RestartPolicy()
    restart.delay = restart.delay ?? .seconds(5)
    spec.task.restart = restart
    spec.update = UpdateConfig.withDefaults(spec.update)
    spec.rollback = UpdateConfig.withDefaults(spec.rollback)
    spec.endpoint = spec.endpoint ?? EndpointSpec()
    service.spec = Shared(spec)
    return service
  }
}

extension UpdateConfig {
  fileprivate static func withDefaults(_ config: UpdateConfig?) -> UpdateConfig {
    var config = config ?? UpdateConfig()
    config.monitor = config.monitor ?? .seconds(5)
    return config
  }
}
