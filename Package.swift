// swift-tools-version: 6.2
import PackageDescription

// Every room is a target; its folder is `Sources/<Floor>/<Room>` (see ARCHITECTURE.md). A floor builds on the floors
// above it in this list, and a room may import only what is listed here: `TidyTests` reads the import lines.

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Generic machines (Raft, tables, queues) cross module borders; without this each call goes through a witness table.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func room(_ floor: String, _ name: String, _ imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, path: "Sources/\(floor)/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ imports: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: imports, path: "Tests/\(name)", resources: resources, swiftSettings: strict)
}

let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "swarmlab",
  // Pinned to the version: a build today and one in a year take the same sources. docs/adr says why each is here.
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    room("Base", "SimBase"),
    room("Base", "SimKernel", ["SimBase"]),
    room("Swarm", "SwarmModel", ["SimBase"]),
    room("Swarm", "SwarmStore", ["SwarmModel", "SimBase"]),
    room("Swarm", "SwarmManager", ["SwarmStore", "SwarmModel", "Dataplane", "SimBase"]),
    room("Swarm", "SwarmWorker", ["SwarmModel", "Engine", "Workloads", "SimBase"]),
    room("Swarm", "Raft", ["SimBase"]),
    room("Host", "Dataplane", ["SimBase"]),
    room("World", "EngineTypes", ["SimBase"]),
    room("Host", "Workloads", ["SimBase", "Shell"]),
    room("Host", "Engine", ["SimBase", "Shell", "Workloads"]),
    room(
      "World", "SwarmNode",
      ["SwarmManager", "SwarmWorker", "SwarmStore", "SwarmModel", "Raft", "Engine", "Workloads", "SimKernel", "SimBase"]),
    room("World", "EngineAPI", ["SwarmNode", "SwarmManager", "SwarmStore", "SwarmModel", "Engine", "EngineTypes", "SimKernel", "SimBase"]),
    room("World", "World", ["EngineAPI", "SwarmNode", "EngineTypes", "Engine", "SimKernel", "SimBase"]),
    room(
      "World", "Checkers",
      ["World", "SwarmNode", "SwarmManager", "SwarmStore", "SwarmModel", "Raft", "Engine", "SimKernel", "SimBase"]),
    tests("CheckersTests", ["Checkers", "Lab", "World", "SwarmNode", "SwarmStore", "SwarmModel", "Raft", "EngineTypes", "SimKernel", "SimBase"]),
    room("World", "Chaos", ["Lab", "Checkers", "World", "SwarmNode", "Engine", "SwarmStore", "SwarmModel", "EngineTypes", "SimKernel", "SimBase"]),
    tests(
      "HistoryTests",
      ["Chaos", "Lab", "Checkers", "World", "SwarmNode", "SwarmStore", "SwarmModel", "Raft", "Engine", "EngineTypes", "SimKernel", "SimBase"]),
    .executableTarget(
      name: "swarmlab-bench",
      dependencies: ["Chaos", "Lab", "Checkers", "World", "SwarmNode", "SwarmManager", "SwarmStore", "SwarmModel", "EngineTypes", "SimKernel", "SimBase"],
      path: "Sources/Doors/Bench", swiftSettings: strict),
    room("World", "Lab", ["Checkers", "World", "EngineAPI", "SwarmNode", "EngineTypes", "SimKernel", "SimBase"]),
    tests("LabTests", ["Lab", "SwarmNode", "World", "EngineTypes", "SimKernel", "SimBase"]),
    room("Doors", "DockerCLI", ["SimBase", "EngineTypes"]),
    tests("DockerCLITests", ["SimBase", "EngineTypes", "DockerCLI"], resources: [.copy("Fixtures")]),
    room("Doors", "LabBook", ["DockerCLI", "Lab", "World", "SwarmNode", "EngineTypes", "SimKernel", "SimBase", "Shell"]),
    tests("SimBaseTests", ["SimBase"]),
    tests("EngineTypesTests", ["SimBase", "EngineTypes"]),
    tests("RaftTests", ["SimBase", "Raft"], resources: [.copy("Testdata")]),
    tests("WorkloadsTests", ["SimBase", "Shell", "Workloads"]),
    tests("EngineTests", ["SimBase", "Shell", "Workloads", "Engine"]),
    tests("DataplaneTests", ["Dataplane", "SimBase"]),
    tests("SchedulerTests", ["SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("AllocatorTests", ["SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    room("Host", "Shell", ["SimBase"]),
    tests("ShellTests", ["SimBase", "Shell"]),
    tests("OrchestratorTests", ["SimBase", "SwarmModel", "SwarmStore", "SwarmManager"]),
    tests("ControlAPITests", ["SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    room("Doors", "EngineServer", ["SimBase", "EngineTypes"] + nio),
    .executableTarget(
      name: "swarmlab", dependencies: ["SimBase", "EngineTypes", "EngineServer", argumentParser, "Yams"],
      path: "Sources/Doors/swarmlab", swiftSettings: strict),
    tests("EngineServerTests", ["SimBase", "EngineTypes", "EngineServer"] + nio),
    tests("SwarmlabTests", ["swarmlab"]),
    tests("TidyTests", []),
    tests("LabBookTests", ["SimBase", "Shell", "LabBook"]),
  ],
  swiftLanguageModes: [.v6]
)
