import SimBase
import SwarmModel
import SwarmStore

/// Changes of cluster volumes. After creation only labels and availability change.
///
/// A removal marks the volume for its plugin to delete; a volume that no plugin has made yet is made first, so without a
/// plugin it stays until it is removed by force.
///
/// Source: moby/swarmkit `manager/controlapi/volume.go`, `manager/csi/manager.go` (`handleVolume`).
enum VolumeWrites {
  static func creation(of spec: ClusterVolumeSpec, dice: inout Dice) throws(APIError) -> ControlWrite {
    try relayed { () throws(ControlError) in
      if spec.annotations.name.isEmpty { throw ControlError(.invalidArgument, "meta: name must be provided") }
      guard let mode = spec.accessMode else { throw ControlError(.invalidArgument, "AccessMode must not be nil") }
      if mode.form == .unnamed {
        throw ControlError(
          .invalidArgument, "Volume AccessMode must specify either Mount or Block access type")
      }
    }
    var volume = ClusterVolume()
    volume.id = VolumeID(drawnFrom: &dice)
    volume.spec = spec
    return .createVolume(volume)
  }

  static func create(_ volume: ClusterVolume, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    let missing = volume.spec.secrets.map(\.secret).filter { SecretID($0).flatMap { tx.store.secrets[$0] } == nil }
    if !missing.isEmpty {
      let kind = missing.count == 1 ? "secret" : "secrets"
      throw ControlError(.invalidArgument, "\(kind) not found: \(missing.joined(separator: ", "))")
    }
    if tx.store.volume(named: volume.spec.annotations.name) != nil { throw .nameConflict }
    tx.put(volume)
    return .created(id: volume.id.description, warnings: [])
  }

  static func update(
    _ id: VolumeID, version: UInt64, to availability: Availability?, in tx: inout Transaction
  ) throws(ControlError) -> ControlReply {
    guard var volume = tx.store.volumes[id]?.value else { throw .notFound("volume", id.description) }
    guard volume.meta.version == version else { throw .updateOutOfSequence }
    if let availability { volume.spec.availability = availability }
    tx.put(volume)
    return .done
  }

  static func remove(_ id: VolumeID, force: Bool, in tx: inout Transaction) throws(ControlError) -> ControlReply {
    guard var volume = tx.store.volumes[id]?.value else { throw .notFound("volume", id.description) }
    if force {
      tx.remove(id)
    } else {
      volume.isPendingDelete = true
      tx.put(volume)
    }
    return .done
  }
}
