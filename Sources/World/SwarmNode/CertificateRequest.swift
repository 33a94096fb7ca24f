import SimBase
import SwarmManager
import SwarmModel

/// Gets a node its certificate: the first one by a join token, later ones by the one it has.
///
/// Joining begins with the root, which must hash to what the token says; then the request, then its outcome. Each call may
/// take 5 s. A round that fails is tried again after 2 s, five rounds in all; a renewal does not pause. The outcome of a
/// request is asked for again and again, with a growing pause, until it is settled.
///
/// Source: moby/swarmkit `ca/certificates.go` (`GetRemoteSignedCertificate`, `DownloadRootCA`), `ca/config.go`.
struct CertificateRequest: Sendable {
  /// Why a certificate is wanted.
  enum Purpose: Sendable {
    /// Without a token the root is taken as it comes, and the authority says no.
    case join(JoinToken?, text: String, availability: Availability)
    case renew(NodeID)
  }

  enum Order: Sendable {
    /// Connect to a manager; a join has one address to try, a renewal picks among those known.
    case connect
    /// Ask this on the connection.
    case call(CACall)
    /// Hang up.
    case disconnect
    /// The certificate is here.
    case obtained(Certificate, key: [UInt8], TrustInfo)
    /// It will not come.
    case failed(APIError)
  }

  private enum Phase: Sendable {
    case connecting
    case root
    case issuing
    case status
    case betweenStatus
    case pausing
    case done
  }

  static let attempts = 5
  static let pause = Duration.seconds(2)
  static let callTimeout = Duration.seconds(5)
  static let maxStatusPause = Duration.seconds(30)

  let purpose: Purpose
  /// The private key that the certificate is asked for.
  private let key: [UInt8]
  /// Stands for the request that the key has signed.
  private let csr: [UInt8]
  private var phase = Phase.connecting
  private var round = 1
  private var hasRoot = false
  private var node: NodeID?
  private var statusFailures: Int64 = 0
  /// What the phase waits for at most, or the end of a pause.
  private(set) var nextDeadline: Instant?

  init(_ purpose: Purpose, dice: inout Dice) {
    self.purpose = purpose
    key = dice.bytes(32)
    csr = SHA256.digest(key)
  }

  private var isJoin: Bool { if case .join = purpose { true } else { false } }

  mutating func start(at now: Instant, into out: inout Outbox<Order>) {
    phase = .connecting
    nextDeadline = now + CertificateRequest.callTimeout
    out.post(.connect)
  }

  mutating func connected(at now: Instant, into out: inout Outbox<Order>) {
    guard case .connecting = phase else { return }
    nextDeadline = now + CertificateRequest.callTimeout
    if isJoin && !hasRoot {
      phase = .root
      out.post(.call(.root))
    } else {
      issue(at: now, into: &out)
    }
  }

  /// The connection could not be made, or has broken.
  mutating func disconnected(_ error: APIError, at now: Instant, into out: inout Outbox<Order>) {
    switch phase {
    case .pausing, .done: break
    case .status, .betweenStatus:
      // The request is stored; only its outcome is missing, and any manager can tell it.
      phase = .connecting
      nextDeadline = now + CertificateRequest.callTimeout
      out.post(.connect)
    case .connecting, .root, .issuing: fail(error, at: now, into: &out)
    }
  }

  mutating func answered(_ reply: CAReply, at now: Instant, dice: inout Dice, into out: inout Outbox<Order>) {
    switch (reply, phase) {
    case (.refused(let error), .root), (.refused(let error), .issuing):
      fail(APIError(error), at: now, into: &out)
    case (.refused, .status): pauseStatus(at: now, dice: &dice)
    case (.root(let root), .root):
      if case .join(let token?, _, _) = purpose, JoinToken.digest(of: root.certificate) != token.digest {
        let expected = token.hexDigest ?? token.digest
        fail(APIError(.system, "remote CA does not match fingerprint. Expected: \(expected)"), at: now, into: &out)
        return
      }
      hasRoot = true
      issue(at: now, into: &out)
    case (.issued(let id), .issuing):
      node = id
      askStatus(at: now, into: &out)
    case (.status(let certificate, let trust), .status):
      // Only the certificate for one's own request counts; an older one is passed over.
      if certificate.state == .issued && certificate.csr == csr {
        phase = .done
        nextDeadline = nil
        out.post(.obtained(certificate.issued, key: key, trust))
      } else {
        pauseStatus(at: now, dice: &dice)
      }
    default: break
    }
  }

  mutating func wake(at now: Instant, dice: inout Dice, into out: inout Outbox<Order>) {
    guard let due = nextDeadline, due <= now else { return }
    nextDeadline = nil
    switch phase {
    case .done: break
    case .pausing: start(at: now, into: &out)
    case .betweenStatus: askStatus(at: now, into: &out)
    case .status: pauseStatus(at: now, dice: &dice)
    case .connecting, .root, .issuing:
      fail(APIError(ControlError(.deadlineExceeded, "context deadline exceeded")), at: now, into: &out)
    }
  }

  private mutating func issue(at now: Instant, into out: inout Outbox<Order>) {
    if node != nil {
      askStatus(at: now, into: &out)
      return
    }
    phase = .issuing
    nextDeadline = now + CertificateRequest.callTimeout
    switch purpose {
    case .join(_, let text, let availability):
      out.post(.call(.issue(csr: csr, token: text, availability: availability, renewing: nil)))
    case .renew(let id): out.post(.call(.issue(csr: csr, token: "", availability: .active, renewing: id)))
    }
  }

  private mutating func askStatus(at now: Instant, into out: inout Outbox<Order>) {
    guard let node else { return }
    phase = .status
    nextDeadline = now + CertificateRequest.callTimeout
    out.post(.call(.status(node)))
  }

  /// Waits at random below 1 s, 2 s, 3 s, 5 s … 30 s before the outcome is asked for again.
  private mutating func pauseStatus(at now: Instant, dice: inout Dice) {
    statusFailures += 1
    let bound = min(
      CertificateRequest.maxStatusPause, .seconds(1) + .seconds(1) * (Int64(1) << min(statusFailures - 1, 6)))
    phase = .betweenStatus
    nextDeadline = now + dice.duration(in: .zero..<bound)
  }

  private mutating func fail(_ error: APIError, at now: Instant, into out: inout Outbox<Order>) {
    out.post(.disconnect)
    if round == CertificateRequest.attempts {
      phase = .done
      nextDeadline = nil
      out.post(.failed(error))
      return
    }
    round += 1
    if isJoin {
      phase = .pausing
      nextDeadline = now + CertificateRequest.pause
    } else {
      start(at: now, into: &out)
    }
  }
}

extension APIError {
  /// The connection to the authority was this node's own manager, which has ended.
  static let managerGone = APIError(ControlError(.unavailable, "error reading from server: EOF"))
}
