import SimBase

/// The VXLAN ids of a swarm's overlay networks: one per subnet.
///
/// Free choice begins at 4096, above the VLAN ids that Windows refuses, and goes on serially; an id that was given back comes
/// round only after 16 777 215. A user may ask for any id with the driver's option.
///
/// Source: moby/moby `daemon/libnetwork/drivers/overlay/ovmanager/ovmanager.go`.
public struct VXLANSpace: Sendable {
  /// The driver option that holds a network's ids, comma-separated, one per subnet.
  public static let option = "com.docker.network.driver.overlay.vxlanid_list"
  /// Where free choice begins and ends.
  public static let dynamic: ClosedRange<UInt32> = 4096...16_777_215

  private var ids = IDSpace(0...16_777_215)

  /// All ids free.
  public init() {}

  /// Takes an id for each of `count` subnets: those of the option's text first, free ones for the rest.
  ///
  /// Takes all or none.
  public mutating func take(_ count: Int, preferring text: String?) throws(VXLANError) -> [UInt32] {
    var wanted: [UInt32] = []
    for part in text?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
      guard let id = UInt32(part) else { throw .invalid(String(part)) }
      wanted.append(id)
    }
    var taken: [UInt32] = []
    do {
      for index in 0..<count {
        if index < wanted.count {
          try ids.take(wanted[index])
          taken.append(wanted[index])
        } else {
          taken.append(try ids.takeAny(in: VXLANSpace.dynamic, isSerial: true))
        }
      }
    } catch {
      release(taken)
      throw .refused(error, subnet: taken.count)
    }
    return taken
  }

  /// Gives ids back.
  public mutating func release(_ taken: [UInt32]) {
    for id in taken { ids.release(id) }
  }
}

/// Why VXLAN ids could not be had.
public enum VXLANError: Error, Sendable, Equatable {
  /// The option's text holds something else than numbers.
  case invalid(String)
  /// The id for this subnet, counted from 0, is in use or none is left.
  case refused(IDSpace.Refusal, subnet: Int)
}
