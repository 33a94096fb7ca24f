import Raft
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmStore

/// Whose call it is when it came over a connection: its caller numbers its calls.
struct RemoteCall: Comparable, Sendable {
  var connection: ConnectionID
  var number: UInt64

  /// By connection, so that the calls of one lie side by side.
  static func < (a: RemoteCall, b: RemoteCall) -> Bool { (a.connection, a.number) < (b.connection, b.number) }
}

/// A call under way at a manager.
struct PendingCall: Sendable {
  /// Where its answers go.
  enum Origin: Sendable {
    case remote(RemoteCall)
    case local(LocalCall)
  }

  var origin: Origin
  var call: Call
  var caller: Caller
  /// When its caller gives up; it matters only while the call waits for a leader.
  var deadline: Instant
  /// The connection to the leader and the number there, once it was passed on.
  var forwardedAs: (connection: ConnectionID, number: UInt64)?
}

/// Serving calls where this manager leads, and passing them on where it does not.
///
/// Source: moby/swarmkit `protobuf/plugin/raftproxy/raftproxy.go`, `manager/state/raft/raft.go` (`LeaderConn`).
extension Manager {
  static let leaderPollInterval = Duration.seconds(1)
  static let engineTimeout = Duration.seconds(20)
  static let agentTimeout = Duration.seconds(5)

  /// A call of this node's own engine, agent or renewer.
  public mutating func serveLocal(
    _ call: Call, from caller: Caller, as local: LocalCall, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    serve(call, from: caller, origin: .local(local), at: now, dice: &dice, into: &out)
  }

  /// Something has come on a connection that another node made to this manager.
  public mutating func received(
    _ wire: Wire, on connection: ConnectionID, from ip: String, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    if isRemoved { return }
    switch wire {
    case .raft(let message): receive(message, on: connection, at: now, dice: &dice, into: &out)
    case .removedFromRaft: leaveRaft(into: &out)
    case .call(let number, let call, var caller):
      if !caller.isForwarded { caller.ip = ip }
      let origin = PendingCall.Origin.remote(RemoteCall(connection: connection, number: number))
      serve(call, from: caller, origin: origin, at: now, dice: &dice, into: &out)
    case .reply(let number, let reply): relay(reply, number, into: &out)
    case .cancel(let number):
      if let ref = remoteCalls[RemoteCall(connection: connection, number: number)] { cancel(ref, into: &out) }
    }
    turn(at: now, dice: &dice, into: &out)
  }

  /// A connection that another node made to this manager is gone.
  public mutating func callerLost(_ connection: ConnectionID, into out: inout Outbox<ManagerOrder>) {
    for (member, known) in strangers where known == connection { strangers[member] = nil }
    let first = RemoteCall(connection: connection, number: 0)
    let lost = remoteCalls.from(first).prefix { $0.key.connection == connection }
    for (_, ref) in lost { cancel(ref, into: &out) }
  }

  /// A local caller has given its call up.
  public mutating func cancelLocal(_ local: LocalCall, into out: inout Outbox<ManagerOrder>) {
    for (ref, call) in calls {
      if case .local(let known) = call.origin, known == local { cancel(ref, into: &out) }
    }
  }

  private mutating func serve(
    _ call: Call, from caller: Caller, origin: PendingCall.Origin, at now: Instant, dice: inout Dice,
    into out: inout Outbox<ManagerOrder>
  ) {
    lastNumber += 1
    let ref = CallRef(lastNumber)
    let patience =
      switch call {
      case .control, .logs: Manager.engineTimeout
      case .dispatcher, .ca, .join: Manager.agentTimeout
      }
    calls[ref] = PendingCall(origin: origin, call: call, caller: caller, deadline: now + patience)
    if case .remote(let remote) = origin { remoteCalls[remote] = ref }
    dispatch(ref, at: now, dice: &dice, into: &out)
    turn(at: now, dice: &dice, into: &out)
  }

  /// Serves a call here, passes it on, lets it wait, or refuses it.
  ///
  /// Whether a quorum is lost is asked once: who waits already does so to its own deadline.
  private mutating func dispatch(
    _ ref: CallRef, isWaiting: Bool = false, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    guard let pending = calls[ref] else { return }
    if parts != nil {
      serveHere(ref, pending, at: now, dice: &dice, into: &out)
      return
    }
    if pending.caller.isForwarded {
      let text = "more than one redirect to leader from: [\(pending.caller.ip)]"
      answer(ref, .refused(ControlError(.resourceExhausted, text)), into: &out)
      return
    }
    if let leader = raft.status.leader, let connection = peers[leader]?.openConnection {
      lastNumber += 1
      forwards[lastNumber] = ref
      calls.update(ref) { $0.forwardedAs = (connection, lastNumber) }
      if case .control = pending.call { forwardDeadline = earliest(forwardDeadline, pending.deadline) }
      var caller = pending.caller
      caller.isForwarded = true
      out.post(.send(connection, .call(lastNumber, pending.call, caller)))
      return
    }
    if let leader = raft.status.leader { dialIfNeeded(leader, at: now, into: &out) }
    if raft.hasLostQuorum && !isWaiting {
      answer(ref, .refused(.noLeader), into: &out)
      return
    }
    waitingForLeader.append(ref)
    if leaderPoll == nil { leaderPoll = now + Manager.leaderPollInterval }
  }

  private mutating func serveHere(
    _ ref: CallRef, _ pending: PendingCall, at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>
  ) {
    if let node = pending.caller.node, store.cluster?.value.blacklist.contains(where: { $0.node == node }) == true {
      let text = "Permission denied: node \(node) was removed from swarm"
      answer(ref, .refused(ControlError(.permissionDenied, text)), into: &out)
      return
    }
    switch pending.call {
    case .dispatcher(let call):
      guard let node = pending.caller.node else {
        let text = "Permission denied: no peer info"
        answer(ref, .refused(ControlError(.permissionDenied, text)), into: &out)
        return
      }
      if serveLogs(call, from: node, ref: ref, into: &out) { break }
      parts?.value.dispatcher.serve(
        call, from: node, addr: pending.caller.ip, ref: ref, in: store, at: now, dice: &dice)
    case .ca(let call): parts?.value.ca.serve(call, ref: ref, in: store)
    case .logs(let selector): parts?.value.logs.subscribe(selector, ref: ref, in: store)
    case .join(let node, let addr): startJoin(ref, node: node, addr: addr, at: now, dice: &dice, into: &out)
    case .control(let request):
      let view = view
      parts?.value.control.submit(ControlCallID(ref.number), request, raft: view, in: store, dice: &dice)
    }
    flushParts(at: now, dice: &dice, into: &out)
  }

  /// Serves an agent's call to the log broker; false if it is another call.
  private mutating func serveLogs(
    _ call: DispatcherCall, from node: NodeID, ref: CallRef, into out: inout Outbox<ManagerOrder>
  ) -> Bool {
    let session: SessionID
    switch call {
    case .listen(let id), .publish(let id, _, _, _): session = id
    case .session, .heartbeat, .assignments, .updateStatus: return false
    }
    if parts?.value.dispatcher.isValid(session, of: node) != true {
      answer(ref, .dispatcher(.refused(.sessionInvalid)), into: &out)
      return true
    }
    if case .publish(_, let subscription, let lines, let isDone) = call {
      parts?.value.logs.publish(lines, isDone: isDone, for: subscription, from: node)
      answer(ref, .dispatcher(.taken), into: &out)
    } else {
      parts?.value.logs.listen(node, ref: ref)
    }
    return true
  }

  /// Tries again what waits for a leader, and gives up what has waited for too long.
  mutating func retryWaiting(at now: Instant, dice: inout Dice, into out: inout Outbox<ManagerOrder>) {
    let waiting = waitingForLeader
    waitingForLeader = []
    leaderPoll = nil
    for ref in waiting {
      guard let call = calls[ref] else { continue }
      if call.deadline <= now {
        answer(ref, .refused(ControlError(.deadlineExceeded, "context deadline exceeded")), into: &out)
      } else {
        dispatch(ref, isWaiting: true, at: now, dice: &dice, into: &out)
      }
    }
  }

  /// Gives up users' requests that were passed on to a leader who has not answered.
  mutating func expireForwards(at now: Instant, into out: inout Outbox<ManagerOrder>) {
    forwardDeadline = nil
    for (ref, call) in calls {
      guard case .control = call.call, let (connection, number) = call.forwardedAs else { continue }
      if call.deadline > now {
        forwardDeadline = earliest(forwardDeadline, call.deadline)
        continue
      }
      out.post(.send(connection, .cancel(number)))
      answer(ref, .refused(ControlError(.deadlineExceeded, "context deadline exceeded")), into: &out)
    }
  }

  /// Sends an answer where the call came from.
  mutating func answer(_ ref: CallRef, _ reply: Reply, into out: inout Outbox<ManagerOrder>) {
    guard let pending = calls[ref] else { return }
    switch pending.origin {
    case .remote(let remote):
      out.post(.send(remote.connection, .reply(remote.number, reply)))
      if reply.isLast { remoteCalls[remote] = nil }
    case .local(let local): out.post(.answer(local, reply))
    }
    if reply.isLast {
      calls[ref] = nil
      if let number = pending.forwardedAs?.number { forwards[number] = nil }
    }
  }

  private mutating func relay(_ reply: Reply, _ number: UInt64, into out: inout Outbox<ManagerOrder>) {
    if let ref = forwards[number] { answer(ref, reply, into: &out) }
  }

  private mutating func cancel(_ ref: CallRef, into out: inout Outbox<ManagerOrder>) {
    guard let pending = calls.removeValue(ref) else { return }
    waitingForLeader.removeAll { $0 == ref }
    if case .remote(let remote) = pending.origin { remoteCalls[remote] = nil }
    if let (connection, number) = pending.forwardedAs {
      forwards[number] = nil
      out.post(.send(connection, .cancel(number)))
    } else if parts != nil {
      switch pending.call {
      case .dispatcher(.listen), .logs: parts?.value.logs.hangUp(ref)
      case .dispatcher: parts?.value.dispatcher.hangUp(ref)
      case .ca: parts?.value.ca.hangUp(ref)
      case .join, .control: break
      }
    }
  }

  /// The connection to the leader is gone: what was passed on over it fails.
  mutating func failForwards(over connection: ConnectionID, into out: inout Outbox<ManagerOrder>) {
    for (ref, call) in calls where call.forwardedAs?.connection == connection {
      answer(ref, .refused(ControlError(.unavailable, "connection error: desc = \"transport is closing\"")), into: &out)
    }
  }
}

extension Call {
  /// What a caller hears whose call was under way when its leader stopped leading.
  var refusalOnLostLeadership: ControlError {
    switch self {
    case .dispatcher: ControlError(.aborted, "node must disconnect")
    case .ca: ControlError(.aborted, "CA signer is stopped")
    case .join, .control, .logs: .plain("raft: failed to process the request: node lost leader status")
    }
  }
}

extension ControlError {
  /// No leader has been heard of for more than ten ticks.
  public static let noLeader = ControlError.plain(
    "The swarm does not have a leader. It's possible that too few managers are online. "
      + "Make sure more than half of the managers are online.")
}
