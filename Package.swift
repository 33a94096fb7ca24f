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

/// What several test targets share.
func support(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: imports, path: "Tests/Support/\(name)", swiftSettings: strict)
}

let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// What most rooms about whole nodes need beside their own.
let node: [Target.Dependency] = ["SwarmNode", "Engine", "EngineTypes", "SimKernel", "SimBase"]
let swarm: [Target.Dependency] = ["SwarmManager", "SwarmWorker", "SwarmStore", "SwarmModel"]

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
    room("Base", "GoTemplate", ["SimBase"]),

    room("Host", "Shell", ["SimBase"]),
    room("Host", "Workloads", ["Shell", "SimBase"]),
    room("Host", "Dataplane", ["SimBase"]),
    room("Host", "Engine", ["Workloads", "Shell", "SimBase"]),

    room("Swarm", "Raft", ["SimBase"]),
    room("Swarm", "SwarmModel", ["GoTemplate", "SimBase"]),
    room("Swarm", "SwarmStore", ["SwarmModel", "SimBase"]),
    room("Swarm", "SwarmManager", ["SwarmStore", "SwarmModel", "Dataplane", "GoTemplate", "SimBase"]),
    room("Swarm", "SwarmWorker", ["SwarmModel", "Engine", "Workloads", "GoTemplate", "SimBase"]),

    room("World", "SwarmNode", swarm + ["Raft", "Engine", "Workloads", "Shell", "SimKernel", "SimBase"]),
    room("World", "EngineTypes", ["SimBase"]),
    room("World", "Builder", ["EngineTypes", "Workloads", "Shell", "SimBase"]),
    room("World", "EngineAPI", node + swarm + ["Builder", "Workloads", "Shell", "GoTemplate"]),
    room("World", "World", node + ["EngineAPI"]),
    room("World", "Checkers", node + swarm + ["World", "Raft"]),
    room("World", "Lab", node + ["Checkers", "World", "EngineAPI", "SwarmModel", "SwarmStore"]),
    room("World", "Chaos", node + swarm + ["Lab", "Checkers", "World", "Raft"]),

    room("Doors", "DockerCLI", ["EngineTypes", "GoTemplate", "SimBase"]),
    room("Doors", "Personas", ["Engine", "Workloads", "SimBase", yams]),
    room("Doors", "LabBook", node + ["DockerCLI", "Personas", "Lab", "World", "Shell"]),
    room("Doors", "EngineServer", node + ["Personas", "Lab", "World", "EngineAPI"] + nio),
    .executableTarget(
      name: "swarmlab",
      dependencies: [
        "SimBase", "Engine", "EngineTypes", "EngineServer", "DockerCLI", "LabBook", "Personas", "Lab", "Chaos",
        argumentParser,
      ],
      path: "Sources/Doors/swarmlab", swiftSettings: strict),
    .executableTarget(
      name: "swarmlab-bench", dependencies: node + swarm + ["Chaos", "Lab", "Checkers", "World"],
      path: "Sources/Doors/Bench", swiftSettings: strict),

    tests("SimBaseTests", ["SimBase"]),
    tests("ShellTests", ["Shell", "SimBase"]),
    tests("WorkloadsTests", ["Workloads", "Shell", "SimBase"]),
    tests("DataplaneTests", ["Dataplane", "SimBase"]),
    tests("EngineTests", ["Engine", "Workloads", "Shell", "SimBase"]),
    tests("BuilderTests", ["Builder", "Shell", "SimBase"]),
    tests("RaftTests", ["Raft", "SimBase"], resources: [.copy("Testdata")]),
    tests("OrchestratorTests", ["SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    support("LeaderRig", ["SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("SchedulerTests", ["LeaderRig", "SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("AllocatorTests", ["LeaderRig", "SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("DispatcherTests", ["LeaderRig", "SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("WorkerTests", ["SwarmWorker", "SwarmModel", "Engine", "Workloads", "SimBase"]),
    tests("LeaderTests", ["LeaderRig", "SwarmManager", "SwarmStore", "SwarmModel", "SimBase"]),
    tests("ControlAPITests", ["SwarmManager", "SwarmStore", "SwarmModel", "GoTemplate", "SimBase"]),
    tests("EngineTypesTests", ["EngineTypes", "SimBase"]),
    tests(
      "EngineAPITests",
      ["EngineAPI", "SwarmNode", "SwarmManager", "SwarmStore", "SwarmModel", "EngineTypes", "SimBase"],
      resources: [.copy("Fixtures")]),
    tests(
      "EngineOperationTests", node + ["Lab", "World", "EngineAPI", "Workloads", "Shell"],
      resources: [.copy("Fixtures")]),
    tests("CheckersTests", node + swarm + ["Checkers", "Lab", "World", "Raft"]),
    tests("HistoryTests", node + swarm + ["Chaos", "Lab", "Checkers", "World", "Raft"]),
    tests("LabTests", node + swarm + ["Lab", "World"]),
    tests("DockerCLITests", ["DockerCLI", "EngineTypes", "GoTemplate", "SimBase"], resources: [.copy("Fixtures")]),
    tests("PersonasTests", ["Engine", "Personas", "Workloads", "SimBase"]),
    tests("LabBookTests", ["LabBook", "Personas", "EngineTypes", "Shell", "SimBase"]),
    tests("EngineServerTests", ["EngineServer", "EngineAPI", "SwarmNode", "EngineTypes", "SimBase"] + nio),
    tests("SwarmlabTests", ["swarmlab"]),
    tests("TidyTests", []),
  ],
  swiftLanguageModes: [.v6]
)
