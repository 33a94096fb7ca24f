import EngineTypes
import SimBase

/// `docker port`: where a container's ports are published.
///
/// Source: docker/cli `cli/command/container/port.go`.
enum ContainerPort {
  static let command = Command(
    use: "port CONTAINER [PRIVATE_PORT[/PROTO]]",
    short: "List port mappings or a specific mapping for the container",
    aliases: ["docker container port", "docker port"], arity: .between(1, 2), run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    let name = call.arguments[0]
    let container = try call.session.engine().get("/containers/\(pathEscaped(name))/json")
    let ports = container["NetworkSettings"]["Ports"].fields ?? []
    func addresses(_ bindings: JSON) -> [String] {
      (bindings.array ?? []).map { binding in
        let address = binding["HostIp"].string ?? ""
        return (address.contains(":") ? "[\(address)]" : address) + ":" + (binding["HostPort"].string ?? "")
      }
    }
    var lines: [String] = []
    if call.arguments.count > 1 {
      let wanted = call.arguments[1]
      let (port, transport) = wanted.cut("/") ?? (wanted, "tcp")
      let number: UInt64
      do throws(FlagTrouble) {
        number = try goUnsigned(port, bits: 16)
      } catch {
        throw Failure("Error: invalid port (\(port)): \(error.reason)")
      }
      let bindings = container["NetworkSettings"]["Ports"]["\(number)/\(transport)"]
      lines = addresses(bindings)
      if lines.isEmpty { throw Failure("Error: No public port '\(wanted)' published for \(name)") }
    } else {
      for field in ports { lines += addresses(field.value).map { "\(field.key) -> \($0)" } }
    }
    for line in lines.sorted(naturallyBy: { $0 }) { call.session.print(line) }
  }
}
