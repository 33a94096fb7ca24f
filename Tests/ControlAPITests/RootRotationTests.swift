import SimBase
import SwarmModel
import SwarmStore
import Testing

@testable import SwarmManager

@Suite struct RootRotationTests {
  /// A leader whose cluster has a real root.
  private static func leader() -> Leader {
    let leader = Leader()
    leader.write { tx in
      guard var cluster = tx.store.cluster?.value else { return }
      var dice = Dice(seed: 4, label: "root")
      cluster.rootCA = RootCA(at: .zero, dice: &dice)
      tx.put(cluster)
    }
    return leader
  }

  private static func update(_ leader: Leader, _ change: (inout ClusterSettings) -> Void) -> String? {
    var settings = ClusterSettings()
    change(&settings)
    let version = leader.store.cluster?.value.meta.version ?? 0
    return leader.refusal(.updateCluster(version: version, settings, KeyRotation()))?.message
  }

  /// A certificate of its own with its key, PEM.
  private static func authority(_ label: String) -> (certificate: String, key: String) {
    var dice = Dice(seed: 9, label: label)
    let key = P256.PrivateKey(dice: &dice)
    let der = DER.sequence(DER.integer([1]), DER.octets(key.bytes))
    return (
      AuthorityCertificate.root(key: key, serial: [7], at: .zero), PEM.text("EC PRIVATE KEY", der)
    )
  }

  @Test("a forced rotation brings a next root that the present one has signed, and keeps root and tokens") func forced()
    throws
  {
    let leader = RootRotationTests.leader()
    let before = try #require(leader.store.cluster?.value)
    #expect(RootRotationTests.update(leader) { $0.forceRotate = 1 } == nil)
    let after = try #require(leader.store.cluster?.value)
    let next = try #require(after.nextRootCA)
    #expect(after.rootCA == before.rootCA && after.joinTokens == before.joinTokens)
    #expect(after.signingCA == next && next.digest != before.rootCA.digest)
    let block = try #require(PEM.blocks(in: after.crossSigned).first)
    let parts = try #require(DERValue(block.bytes)).parts
    let signature = try #require(DERValue(Array(parts[2].content.dropFirst()))).parts
    let publicKey = try #require(AuthorityCertificate.all(in: before.rootCA.certificate)?.first?.publicKeyBits)
    func number(_ value: DERValue) -> [UInt8] { Array(value.content.drop { $0 == 0 }) }
    #expect(
      P256.isValid(
        r: number(signature[0]), s: number(signature[1]), ofDigest: SHA256.digest(parts[0].encoding), by: publicKey))
  }

  @Test("the same wish again begins nothing new") func again() throws {
    let leader = RootRotationTests.leader()
    #expect(RootRotationTests.update(leader) { $0.forceRotate = 1 } == nil)
    let next = try #require(leader.store.cluster?.value.nextRootCA)
    #expect(RootRotationTests.update(leader) { $0.forceRotate = 1 } == nil)
    #expect(leader.store.cluster?.value.nextRootCA == next)
  }

  @Test("a certificate is taken only with its own key") func ownKey() throws {
    let leader = RootRotationTests.leader()
    let (mine, other) = (RootRotationTests.authority("mine"), RootRotationTests.authority("other"))
    let mismatch = RootRotationTests.update(leader) {
      ($0.signingCACert, $0.signingCAKey) = (mine.certificate, other.key)
    }
    #expect(mismatch?.hasSuffix("certificate key mismatch") == true)
    #expect(leader.store.cluster?.value.nextRootCA == nil)
    let taken = RootRotationTests.update(leader) {
      ($0.signingCACert, $0.signingCAKey) = (mine.certificate, mine.key)
    }
    #expect(taken == nil)
    #expect(leader.store.cluster?.value.nextRootCA?.certificate == mine.certificate)
  }

  @Test("giving the present root's own certificate and key ends a rotation under way") func abort() throws {
    let leader = RootRotationTests.leader()
    let root = try #require(leader.store.cluster?.value.rootCA)
    #expect(RootRotationTests.update(leader) { $0.forceRotate = 1 } == nil)
    let key = PEM.text("EC PRIVATE KEY", DER.sequence(DER.integer([1]), DER.octets(root.key)))
    let answer = RootRotationTests.update(leader) {
      ($0.signingCACert, $0.signingCAKey, $0.forceRotate) = (root.certificate, key, 1)
    }
    #expect(answer == nil)
    let cluster = try #require(leader.store.cluster?.value)
    #expect(cluster.nextRootCA == nil && cluster.crossSigned.isEmpty && cluster.rootCA.digest == root.digest)
  }

  @Test(
    "what is no authority is refused in the engine's words",
    arguments: [
      ("", "KEY", "if a signing CA key is provided, the signing CA cert must also be provided"),
      (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "KEY",
        "invalid root certificates: {\"code\":1003,\"message\":\"Failed to parse certificate\"}"
      ),
    ])
  func refused(certificate: String, key: String, text: String) {
    let answer = RootRotationTests.update(RootRotationTests.leader()) {
      ($0.signingCACert, $0.signingCAKey) = (certificate, key)
    }
    #expect(answer?.hasSuffix(text) == true, "\(answer ?? "taken")")
  }
}
