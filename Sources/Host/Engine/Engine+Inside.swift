import Shell
import SimBase
import Workloads

// Commands that need to know their container but nothing beyond it: the engine runs them itself, at once.

/// A process as `ps` and `docker top` show it.
public struct ProcessRow: Sendable, Hashable {
  /// Its number in the container.
  public var inside: Int
  /// Its number on the machine.
  public var pid: Int
  /// Its command line.
  public var command: String
  /// When it began.
  public var started: Instant
}

struct Finished {
  /// Whether it has ended; one that has not goes on in silence until it is killed.
  var isOver = true
  var code: Int32 = 0
  var output = ""
  var error = ""
}

extension Engine {
  /// What a container's processes answer on a port; nil if nothing listens there.
  public func service(of id: ContainerID, port: ContainerPort) -> (service: PersonaService, host: WebHost)? {
    guard let number = disk.numbers[id], memory.running[number]?.process?.isServing ?? false else { return nil }
    let container = disk.containers[existing: number]
    let words = container.config.value.commandLine
    guard let service = knownPersona(of: number).services.first(where: { $0.port(givenArguments: words) == port })
    else {
      return nil
    }
    let addresses = container.endpoints.compactMap(\.address)
    return (service, WebHost(hostname: container.hostname, arguments: words, addresses: addresses))
  }

  /// The behaviour of a container that runs: looked up when it was started.
  private func knownPersona(of number: ContainerNumber) -> Persona {
    let image = disk.containers[existing: number].image
    return memory.personas[image]?.value ?? PersonaLibrary.generic("gone")
  }

  /// The processes of a container, its first one first.
  public func processes(of key: ContainerKey) throws(EngineError) -> [ProcessRow] {
    let number = try find(key)
    let container = disk.containers[existing: number]
    guard let run = memory.running[number], container.state.isRunning else { throw .notRunning(container.id) }
    let base = container.state.pid
    let started = container.state.startedAt ?? .zero
    let own = run.process?.processes ?? []
    let title = container.config.value.commandLine.joined(separator: " ")
    // An init process comes first, and the container's own after it.
    let hasInit = container.host.value.usesInit ?? false
    let shift = hasInit ? 6 : 0
    var rows: [ProcessRow] = []
    if hasInit {
      rows.append(ProcessRow(inside: 1, pid: base, command: "/sbin/docker-init -- \(title)", started: started))
    }
    if own.isEmpty {
      rows.append(ProcessRow(inside: 1 + shift, pid: base + shift, command: title, started: started))
    }
    for process in own {
      let inside = process.processID + shift
      rows.append(ProcessRow(inside: inside, pid: base + inside - 1, command: process.command, started: started))
    }
    for (_, exec) in memory.execs where exec.host == number && exec.isRunning && exec.pid > 0 {
      for process in exec.process?.processes ?? [] {
        rows.append(
          ProcessRow(
            inside: process.processID, pid: exec.pid, command: process.command, started: exec.startedAt ?? started))
      }
    }
    return rows
  }

  func runInside(_ command: ExternalCommand, of number: ContainerNumber, at now: Instant) -> Finished? {
    let words = command.arguments
    let container = disk.containers[existing: number]
    let name = words.first?.split(separator: "/").last.map(String.init) ?? ""
    switch name {
    case "hostname":
      let addresses = container.endpoints.compactMap { $0.address?.description }
      return Finished(
        output: words.contains("-i") || words.contains("-I")
          ? addresses.joined(separator: " ") + "\n" : container.hostname + "\n")
    case "ps": return processTable(container)
    case "top":
      // Only the first page is written: what follows would differ in nothing but the time.
      var page = processTable(container)
      page.isOver = words.contains { $0.hasPrefix("-") && $0.includes("n") }
      return page
    case "pgrep":
      let wanted = words.last ?? ""
      let rows = ((try? processes(of: .id(container.id))) ?? []).filter { $0.command.includes(wanted) }
      return Finished(code: rows.isEmpty ? 1 : 0, output: rows.map { "\($0.inside)\n" }.joined())
    case "clear": return Finished(output: "\u{1B}[H\u{1B}[2J\u{1B}[3J")
    case "uptime":
      let minutes = now.nanoseconds / 60_000_000_000
      return Finished(output: " up \(minutes) min,  load average: 0.00, 0.00, 0.00\n")
    case "df":
      return Finished(output: diskTable(container, isHuman: words.contains { $0.hasPrefix("-") && $0.includes("h") }))
    case "free": return Finished(output: memoryTable())
    case "mount":
      return Finished(output: mountTable(container, number))
    case "ip", "ifconfig", "route": return interfaceTable(container, words)
    case "curl", "wget": return fetchFromSelf(words, container)
    case "nc":
      let plain = words.dropFirst().filter { !$0.hasPrefix("-") }
      guard words.contains(where: { $0.hasPrefix("-") && $0.includes("z") }), plain.count == 2,
        isSelf(plain[0], container),
        let port = UInt16(plain[1])
      else { return nil }
      return Finished(code: service(of: container.id, port: ContainerPort(port)) == nil ? 1 : 0)
    case "redis-cli": return words.contains("-h") ? nil : redis(Array(words.dropFirst()), container)
    case "pg_isready", "mysqladmin":
      let isUp = memory.running[number]?.process?.isServing ?? false
      let text =
        name == "mysqladmin"
        ? "mysqld is alive\n" : "/var/run/postgresql:5432 - \(isUp ? "accepting connections" : "no response")\n"
      return Finished(code: isUp ? 0 : name == "mysqladmin" ? 1 : 2, output: isUp || name != "mysqladmin" ? text : "")
    default: return nil
    }
  }

  /// What is mounted in a container, in the order of a real one: the kernel's file systems, then by depth.
  ///
  /// Source: measured, a real 28.5.2 engine.
  private func mountTable(_ container: Container, _ number: ContainerNumber) -> String {
    let kernels = [
      "overlay on / type overlay (rw,relatime)", "proc on /proc type proc (rw,nosuid,nodev,noexec,relatime)",
      "tmpfs on /dev type tmpfs (rw,nosuid,size=65536k,mode=755)",
      "devpts on /dev/pts type devpts (rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666)",
      "sysfs on /sys type sysfs (ro,nosuid,nodev,noexec,relatime)",
      "mqueue on /dev/mqueue type mqueue (rw,nosuid,nodev,noexec,relatime)",
      "shm on /dev/shm type tmpfs (rw,nosuid,nodev,noexec,relatime,size=65536k)",
    ]
    var rows: [(path: String, text: String)] = []
    for mount in container.mounts where mount.kind == .tmpfs {
      var options = [mount.isReadOnly ? "ro" : "rw", "nosuid", "nodev", "noexec", "relatime"]
      if let size = mount.memorySize, size > 0 { options.append("size=\((size + 1023) / 1024)k") }
      if mount.memoryMode != 0 { options.append("mode=\(String(mount.memoryMode & 0o7777, radix: 8))") }
      rows.append((mount.target, "tmpfs on \(mount.target) type tmpfs (\(options.joined(separator: ",")))"))
    }
    for file in memory.handedFiles[number] ?? [] {
      rows.append((file.path, "tmpfs on \(file.path) type tmpfs (ro,relatime)"))
    }
    for mount in container.mounts where mount.kind != .tmpfs {
      let options = "(\(mount.isReadOnly ? "ro" : "rw"),relatime)"
      rows.append((mount.target, "/dev/vda1 on \(mount.target) type ext4 \(options)"))
    }
    for name in ["resolv.conf", "hostname", "hosts"] {
      rows.append(("/etc/\(name)", "/dev/vda1 on /etc/\(name) type ext4 (rw,relatime)"))
    }
    func depth(_ path: String) -> Int { path.split(separator: "/").count }
    let places = rows.indices.sorted { (depth(rows[$0].path), $0) < (depth(rows[$1].path), $1) }
    return (kernels + places.map { rows[$0].text }).map { $0 + "\n" }.joined()
  }

  private func processTable(_ container: Container) -> Finished {
    let rows = (try? processes(of: .id(container.id))) ?? []
    var text = "PID   USER     TIME  COMMAND\n"
    for row in rows {
      let pid = String(repeating: " ", count: max(0, 5 - String(row.inside).count)) + String(row.inside)
      text += "\(pid) root      0:00 \(row.command)\n"
    }
    return Finished(output: text)
  }

  private func diskTable(_ container: Container, isHuman: Bool) -> String {
    let (size, used) = (UInt64(80_000_000), UInt64(12_000_000))
    func cell(_ blocks: UInt64) -> String { isHuman ? "\(blocks >> 20).0G" : String(blocks) }
    var text = "Filesystem           \(isHuman ? "Size     " : "1K-blocks")      Used Available Use% Mounted on\n"
    for (name, path) in [("overlay", "/")] + container.mounts.map({ ("/dev/vda1", $0.target) }) {
      let cells = [size, used, size - used].map { cell($0).padded(to: 9) }.joined(separator: " ")
      text += "\(name.padded(to: 20)) \(cells) 15% \(path)\n"
    }
    return text
  }

  private func memoryTable() -> String {
    let total = config.memory >> 10
    let used = total / 5
    return "              total        used        free      shared  buff/cache   available\n"
      + "Mem:     \(total)  \(used)  \(total - used - used / 2)  0  \(used / 2)  \(total - used)\nSwap:    0  0  0\n"
  }

  /// Source: measured, a real 28.5.2 engine: names in the order of joining, `docker_gwbridge` after the first overlay.
  private func interfaceTable(_ container: Container, _ words: [String]) -> Finished {
    var interfaces: [(address: IPv4Address, record: NetworkRecord)] = []
    for endpoint in container.endpoints {
      guard let address = endpoint.address, let record = disk.networks[endpoint.network] else { continue }
      interfaces.append((address, record))
      if interfaces.count == 1, let gateway = container.gatewayEndpoint, let way = gateway.address,
        let bridge = disk.networks[gateway.network]
      {
        interfaces.append((way, bridge))
      }
    }
    let wantsRoutes = words.first == "route" || words.contains { "route".hasPrefix($0) && $0.hasPrefix("r") }
    var text = ""
    if wantsRoutes {
      if let first = interfaces.firstIndex(where: { $0.record.driver == "bridge" && !$0.record.isInternal }),
        let gateway = interfaces[first].record.gateway
      {
        text += "default via \(gateway) dev eth\(first) \n"
      }
      let rows = interfaces.enumerated().compactMap { index, interface in
        interface.record.subnet.map { ($0, "\($0) dev eth\(index) scope link  src \(interface.address) \n") }
      }
      return Finished(output: text + rows.sorted { $0.0 < $1.0 }.map(\.1).joined())
    }
    text +=
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000\n"
      + "    inet 127.0.0.1/8 scope host lo\n"
    for (index, interface) in interfaces.enumerated() {
      let mtu = interface.record.driver == "overlay" ? 1450 : 1500
      text +=
        "\(index + 2): eth\(index)@if\(index + 12): <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu \(mtu) "
        + "qdisc noqueue state UP \n"
      text += "    inet \(interface.address)/\(interface.record.subnet?.prefixLength ?? 24) scope global eth\(index)\n"
    }
    return Finished(output: text)
  }

  private func isSelf(_ host: String, _ container: Container) -> Bool {
    ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", container.hostname].contains(host)
      || container.endpoints.contains { $0.address?.description == host }
  }

  /// `curl` and `wget` of the container's own server: what most health checks do.
  private func fetchFromSelf(_ words: [String], _ container: Container) -> Finished? {
    guard
      let url = words.last(where: {
        !$0.hasPrefix("-") && ($0.includes(":") || $0.includes("/") || isSelf($0, container))
      })
    else {
      return nil
    }
    let bare = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
    let authority = String(bare.prefix { $0 != "/" })
    let parts = authority.split(separator: ":")
    guard let host = parts.first.map(String.init), isSelf(host, container) else { return nil }
    let port = parts.count > 1 ? UInt16(parts[1]) ?? 80 : 80
    let isCurl = words[0].hasSuffix("curl")
    guard let (service, server) = service(of: container.id, port: ContainerPort(port)) else {
      return isCurl
        ? Finished(code: 7, error: "curl: (7) Failed to connect to \(host) port \(port): Could not connect to server\n")
        : Finished(code: 1, error: "wget: can't connect to remote host (127.0.0.1): Connection refused\n")
    }
    let path = String(bare.dropFirst(authority.count))
    let request = WebRequest(path.isEmpty ? "/" : path, host: authority)
    guard let response = page(request.path, of: service, in: container) ?? service.respond(to: request, as: server)
    else { return nil }
    let flags = words.filter { $0.hasPrefix("-") && !$0.hasPrefix("--") }.joined()
    if response.status >= 400 && (!isCurl || flags.contains("f") || words.contains("--fail")) {
      let text =
        isCurl
        ? "curl: (22) The requested URL returned error: \(response.status)\n"
        : "wget: server returned error: HTTP/1.1 \(response.status)\n"
      return Finished(code: isCurl ? 22 : 1, error: text)
    }
    let isShown =
      isCurl ? !words.contains("/dev/null") : flags.contains("O") && (words.contains("-") || flags.contains("O-"))
    return Finished(output: isShown ? response.body : "")
  }

  /// What a web server has in its folder: a page that somebody has put there counts before the one that it came with.
  private func page(_ path: String, of service: PersonaService, in container: Container) -> WebResponse? {
    guard case .page(_, let contentType) = service.answer,
      let files = container.files ?? disk.images[container.image].map({ freshFiles(of: $0) })
    else { return nil }
    let bare = String(path.prefix { $0 != "?" })
    let name = bare.hasSuffix("/") ? bare + "index.html" : bare
    for root in ["/usr/share/nginx/html", "/usr/local/apache2/htdocs"] {
      if let text = files.text(root + name) { return WebResponse(contentType: contentType, text) }
    }
    return nil
  }

  private func redis(_ words: [String], _ container: Container) -> Finished? {
    guard service(of: container.id, port: ContainerPort(6379)) != nil else {
      return Finished(code: 1, error: "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n")
    }
    return words.map { $0.lowercased() } == ["ping"] ? Finished(output: "PONG\n") : nil
  }
}
