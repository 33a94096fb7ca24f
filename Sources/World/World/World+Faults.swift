import EngineAPI
import EngineTypes
import SimBase
import SimKernel
import SwarmNode

/// Breaking things, and mending them.
extension World {
  /// What a fault has done so far, in words, and whether that is anything at all.
  public func effect(of fault: ActiveFault) -> (text: String, isAny: Bool) {
    switch fault.fault {
    case .kill, .powerCut, .wipe: return ("down for \((now - fault.since).seconds) s", true)
    case .freeze(let host):
      let waiting = sites[host].stash.count
      return ("\(waiting) things wait", waiting > 0)
    case .cut, .block, .partition, .blockPort:
      let stopped = network.stopped(at: fault.fault.hosts) - fault.stoppedBefore
      return ("\(stopped) messages were held up", stopped > 0)
    case .slow(_, let delay): return ("all takes \(delay) longer each way", true)
    case .lossy:
      let lost = network.lost(at: fault.fault.hosts) - fault.lostBefore
      return ("\(lost) messages were lost and sent again", lost > 0)
    case .restart, .thaw, .heal, .unblock, .unblockPort, .mend: return ("", false)
    }
  }

  /// Whether what this fault is to break is broken already. To mend what is whole is not moot: it is as one wished.
  public func isMoot(_ fault: Fault) -> Bool {
    switch fault {
    case .kill(let host), .powerCut(let host): !sites[host].node.isUp
    case .freeze(let host): !sites[host].node.isUp || sites[host].isFrozen
    case .cut, .block, .partition, .blockPort, .slow, .lossy: faults.contains(fault)
    case .wipe, .restart, .thaw, .heal, .unblock, .unblockPort, .mend: false
    }
  }

  mutating func befall(_ fault: Fault, for span: Duration?) {
    switch fault {
    case .kill(let host): if crash(host, losingPower: false) { begin(fault, for: span) }
    case .powerCut(let host): if crash(host, losingPower: true) { begin(fault, for: span) }
    case .wipe(let host):
      // A machine that is down already can lose its disk, too.
      let isNew = crash(host, losingPower: false)
      touch(host, cause: 0) { site, _, _, _ in site.node.wipe() }
      if isNew { begin(fault, for: span) }
    case .restart(let host):
      _ = faults.remove { [.kill(host), .powerCut(host), .wipe(host)].contains($0.fault) }
      boot(host)
    case .freeze(let host):
      if !sites[host].node.isUp || sites[host].isFrozen { return }
      sites[host].isFrozen = true
      begin(fault, for: span)
    case .thaw(let host):
      _ = faults.remove { $0.fault == .freeze(host) }
      thaw(host)
    case .cut, .block, .partition, .blockPort, .slow, .lossy:
      if !faults.contains(fault) { begin(fault, for: span) }
    case .heal(let host): mend { $0.fault == .cut(host) }
    case .unblock(let a, let b): mend { $0.fault == .block(a, b) || $0.fault == .block(b, a) }
    case .unblockPort(let host, let port): mend { $0.fault == .blockPort(host, port) }
    case .mend(let id): mend { $0.id == id }
    }
    scheduleNetwork(cause: 0)
  }

  /// A lasting fault's time is over, unless it was mended before.
  mutating func faultEnds(_ id: FaultID) {
    mend { $0.id == id }
    scheduleNetwork(cause: 0)
  }

  private mutating func begin(_ fault: Fault, for span: Duration?) {
    let until = span.map { now + $0 }
    let id = faults.add(
      fault, since: now, until: until, stoppedBefore: network.stopped(at: fault.hosts),
      lostBefore: network.lost(at: fault.hosts))
    if let until { queue.schedule(.faultEnds(id), at: until, causedBy: 0) }
    layCables(of: fault)
  }

  private mutating func mend(_ isMeant: (ActiveFault) -> Bool) {
    for ended in faults.remove(where: isMeant) {
      switch ended.fault {
      case .kill(let host), .powerCut(let host), .wipe(let host): boot(host)
      case .freeze(let host): thaw(host)
      default: layCables(of: ended.fault)
      }
    }
  }

  /// Brings the network to what all lasting faults together make of it, where this one matters.
  private mutating func layCables(of fault: Fault) {
    switch fault {
    case .cut(let host):
      if faults.contains(fault) { network.cut(host) } else { network.heal(host, at: now) }
    case .block(let a, let b): layCable(a, b)
    case .partition(let some, let others): for a in some { for b in others where a != b { layCable(a, b) } }
    case .blockPort(let host, let port):
      if faults.contains(fault) {
        network.blockPort(port, of: host)
      } else {
        network.unblockPort(port, of: host, at: now)
      }
    case .slow(let host, _), .lossy(let host, _): layBadCable(of: host)
    case .kill, .powerCut, .restart, .freeze, .thaw, .heal, .unblock, .unblockPort, .wipe, .mend: break
    }
  }

  /// Of several such faults on one cable the worst of each kind counts.
  private mutating func layBadCable(of host: HostID) {
    var (slowness, loss) = (Duration.zero, 0)
    for active in faults.active {
      switch active.fault {
      case .slow(host, let delay): slowness = max(slowness, delay)
      case .lossy(host, let percent): loss = max(loss, percent)
      default: break
      }
    }
    network.spoilCable(of: host, by: slowness, lossPercent: loss)
  }

  private mutating func layCable(_ a: HostID, _ b: HostID) {
    let isBroken = faults.active.contains { $0.fault.separates(a, b) }
    if isBroken == network.isBlocked(a, b) { return }
    if isBroken { network.block(a, b) } else { network.unblock(a, b, at: now) }
  }

  // MARK: Nodes

  private mutating func boot(_ host: HostID) {
    touch(host, cause: 0) { site, network, now, _ in
      site.boot += 1
      site.node.boot(at: now, network: &network)
    }
  }

  private mutating func crash(_ host: HostID, losingPower: Bool) -> Bool {
    if !sites[host].node.isUp { return false }
    _ = faults.remove { $0.fault == .freeze(host) }
    sites[host].isFrozen = false
    sites[host].stash = []
    sites[host].boot += 1
    sites[host].service = EngineService()
    touch(host, cause: 0) { site, network, now, _ in
      site.node.crash(losingPower: losingPower, at: now, network: &network)
    }
    closeRequests(at: host)
    return true
  }

  /// The node's processes go on: first with what came while they stood still, in its order, then with what became due.
  private mutating func thaw(_ host: HostID) {
    if !sites[host].isFrozen { return }
    sites[host].isFrozen = false
    let stash = sites[host].stash
    sites[host].stash = []
    for waiting in stash {
      switch waiting {
      case .notice(let notice): tell(host, notice, cause: 0)
      case .synced(let records, let boot): synced(host, records: records, boot: boot, cause: 0)
      case .input(let input): perform(input)
      }
    }
    touch(host, cause: 0) { site, network, now, out in
      site.node.wake(at: now, network: &network)
      site.service.wake(on: &site.node, at: now, network: &network, into: &out)
    }
  }
}
