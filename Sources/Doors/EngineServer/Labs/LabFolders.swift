import EngineTypes
import SimBase

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where labs live on the laptop: a folder of state each, and short folders of sockets.
///
/// State is in `$SWARMLAB_HOME`, else `$XDG_STATE_HOME/swarmlab`, else `~/.local/state/swarmlab`; sockets in
/// `$XDG_RUNTIME_DIR/swarmlab`, else `swarmlab-UID` in the temporary folder. All are for their owner alone (mode 0700).
public struct LabFolders: Sendable {
  /// The folder of labs.
  public let state: String
  /// The folder of sockets.
  public let runtime: String

  /// Folders at these places.
  public init(state: String, runtime: String) {
    self.state = state
    self.runtime = runtime
  }

  /// The folders that this environment asks for.
  public init(environment: (String) -> String?) throws(DoorError) {
    func value(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
    if let home = value("SWARMLAB_HOME") {
      state = LabFolders.absolute(home)
    } else if let shared = value("XDG_STATE_HOME") {
      state = LabFolders.absolute(shared) + "/swarmlab"
    } else if let home = value("HOME") {
      state = LabFolders.absolute(home) + "/.local/state/swarmlab"
    } else {
      throw .malformed("neither SWARMLAB_HOME nor HOME is set: there is no place to keep labs.")
    }
    if let shared = value("XDG_RUNTIME_DIR"), Files.exists(shared) {
      runtime = LabFolders.absolute(shared) + "/swarmlab"
    } else {
      runtime = LabFolders.absolute(value("TMPDIR") ?? "/tmp") + "/swarmlab-\(getuid())"
    }
  }

  /// The folders that this process's environment asks for.
  public static func current() throws(DoorError) -> LabFolders {
    try LabFolders { name in getenv(name).map { String(cString: $0) } }
  }

  /// The lab of this name, there or not.
  public func lab(_ name: String) -> LabFolder { LabFolder(folders: self, name: name) }

  /// The labs that there are, by name.
  public var labs: [LabFolder] {
    Files.names(in: state).map(lab).filter { Files.exists($0.planPath) }
  }

  /// The lab of this name, or an error that names the others.
  public func existing(_ name: String) throws(DoorError) -> LabFolder {
    let folder = lab(name)
    if !Files.exists(folder.planPath) { throw .unknownLab(name, known: labs.map(\.name)) }
    return folder
  }

  /// Whether a `DOCKER_HOST` is a node of one of these labs.
  public func isOfLab(_ host: String) -> Bool {
    if host.hasPrefix("unix://" + runtime + "/") { return true }
    return labs.contains { lab in (try? lab.plan().block).map { host.hasPrefix("tcp://127.\($0).") } ?? false }
  }

  /// Makes both folders, and makes sure that the one of sockets, which may lie in a folder open to all, is ours.
  public func prepare() throws(DoorError) {
    try Files.makeFolder(state)
    try Files.makeFolder(runtime)
    var facts = stat()
    if lstat(runtime, &facts) != 0 { throw .system(doing: "look at", runtime, errno) }
    if facts.st_mode & S_IFMT != S_IFDIR || facts.st_uid != getuid() || facts.st_mode & 0o077 != 0 {
      throw .refused("\(runtime) is not a folder of yours alone (mode 0700). Remove it, or set XDG_RUNTIME_DIR.")
    }
  }

  /// The lock that making a lab holds, so that two at once take different addresses.
  public func lock() throws(DoorError) -> FileLock? { try FileLock(state + "/.lock", waiting: true) }

  /// The first block of loopback addresses, from 127.99.0.0/16 up, that no lab has and that answers to nobody.
  public func freeBlock(after last: Int = 98) throws(DoorError) -> Int {
    let taken = labs.compactMap { try? $0.plan().block }
    for block in max(99, last + 1)..<255
    where !taken.contains(block) && LoopbackProbe.isFree("127.\(block).0.1", port: 2375) {
      return block
    }
    throw .refused("no block of loopback addresses from 127.99.0.0/16 to 127.254.0.0/16 is free.")
  }

  private static func absolute(_ path: String) -> String {
    var trimmed = path
    while trimmed.hasSuffix("/") && trimmed.count > 1 { trimmed.removeLast() }
    if trimmed.hasPrefix("/") { return trimmed }
    guard let current = getcwd(nil, 0) else { return trimmed }
    defer { free(current) }
    return String(cString: current) + "/" + trimmed
  }
}

/// The folder of one lab.
public struct LabFolder: Sendable {
  /// Where labs live.
  public let folders: LabFolders
  /// The lab's name.
  public let name: String

  /// The folder itself.
  public var path: String { folders.state + "/" + name }
  /// What the lab is made of.
  public var planPath: String { path + "/lab.json" }
  /// Held by the serving process as long as it lives.
  public var pidPath: String { path + "/pid" }
  /// What the serving process says.
  public var logPath: String { path + "/log" }
  /// The epoch's journal.
  public var journalPath: String { path + "/journal" }
  /// How far virtual time has come, for a resume after a kill.
  public var reachedPath: String { path + "/reached" }
  /// Bodies that are too large for the journal, by digest.
  public var bodiesPath: String { path + "/bodies" }
  /// There once the lab has been made to its end; without it a start is begun anew.
  public var formedPath: String { path + "/formed" }
  /// The nodes' disks at the last clean stop.
  public var disksPath: String { path + "/disks" }

  /// The lab's sockets: where its server put them, even if this process's environment asks for another place.
  public var sockets: LabSockets {
    if let kept = try? Files.read(socketsNotePath) { return LabSockets(folder: String(decoding: kept, as: UTF8.self)) }
    return wantedSockets
  }
  private var wantedSockets: LabSockets { LabSockets(folder: folders.runtime + "/" + name) }
  private var socketsNotePath: String { path + "/sockets" }

  /// The plan that the lab was made with.
  public func plan() throws(DoorError) -> LabPlan {
    guard let plan = LabPlan(json: try Files.read(planPath)) else {
      throw .damaged(planPath, why: "it is not the JSON that `up` writes")
    }
    return plan
  }

  /// Makes the folder for a new lab. Refuses socket paths that clients would choke on, before anything is made.
  public func create(_ plan: LabPlan) throws(DoorError) {
    try wantedSockets.check(plan)
    try folders.prepare()
    try Files.makeFolder(path)
    try Files.write(plan.json, to: planPath)
  }

  /// Makes the sockets' folder where this process's environment asks for it; the server does that as it starts.
  func settleSockets(_ plan: LabPlan) throws(DoorError) -> LabSockets {
    let wanted = wantedSockets
    try wanted.check(plan)
    try Files.remove(sockets.folder)  // What a killed server left.
    try Files.write(Array(wanted.folder.utf8), to: socketsNotePath)
    try Files.makeFolder(wanted.folder)
    return wanted
  }

  /// Removes all that the lab has on this machine.
  public func remove() throws(DoorError) {
    try Files.remove(sockets.folder)
    try Files.remove(path)
  }

  /// Whether a process serves the lab now.
  public var isRunning: Bool { FileLock.isHeld(pidPath) }

  /// The process that serves the lab, if one does.
  public var pid: Int? {
    guard isRunning, let bytes = try? Files.read(pidPath) else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self).trimmed())
  }
}

/// The paths of a lab's sockets.
public struct LabSockets: Sendable {
  /// The folder that they are in.
  public let folder: String

  /// The socket for the lab's own verbs. No node's name begins with a dot.
  public var control: String { folder + "/.control.sock" }
  /// The socket of a node's Engine API.
  public func node(_ name: String) -> String { folder + "/" + name + ".sock" }
  /// The socket of a node's Engine API, as `DOCKER_HOST` names it.
  public func host(_ name: String) -> String { "unix://" + node(name) }

  /// Refuses paths that clients would choke on: the system takes 107 bytes, the real CLI panics on one.
  func check(_ plan: LabPlan) throws(DoorError) {
    let paths = plan.nodes.map { node($0.name) } + [control]
    if let longest = paths.max(by: { $0.utf8.count < $1.utf8.count }), longest.utf8.count > 100 {
      throw .pathTooLong(longest)
    }
  }
}

/// Asks the system whether an address is free, by binding it for a moment.
enum LoopbackProbe {
  static func isFree(_ address: String, port: UInt16) -> Bool {
    #if canImport(Darwin)
      return true  // Only 127.0.0.1 exists there; doors are drawn ports of it.
    #else
      let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      if handle < 0 { return false }
      defer { close(handle) }
      var yes: Int32 = 1
      setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      place.sin_port = port.bigEndian
      guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else { return false }
      return withUnsafePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
    #endif
  }
}
