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

let package = Package(
  name: "swarmlab",
  targets: [
    room("Base", "SimBase"),
    room("Host", "Shell", ["SimBase"]),
    room("World", "EngineTypes", ["SimBase"]),
    room("Doors", "LabBook", ["SimBase", "Shell"]),
    tests("SimBaseTests", ["SimBase"]),
    tests("EngineTypesTests", ["SimBase", "EngineTypes"]),
    tests("ShellTests", ["SimBase", "Shell"]),
    tests("LabBookTests", ["SimBase", "Shell", "LabBook"]),
  ],
  swiftLanguageModes: [.v6]
)
