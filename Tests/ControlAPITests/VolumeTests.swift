import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

@Suite("Cluster volumes")
struct VolumeTests {
  private func spec(_ name: String, _ change: (inout ClusterVolumeSpec) -> Void = { _ in }) -> ClusterVolumeSpec {
    var spec = ClusterVolumeSpec()
    spec.annotations.name = name
    spec.driver.name = "csi"
    spec.accessMode = ClusterVolumeSpec.AccessMode()
    spec.accessMode?.form = .mount
    change(&spec)
    return spec
  }

  @Test("a volume needs a name, an access mode and a form")
  func checks() {
    let leader = Leader()
    let rpc = "rpc error: code = InvalidArgument desc = "
    #expect(leader.refusal(.createVolume(spec("")))?.message == rpc + "meta: name must be provided")
    #expect(
      leader.refusal(.createVolume(spec("v") { $0.accessMode = nil }))?.message == rpc + "AccessMode must not be nil")
    #expect(
      leader.refusal(.createVolume(spec("v") { $0.accessMode?.form = .unnamed }))?.message
        == rpc + "Volume AccessMode must specify either Mount or Block access type")
  }

  @Test("all secrets that are missing are named at once")
  func secrets() {
    let leader = Leader()
    let wish = spec("v") { spec in
      for key in ["a", "b"] {
        var credential = ClusterVolumeSpec.Credential()
        (credential.key, credential.secret) = (key, "secret-\(key)")
        spec.secrets.append(credential)
      }
    }
    #expect(
      leader.refusal(.createVolume(wish))?.message
        == "rpc error: code = InvalidArgument desc = secrets not found: secret-a, secret-b")
  }

  @Test("without a plugin a removed volume stays, until it is removed by force")
  func removal() {
    let leader = Leader()
    #expect(leader.make(.createVolume(spec("v"))) != nil)
    #expect(leader.refusal(.removeVolume("v", force: false)) == nil)
    #expect(leader.store.volume(named: "v")?.value.isPendingDelete == true)
    #expect(leader.refusal(.removeVolume("v", force: true)) == nil)
    #expect(leader.store.volumes.isEmpty)
    #expect(leader.refusal(.removeVolume("v", force: true))?.status == 404)
  }

  @Test("an update changes the availability of the version that the client saw, and only under the volume's own ID")
  func update() throws {
    let leader = Leader()
    let id = try #require(leader.make(.createVolume(spec("v"))))
    let version = try #require(leader.store.volume(named: "v")).value.meta.version
    for word in ["v", String(id.prefix(9))] {
      let refusal = leader.refusal(.updateVolume(word, version: version, .drain))
      #expect(refusal?.message == rpc("NotFound", "volume \(word) not found"))
    }
    #expect(leader.refusal(.updateVolume(id, version: version + 1, .drain))?.status == 500)
    #expect(leader.refusal(.updateVolume(id, version: version, .drain)) == nil)
    #expect(leader.store.volume(named: "v")?.value.spec.availability == .drain)
  }

  @Test("a volume survives the byte form of a store")
  func archive() throws {
    let leader = Leader()
    let wish = spec("v") { spec in
      spec.group = "g"
      spec.topology = ClusterVolumeSpec.Topology()
      var place = ClusterVolumeSpec.Place()
      place.segments["zone"] = "a"
      spec.topology?.requisite = [place]
      spec.capacity = ClusterVolumeSpec.Capacity()
      spec.capacity?.limitBytes = 5
    }
    #expect(leader.make(.createVolume(wish)) != nil)
    let volume = try #require(leader.store.volume(named: "v"))
    var read = StoreChange()
    var archive = Archive(reading: StoreChange.putVolume(volume).archived())
    archive.field(&read)
    guard case .putVolume(let copy) = read else {
      Issue.record("another change came back: \(read)")
      return
    }
    #expect(copy == volume)
  }
}
