import EngineTypes
import SimBase
import SwarmModel

extension ClusterVolumeSpec {
  /// A cluster volume's spec without name and driver, which stand beside it. Words that Docker does not know count as
  /// their defaults.
  ///
  /// Source: moby/moby `daemon/cluster/convert/volume.go` (`volumeSpecToGRPC`).
  init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    group = try fields.text("Group")
    accessMode = try fields.object("AccessMode", "AccessMode").map { fields throws(DecodingFault) in
      try AccessMode(fields)
    }
    for fields in try fields.objects("Secrets", "Secret") {
      var credential = Credential()
      credential.key = try fields.text("Key")
      credential.secret = try fields.text("Secret")
      secrets.append(credential)
    }
    if let fields = try fields.object("AccessibilityRequirements", "TopologyRequirement") {
      var topology = Topology()
      topology.requisite = try Place.list(fields, "Requisite")
      topology.preferred = try Place.list(fields, "Preferred")
      self.topology = topology
    }
    if let fields = try fields.object("CapacityRange", "CapacityRange") {
      var capacity = Capacity()
      capacity.requiredBytes = try fields.int("RequiredBytes")
      capacity.limitBytes = try fields.int("LimitBytes")
      self.capacity = capacity
    }
    availability = Availability(word: try fields.text("Availability")) ?? .active
  }
}

extension ClusterVolumeSpec.AccessMode {
  fileprivate init(_ fields: JSONFields) throws(DecodingFault) {
    self.init()
    isMultiNode = try fields.text("Scope") == "multi"
    let word = try fields.text("Sharing")
    sharing = [.readonly, .onewriter, .all].first { $0.word == word } ?? .none
    if try fields.object("BlockVolume", "TypeBlock") != nil { form = .block }
    if let mount = try fields.object("MountVolume", "TypeMount") {
      form = .mount
      fileSystem = try mount.text("FsType")
      mountFlags = try mount.texts("MountFlags")
    }
  }
}

extension ClusterVolumeSpec.Place {
  fileprivate static func list(_ fields: JSONFields, _ key: String) throws(DecodingFault) -> [Self] {
    var places: [Self] = []
    for fields in try fields.objects(key, "Topology") {
      var place = Self()
      place.segments = try fields.map("Segments")
      places.append(place)
    }
    return places
  }
}
