import SimBase
import Workloads

// What chaos may do to a container, beside what users can.

extension Engine {
  /// A container's process ends by itself with this code.
  public mutating func endProcess(
    of key: ContainerKey, code: Int32, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try running(key)
    forgetCommands(of: .main(number), into: &out)
    processEnded(number, code: code, at: now)
    reschedule(number)
  }

  /// The kernel kills a container's process for want of memory: 137, and its state says so.
  public mutating func runOutOfMemory(
    _ key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try running(key)
    noteOutOfMemory(number, at: now, into: &out)
    processEnded(number, code: Signal.kill.exitCode, at: now)
    reschedule(number)
  }

  /// A process in a container is killed for want of memory.
  mutating func noteOutOfMemory(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    disk.containers[existing: number].state.isOOMKilled = true
    post(EngineEvent("oom", container: disk.containers[existing: number], attributes: [], at: now), into: &out)
  }

  /// A container's process takes no more signals but SIGKILL, until it is started again.
  public mutating func hang(_ key: ContainerKey) throws(EngineError) {
    memory.running[existing: try running(key)].isHung = true
  }

  /// A container's probes find it healthy or not, whatever they find; nil lets them find what they find.
  public mutating func forceHealth(of key: ContainerKey, _ isHealthy: Bool?) throws(EngineError) {
    memory.running[existing: try running(key)].forcedHealth = isHealthy
  }

  private func running(_ key: ContainerKey) throws(EngineError) -> ContainerNumber {
    let number = try find(key)
    guard case .running? = memory.running[number]?.phase else {
      throw .notRunning(disk.containers[existing: number].id)
    }
    return number
  }
}
