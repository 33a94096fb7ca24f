import EngineTypes
import SimBase

/// `docker swarm init`: the node becomes the first manager of a new swarm.
///
/// Source: docker/cli `cli/command/swarm/init.go`.
enum SwarmInit {
  static let command = Command(
    use: "init [OPTIONS]", short: "Initialize a swarm",
    options: SwarmOptions.spec + [
      SwarmOptions.listenAddress, SwarmOptions.advertiseAddress, SwarmOptions.dataPathAddress,
      SwarmOptions.availability,
      Option(
        "data-path-port", nil, .uint32,
        "Port number to use for data path traffic (1024 - 49151). "
          + "If no value is set or is set to 0, the default port (4789) is used."),
      Option("force-new-cluster", nil, .bool, "Force create a new cluster from current state"),
      Option("autolock", nil, .bool, "Enable manager autolocking (requiring an unlock key to start a stopped manager)"),
      Option(
        "default-addr-pool", nil,
        .custom("ipNetSlice", .many) { (text, _) throws(FlagTrouble) in
          for pool in text.split(separator: ",") { try checkPool(String(pool)) }
        }, shows: "[]", "default address pool in CIDR format"),
      Option("default-addr-pool-mask-length", nil, .uint32, default: "24", "default address pool subnet mask length"),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let flags = call.flags
    let engine = call.session.engine()
    let pools = flags.list("default-addr-pool").flatMap { $0.split(separator: ",").map(String.init) }
    var request = GoValue.zero("swarm.InitRequest")
    request["ListenAddr"] = .string(SwarmOptions.listenAddress(flags))
    request["AdvertiseAddr"] = .string(flags.text("advertise-addr"))
    request["DataPathAddr"] = .string(flags.text("data-path-addr"))
    request["DataPathPort"] = .uint(flags.uint("data-path-port"))
    request["DefaultAddrPool"] = .strings(pools.map(network))
    request["ForceNewCluster"] = .bool(flags.isOn("force-new-cluster"))
    request["AutoLockManagers"] = .bool(flags.isOn("autolock"))
    request["SubnetSize"] = .uint(flags.uint("default-addr-pool-mask-length"))
    request["Availability"] = .string(try SwarmOptions.availability(flags))
    SwarmOptions.apply(flags, to: &request["Spec"], in: call.session.host)
    request["Spec"]["EncryptionConfig"]["AutoLockManagers"] = .bool(flags.isOn("autolock"))
    let node: String
    do throws(Failure) {
      node = try engine.post("/swarm/init", body: request.json).string ?? ""
    } catch {
      let isAboutAddress =
        error.message.includes("could not choose an IP address to advertise")
        || error.message.includes("could not find the system's IP address")
      throw isAboutAddress ? Failure(error.message + " - specify one with --advertise-addr") : error
    }
    call.session.print("Swarm initialized: current node (\(node)) is now a manager.\n")
    try JoinCommand.print(node: node, roles: [.worker], in: call.session)
    call.session.print(
      "To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.")
    if flags.isOn("autolock") {
      let key = try engine.get("/swarm/unlockkey")["UnlockKey"].string ?? ""
      UnlockKeyText.print(key, in: call.session)
    }
  }

  private static func checkPool(_ text: String) throws(FlagTrouble) {
    if parsedCIDR(text) == nil { throw FlagTrouble("invalid string being converted to CIDR: \(text)") }
  }

  /// A pool without its host bits, as Go prints a network.
  private static func network(_ pool: String) -> String {
    guard let (address, length) = parsedCIDR(pool) else { return pool }
    let mask: UInt32 = length == 0 ? 0 : ~0 << (32 - UInt32(length))
    let bits = address & mask
    return [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".") + "/\(length)"
  }
}

/// An IPv4 network `a.b.c.d/n` as its address's bits and its length; nil for anything else.
func parsedCIDR(_ text: String) -> (address: UInt32, length: Int)? {
  guard let (address, length) = text.cut("/"), let bits = parsedIPv4(address), let length = Int(length),
    (0...32).contains(length)
  else { return nil }
  return (bits, length)
}

/// An IPv4 address's bits; nil for anything else.
func parsedIPv4(_ text: String) -> UInt32? {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 4 else { return nil }
  var bits: UInt32 = 0
  for part in parts {
    guard let byte = UInt8(part), part.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    bits = bits << 8 | UInt32(byte)
  }
  return bits
}

/// Whether a text is an IP address of either family, by its look.
func isIPAddress(_ text: String) -> Bool {
  if parsedIPv4(text) != nil { return true }
  guard text.contains(":") else { return false }
  let groups = text.split(separator: ":", omittingEmptySubsequences: false)
  return groups.count <= 8 && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }
    && (groups.count == 8 || text.includes("::"))
}
