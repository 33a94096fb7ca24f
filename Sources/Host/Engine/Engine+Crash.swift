import SimBase
import Workloads

extension Engine {
  /// What is on the machine's disk: what a crash leaves.
  public var onDisk: EngineDisk { disk }

  /// The engine's process dies, and the containers with it. Only the disk is left; `boot` finds it.
  public mutating func crash() { memory = EngineMemory() }

  /// What a container is said to have ended with whose end nobody saw.
  private static let lostExitCode: Int32 = 255

  /// The engine starts on what its disk holds. Containers that ran are found dead; restart policies then start theirs
  /// again.
  ///
  /// A swarm task's containers have no policy: the agent decides about them.
  ///
  /// Source: moby/moby `daemon/daemon.go` (`restore`).
  public mutating func boot(at now: Instant, into out: inout Outbox<EngineNotice>) {
    for (number, container) in disk.containers {
      let policy = container.host.value.restartPolicy
      let ran = container.state.isRunning
      disk.containers.update(number) { container in
        if ran {
          // One that waited for its restart had told its end already.
          if container.state.status != .restarting {
            container.state.exitCode = Engine.lostExitCode
            container.state.finishedAt = now
          }
          container.state.status = .exited
          container.state.pid = 0
        }
        container.leaveNetworks()
      }
      if container.host.value.autoRemove && ran {
        erase(number, withVolumes: true, at: now, into: &out)
        continue
      }
      let wasStarted = container.state.startedAt != nil
      let wants = policy.wantsRestart(
        after: ran ? Engine.lostExitCode : container.state.exitCode, restarts: container.state.restartCount)
      // `always` forgets that a user had stopped it; `unless-stopped` does not.
      let isLeftAlone = container.state.isStoppedByUser && policy.name != .always
      if wasStarted && wants && !isLeftAlone && (ran || policy.name != .onFailure) {
        memory.restarts[number] = RestartTimer(wait: .zero, due: now)
        reschedule(number)
      }
    }
    releaseAllAddresses()
  }

  /// The machine goes down in good order: every container is asked to stop. `.shutDown` follows, at once if none runs.
  ///
  /// Source: moby/moby `daemon/daemon.go` (`Shutdown`).
  public mutating func shutDown(at now: Instant, into out: inout Outbox<EngineNotice>) {
    memory.isShuttingDown = true
    for number in memory.restarts.keys { cancelRestart(number, at: now) }
    for number in memory.running.keys {
      // The stop signal was checked when the container was made.
      try? beginStop(number, timeout: nil, signal: nil, at: now, into: &out)
    }
    if memory.running.isEmpty { out.post(.shutDown) }
  }

  /// No container has a network at boot, so only gateways and addresses set aside are taken.
  private mutating func releaseAllAddresses() {
    for id in disk.networks.keys {
      disk.networks.update(id) { record in
        record.used = []
        if let gateway = record.gateway { _ = record.take(gateway) }
        for text in record.subnets.flatMap({ $0.auxiliary.values }) {
          if let address = IPv4Address(text) { _ = record.take(address) }
        }
      }
    }
  }
}
