import EngineTypes
import Lab
import SimBase
import SimKernel
import SwarmManager
import SwarmModel
import SwarmNode
import SwarmStore
import Testing
import World

/// Certificates over hours: an expiry of one hour takes effect with a root rotation, as the signer reads it then.
@Suite struct CertificateTests {
  private static let leader = HostID(0)
  private static let json = [HTTPHeader("Content-Type", "application/json")]

  /// A manager and two workers with certificates that live for an hour.
  private static func shortLived(seed: UInt64) throws -> Lab {
    var lab = try Lab.formed(managers: 1, workers: 2, seed: seed)
    let cluster = try JSON.parse(lab.send(EngineRequest("GET", "/swarm"), to: leader).body)
    let spec: JSON = [
      "Name": "default", "Raft": ["SnapshotInterval": 10_000, "ElectionTick": 10, "HeartbeatTick": 1],
      "CAConfig": ["NodeCertExpiry": .int(3_600_000_000_000), "ForceRotate": 1],
    ]
    let version = cluster["Version"]["Index"].int ?? 0
    let update = try lab.send(
      EngineRequest("POST", "/swarm/update?version=\(version)", headers: json, body: Array(spec.text.utf8)), to: leader)
    #expect(update.status == 200, "\(String(decoding: update.body, as: UTF8.self))")
    let isRotated = lab.advance(upTo: .seconds(30)) { world in
      world.node(leader).manager?.store.cluster.map { $0.value.nextRootCA == nil && $0.value.lastForcedRotation == 1 }
        ?? false
    }
    #expect(isRotated)
    return lab
  }

  private static func certificates(_ lab: Lab) -> [Certificate] {
    lab.world.node(leader).manager?.store.nodes.values.map { $0.value.certificate.issued } ?? []
  }

  @Test("a rotation ends with every certificate from the new root and with new join tokens") func rotation() throws {
    let before = try Lab.formed(managers: 1, workers: 2, seed: 3).world.node(CertificateTests.leader).manager?.store
      .cluster?.value
    let lab = try CertificateTests.shortLived(seed: 3)
    let cluster = try #require(lab.world.node(CertificateTests.leader).manager?.store.cluster?.value)
    #expect(cluster.rootCA.digest != before?.rootCA.digest)
    #expect(cluster.joinTokens != before?.joinTokens)
    #expect(CertificateTests.certificates(lab).map(\.issuer) == Array(repeating: cluster.rootCA.digest, count: 3))
  }

  @Test("a certificate is renewed before four fifths of its life are over") func renewal() throws {
    var lab = try CertificateTests.shortLived(seed: 5)
    let first = CertificateTests.certificates(lab)
    // Two hours from the back-dated beginning to the end: four fifths of them are 36 minutes from now.
    lab.advance(by: .minutes(38))
    let second = CertificateTests.certificates(lab)
    #expect(zip(first, second).allSatisfy { $0.notBefore < $1.notBefore && $1.notBefore < $0.notAfter })
  }

  @Test("a worker whose certificate ran out while it was cut off stays down until it joins again") func expired() throws
  {
    var lab = try CertificateTests.shortLived(seed: 9)
    let worker = HostID(2)
    lab.apply(.cut(worker))
    lab.advance(by: .minutes(70))
    lab.apply(.heal(worker))
    lab.advance(by: .minutes(3))
    func count(_ state: NodeState) -> Int? {
      lab.world.node(CertificateTests.leader).manager?.store.nodes.values.count { $0.value.status.state == state }
    }
    #expect(count(.down) == 1 && count(.ready) == 2)
    #expect(try lab.send(EngineRequest("POST", "/swarm/leave"), to: worker).status == 200)
    let token = lab.world.node(CertificateTests.leader).manager?.store.cluster?.value.joinTokens.worker ?? ""
    let join: JSON = [
      "ListenAddr": "0.0.0.0:2377", "JoinToken": .string(token),
      "RemoteAddrs": [.string("\(lab.world.node(CertificateTests.leader).ip):2377")],
    ]
    let answer = try lab.send(
      EngineRequest("POST", "/swarm/join", headers: CertificateTests.json, body: Array(join.text.utf8)), to: worker)
    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
    #expect(count(.down) == 1 && count(.ready) == 3)
  }
  @Test("a node that was off until its certificate ran out says so, and is let in again once it has left")
  func expiredOnDisk() throws {
    var lab = try CertificateTests.shortLived(seed: 11)
    let worker = HostID(2)
    lab.apply(.kill(worker))
    lab.advance(by: .minutes(70))
    lab.apply(.restart(worker))
    lab.advance(by: .seconds(5))
    let info = try JSON.parse(lab.send(EngineRequest("GET", "/info"), to: worker).body)["Swarm"]
    #expect(info["LocalNodeState"].string == "error")
    let error = info["Error"].string ?? ""
    #expect(
      error.hasPrefix("error while loading TLS certificate in /var/lib/docker/swarm/certificates/swarm-node.crt: "))
    #expect(error.hasSuffix("x509: certificate has expired or is not yet valid: "))
    #expect(try lab.send(EngineRequest("GET", "/nodes"), to: worker).status == 503)
    #expect(try lab.send(EngineRequest("POST", "/swarm/leave"), to: worker).status == 200)
  }
}
