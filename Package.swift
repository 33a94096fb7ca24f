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
    room("World", "EngineTypes", ["SimBase"]),
    room("Doors", "EngineServer", ["SimBase", "EngineTypes"] + nio),
    .executableTarget(
      name: "swarmlab", dependencies: ["SimBase", "EngineTypes", "EngineServer", argumentParser, "Yams"],
      path: "Sources/Doors/swarmlab", swiftSettings: strict),
    tests("SimBaseTests", ["SimBase"]),
    tests("EngineTypesTests", ["SimBase", "EngineTypes"]),
    tests("EngineServerTests", ["SimBase", "EngineTypes", "EngineServer"] + nio),
    tests("SwarmlabTests", ["swarmlab"]),
    tests("TidyTests", []),
  ],
  swiftLanguageModes: [.v6]
)
