import Testing

/// Which room may import which: the table of ARCHITECTURE.md, and what lies outside of it.
enum Rooms {
  /// Top floor first: a floor builds on those above it.
  static let floors = ["Base", "Host", "Swarm", "World", "Doors"]

  static let imports: [String: [String]] = [
    "SimBase": [], "SimKernel": ["SimBase"], "GoTemplate": ["SimBase"],
    "Shell": ["SimBase"], "Workloads": ["Shell"], "Dataplane": ["SimBase"], "Engine": ["Workloads", "Dataplane"],
    "Raft": ["SimBase"], "SwarmModel": ["GoTemplate"], "SwarmStore": ["SwarmModel"],
    "SwarmManager": ["SwarmStore", "Dataplane"], "SwarmWorker": ["SwarmModel", "Engine"],
    "SwarmNode": ["SwarmManager", "SwarmWorker", "Raft", "SimKernel"], "EngineTypes": ["SimBase"],
    "EngineAPI": ["SwarmNode", "EngineTypes"], "World": ["EngineAPI"], "Checkers": ["World"], "Lab": ["Checkers"],
    "Chaos": ["Lab"],
    "DockerCLI": ["EngineTypes", "GoTemplate"], "Personas": ["Engine"], "LabBook": ["DockerCLI", "Personas", "Lab"],
    "EngineServer": ["Personas", "Lab"],
    "Bench": ["Chaos"],
    "swarmlab": ["LabBook", "EngineServer", "Chaos"],
  ]

  /// Modules that are no rooms, by the room that may use them. The system's own are open to all doors.
  static let outside: [String: Set<String>] = [
    "EngineServer": ["NIOCore", "NIOPosix", "NIOHTTP1"], "Personas": ["Yams"], "swarmlab": ["ArgumentParser"],
  ]
  static let system: Set<String> = ["Glibc", "Darwin", "Musl", "Synchronization"]

  /// The rooms that a room may import: those of its row, and what those may.
  static func reach(of room: String) -> Set<String> {
    var found: Set<String> = []
    var open = imports[room] ?? []
    while let next = open.popLast() {
      if found.insert(next).inserted { open += imports[next] ?? [] }
    }
    return found
  }
}

@Suite struct RoomTests {
  @Test("the folders of the floors are the rooms of the table, no less and no more")
  func known() {
    let rooms = Set(Repository.swift.map(\.room))
    #expect(rooms.sorted() == Rooms.imports.keys.sorted())
    #expect(Set(Repository.swift.map(\.floor)).subtracting(Rooms.floors).sorted() == [])
    #expect(rooms.contains("SimBase") && rooms.contains("swarmlab"), "the sources were not found")
  }

  @Test("a room imports only what the table allows, doors the system's modules besides")
  func imports() {
    for file in Repository.swift {
      var allowed = Rooms.reach(of: file.room).union(Rooms.outside[file.room] ?? [])
      if !file.isSimulated { allowed.formUnion(Rooms.system) }
      for name in file.imports where !allowed.contains(name) {
        Issue.record("\(file): \(file.room) may not import \(name); it may import \(allowed.sorted())")
      }
    }
  }

  @Test("a room of the manifest declares no other room than the table allows, and only what it imports")
  func manifest() throws {
    let manifest = try #require(Repository.text("Package.swift"))
    var seen = 0
    for match in manifest.matches(of: /room\("(\w+)", "(\w+)"(?:, \[([^\]]*)\])?/) {
      let room = String(match.2)
      let declared = Set((match.3 ?? "").matches(of: /"(\w+)"/).map { String($0.1) })
      let used = Set(Repository.swift.filter { $0.room == room }.flatMap(\.imports))
      #expect(declared.subtracting(Rooms.reach(of: room)).sorted() == [], "\(room) declares more than the table allows")
      #expect(declared.subtracting(used).sorted() == [], "\(room) declares what it does not import")
      seen += 1
    }
    #expect(seen > 2, "no rooms were found in the manifest")
  }

  @Test("the table of ARCHITECTURE.md is the one that is checked here")
  func map() throws {
    let map = try #require(Repository.text("ARCHITECTURE.md"))
    for (room, imports) in Rooms.imports where room != "swarmlab" {
      let row = map.split(separator: "\n").first {
        let cells = $0.split(separator: "|", omittingEmptySubsequences: false)
        return cells.count > 2 && cells[2].contains("`\(room)`")
      }
      let cell = row?.split(separator: "|").last.map { $0.split(separator: ",").map { $0.trimmingPrefix(" ") } }
      let written = cell?.map { String($0).trimmingSuffix(" ") }
      #expect(written == (imports.isEmpty ? ["nothing"] : imports), "\(room)'s row in ARCHITECTURE.md")
    }
  }

  @Test("the table itself has no circle, and no room reaches down to a lower floor's")
  func circles() {
    for room in Rooms.imports.keys.sorted() { #expect(!Rooms.reach(of: room).contains(room), "\(room)") }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
