import SimBase
import Workloads

extension Engine {
  /// Sends a container's first process what an attached person typed or a pipe brought.
  public mutating func sendInput(
    to key: ContainerKey, _ bytes: [UInt8], at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let config = disk.containers[existing: number].config.value
    guard config.openStdin else { return }
    if !hasBegun(number) {
      memory.earlyInput[number, default: EarlyInput()].bytes += bytes
      return
    }
    if !config.tty {
      step(.main(number), .bytes(bytes), at: now, into: &out)
      reschedule(number)
      return
    }
    for effect in memory.running[existing: number].terminal.type(bytes) {
      switch effect {
      case .echo(let shown): write(shown, to: .output, of: number, at: now, into: &out)
      case .input(let line): step(.main(number), .bytes(line), at: now, into: &out)
      case .endOfInput: step(.main(number), .endOfInput, at: now, into: &out)
      case .signal(let signal): step(.main(number), .signal(signal), at: now, into: &out)
      }
    }
    reschedule(number)
  }

  /// An attached client sends no more. The process's input ends if it was to be used once.
  public mutating func closeInput(
    of key: ContainerKey, at now: Instant, into out: inout Outbox<EngineNotice>
  ) throws(EngineError) {
    let number = try find(key)
    let config = disk.containers[existing: number].config.value
    if !config.openStdin || !config.stdinOnce || config.tty { return }
    if !hasBegun(number) {
      memory.earlyInput[number, default: EarlyInput()].hasEnded = true
      return
    }
    step(.main(number), .endOfInput, at: now, into: &out)
    reschedule(number)
  }

  /// Gives a process that begins what was sent before: a client attaches first, and need not wait for the start.
  mutating func takeEarlyInput(_ number: ContainerNumber, at now: Instant, into out: inout Outbox<EngineNotice>) {
    guard let early = memory.earlyInput.removeValue(number) else { return }
    let id = disk.containers[existing: number].id
    if !early.bytes.isEmpty { try? sendInput(to: .id(id), early.bytes, at: now, into: &out) }
    if early.hasEnded { try? closeInput(of: .id(id), at: now, into: &out) }
  }

  private func hasBegun(_ number: ContainerNumber) -> Bool {
    switch memory.running[number]?.phase {
    case .starting, nil: false
    case .running, .ending: true
    }
  }
}

/// What is sent to a container, or to a command in one, before its process begins.
struct EarlyInput: Sendable {
  var bytes: [UInt8] = []
  var hasEnded = false
}
