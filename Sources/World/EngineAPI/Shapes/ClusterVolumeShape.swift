import EngineTypes
import SimBase
import SwarmModel

extension JSONWriter {
  /// The fields of a volume that is the swarm's. Its date is in the form that Go prints, not the API's.
  ///
  /// Source: moby/moby `daemon/cluster/convert/volume.go` (`VolumeFromGRPC`), `api/types/volume/cluster_volume.go`.
  mutating func volume(_ volume: ClusterVolume) {
    object("ClusterVolume") { writer in
      writer.head(volume.id, volume.meta)
      writer.object("Spec") { $0.clusterVolumeSpec(volume.spec) }
    }
    field("CreatedAt") { $0.date(volume.meta.createdAt, as: .quotedGo) }
    let spec = volume.spec
    field("Driver", spec.driver.name)
    if spec.annotations.labels.isEmpty { null("Labels") } else { field("Labels", spec.annotations.labels) }
    field("Mountpoint", "")
    field("Name", spec.annotations.name)
    if let options = spec.driver.options, !options.isEmpty { field("Options", options) } else { null("Options") }
    field("Scope", "global")
  }

  private mutating func clusterVolumeSpec(_ spec: ClusterVolumeSpec) {
    unlessEmpty("Group", spec.group)
    ifPresent("AccessMode", spec.accessMode) { writer, mode in
      writer.field("Scope", mode.isMultiNode ? "multi" : "single")
      writer.field("Sharing", mode.sharing.word)
      if mode.form == .mount {
        writer.object("MountVolume") { writer in
          writer.unlessEmpty("FsType", mode.fileSystem)
          writer.unlessEmpty("MountFlags", mode.mountFlags)
        }
      }
      if mode.form == .block { writer.object("BlockVolume") { _ in } }
    }
    ifPresent("AccessibilityRequirements", spec.topology) { writer, topology in
      writer.unlessEmpty("Requisite", topology.requisite) { $0.unlessEmpty("Segments", $1.segments) }
      writer.unlessEmpty("Preferred", topology.preferred) { $0.unlessEmpty("Segments", $1.segments) }
    }
    ifPresent("CapacityRange", spec.capacity) { writer, capacity in
      writer.field("RequiredBytes", capacity.requiredBytes)
      writer.field("LimitBytes", capacity.limitBytes)
    }
    unlessEmpty("Secrets", spec.secrets) { writer, credential in
      writer.field("Key", credential.key)
      writer.field("Secret", credential.secret)
    }
    field("Availability", spec.availability.word)
  }
}
