import SimBase
import Workloads

extension Engine {
  /// A container's process has ended: its networks are left, its policy is asked, everyone is told.
  ///
  /// Source: moby/moby `daemon/monitor.go` (`handleContainerExit`); the order of the events: a real 28.5.2 engine.
  mutating func finish(
    _ number: ContainerNumber, code: Int32, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    flushOutput(number, at: now, into: &out)
    guard let run = memory.running.removeValue(number) else { return }
    endExecs(of: number, at: now, into: &out)
    forgetCommands(of: .main(number), into: &out)
    forgetCommands(of: .probe(number), into: &out)
    leaveNetworks(number, at: now, into: &out)
    noteMounts("unmount", number, at: now, into: &out)
    let endedAt = run.endedAt ?? now
    let startedAt = disk.containers[existing: number].state.startedAt ?? endedAt
    let restarts = shouldRestart(number, code: code, run: run, ranFor: endedAt - startedAt)
    disk.containers.update(number) { container in
      container.state.status = restarts ? .restarting : .exited
      container.state.pid = 0
      container.state.exitCode = code
      container.state.finishedAt = endedAt
      if restarts { container.state.restartCount += 1 }
    }
    let container = disk.containers[existing: number]
    if run.isStopAsked { post(EngineEvent("stop", container: container, attributes: [], at: now), into: &out) }
    let span = String(max(0, (now - startedAt).seconds))
    post(
      EngineEvent(
        "die", container: container, attributes: [("execDuration", span), ("exitCode", String(code))], at: now),
      into: &out)
    out.post(.died(container.id, exitCode: code))
    if run.isStopAsked { out.post(.stopped(container.id)) }
    if restarts {
      var timer = memory.restarts[number] ?? RestartTimer()
      timer.due = now + timer.nextWait(afterRunOf: endedAt - startedAt)
      memory.restarts[number] = timer
    }
    reschedule(number)
    settle(number, after: run, at: now, into: &out)
  }

  /// What was asked to follow the end: removal, or a start.
  private mutating func settle(
    _ number: ContainerNumber, after run: RunningContainer, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    let container = disk.containers[existing: number]
    if let removal = run.removal {
      erase(number, withVolumes: removal.withVolumes, at: now, into: &out)
    } else if run.restartsAfter {
      memory.restarts[number] = nil
      disk.containers[existing: number].state.isStoppedByUser = false
      do {
        try begin(number, at: now, into: &out)
        memory.running[existing: number].isRestart = true
      } catch { out.post(.startFailed(container.id, error)) }
    } else if container.host.value.autoRemove && container.state.status != .restarting {
      erase(number, withVolumes: true, at: now, into: &out)
    }
    if memory.isShuttingDown && memory.running.isEmpty { out.post(.shutDown) }
  }

  /// Source: moby/moby `daemon/internal/restartmanager/restartmanager.go` (`ShouldRestart`).
  private func shouldRestart(
    _ number: ContainerNumber, code: Int32, run: RunningContainer, ranFor span: Duration
  ) -> Bool {
    let container = disk.containers[existing: number]
    if memory.isShuttingDown || run.removal != nil || run.restartsAfter || container.state.isStoppedByUser {
      return false
    }
    return container.host.value.restartPolicy.wantsRestart(after: code, restarts: container.state.restartCount)
  }

  /// The policy's wait is over.
  mutating func startAgain(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    do { try begin(number, at: now, into: &out) } catch {
      memory.restarts[number] = nil
      disk.containers[existing: number].state.status = .exited
      out.post(.startFailed(disk.containers[existing: number].id, error))
    }
    reschedule(number)
  }

  /// A container goes from the disk, and its anonymous volumes if asked.
  mutating func erase(
    _ number: ContainerNumber, withVolumes: Bool, at now: Instant, into out: inout Outbox<EngineNotice>
  ) {
    memory.deadlines.cancel(.container(number))
    memory.restarts[number] = nil
    memory.watches[number] = nil
    memory.seenMounts[number] = nil
    memory.handedFiles[number] = nil
    memory.buildSteps[number] = nil
    guard let container = disk.remove(number) else { return }
    if withVolumes {
      for mount in container.mounts where mount.kind == .volume && disk.volumes[mount.source]?.isAnonymous ?? false {
        try? removeVolume(mount.source, at: now, into: &out)
      }
    }
    post(EngineEvent("destroy", container: container, attributes: [], at: now), into: &out)
    out.post(.removed(container.id))
  }
}

extension RestartPolicy {
  /// Whether the policy starts a container again that nobody stopped.
  func wantsRestart(after code: Int32, restarts: Int) -> Bool {
    switch name {
    case .no: false
    case .always, .unlessStopped: true
    case .onFailure: code != 0 && (maximumRetryCount == 0 || restarts < maximumRetryCount)
    }
  }
}
