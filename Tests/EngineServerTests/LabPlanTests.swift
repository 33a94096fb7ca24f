import EngineTypes
import SimBase
import Testing

@testable import EngineServer

@Suite struct LabPlanTests {
  static func plan(_ count: Int, managers: Int = 1) -> LabPlan {
    LabPlan(
      name: "a", seed: .max, nodes: (0..<count).map { LabPlan.Node(name: "n\($0)", address: "10.0.0.\($0)") },
      managers: managers, speed: 2.5, block: 101)
  }

  @Test("a plan comes back from its file as it was, the largest seed too")
  func roundTrip() { #expect(LabPlan(json: LabPlanTests.plan(3).json) == LabPlanTests.plan(3)) }

  @Test("a file that lacks a field is no plan")
  func damaged() {
    let text = String(decoding: LabPlanTests.plan(3).json, as: UTF8.self)
    #expect(LabPlan(json: Array(text.replacing("\"seed\"", with: "\"sed\"").utf8)) == nil)
    #expect(LabPlan(json: []) == nil)
  }

  @Test(
    "node n is reached at 127.k.(n div 250).(1 + n mod 250)",
    arguments: [(0, "127.101.0.1"), (249, "127.101.0.250"), (250, "127.101.1.1"), (4_999, "127.101.19.250")])
  func loopback(node: Int, address: String) { #expect(LabPlanTests.plan(1).loopback(of: node) == address) }

  @Test("nodes get 192.168.99.100 and up, and a subnet that is too small says how to get a wider one")
  func addresses() throws {
    let wide = try NodeAddresses(subnet: "192.168.99.0/24")
    #expect(try wide.address(0) == "192.168.99.100")
    #expect(try wide.address(154) == "192.168.99.254")
    #expect(throws: DoorError.self) { try wide.address(155) }
    #expect(try NodeAddresses(subnet: "10.1.2.64/28").address(0) == "10.1.2.65")
  }

  @Test(
    "a malformed subnet is a fault of the command line", arguments: ["", "10.0.0.0", "10.0.0/24", "1.2.3.4/99", "a/8"])
  func badSubnet(text: String) {
    let error = #expect(throws: DoorError.self) { try NodeAddresses(subnet: text) }
    #expect(error?.exitCode == 64)
  }

  @Test(
    "names that could leave their folder, or hide in it, are refused", arguments: ["", "..", "a/b", ".x", "-n", "ä"])
  func badNames(name: String) { #expect(throws: DoorError.self) { try LabName.check(name, "lab") } }

  @Test("a node that is not there is named together with those that are")
  func unknownNode() {
    let error = #expect(throws: DoorError.self) { try LabPlanTests.plan(2).index(of: "web") }
    #expect(error?.description == "lab a has no node web. It has n0, n1.")
  }

  @Test(
    "spans of virtual time are Go's, and days",
    arguments: [("500ms", 500), ("5", 5_000), ("1d12h", 129_600_000), ("3d", 259_200_000), ("2m1s", 121_000)])
  func spans(text: String, milliseconds: Int64) { #expect(Duration(span: text) == .milliseconds(milliseconds)) }

  @Test("what is no span is none", arguments: ["", "d", "x", "5 s", "-1d", "1d2", "soon"])
  func noSpans(text: String) { #expect(Duration(span: text) == nil) }
}

@Suite struct LabFoldersTests {
  func folders(_ variables: [String: String]) throws -> LabFolders { try LabFolders { variables[$0] } }

  @Test("state goes to SWARMLAB_HOME, else XDG_STATE_HOME, else the home folder")
  func state() throws {
    #expect(try folders(["SWARMLAB_HOME": "/a/", "XDG_STATE_HOME": "/b", "HOME": "/c"]).state == "/a")
    #expect(try folders(["XDG_STATE_HOME": "/b", "HOME": "/c"]).state == "/b/swarmlab")
    #expect(try folders(["XDG_STATE_HOME": "", "HOME": "/c"]).state == "/c/.local/state/swarmlab")
    #expect(throws: DoorError.self) { try folders([:]) }
  }

  @Test("a runtime folder that does not exist is passed over for the temporary one")
  func runtime() throws {
    #expect(try folders(["HOME": "/c", "XDG_RUNTIME_DIR": "/tmp"]).runtime == "/tmp/swarmlab")
    #expect(
      try folders(["HOME": "/c", "XDG_RUNTIME_DIR": "/nowhere", "TMPDIR": "/t"]).runtime.hasPrefix("/t/swarmlab-"))
  }

  @Test("a socket path over 100 bytes is refused before anything is made, with the remedy")
  func longPath() throws {
    let root = "/tmp/" + String(repeating: "x", count: 90)
    let folder = LabFolders(state: root, runtime: root).lab("lab")
    let error = #expect(throws: DoorError.self) { try folder.create(LabPlanTests.plan(1)) }
    #expect(error == .pathTooLong(root + "/lab/.control.sock"))
    #expect(error?.description.includes("XDG_RUNTIME_DIR") == true)
    #expect(!Files.exists(root))
  }

  @Test("a lab is running exactly while somebody holds its lock")
  func running() throws {
    let root = "/tmp/slr\(ProcessFacts.pid)"
    defer { try? Files.remove(root) }
    let folder = LabFolders(state: root + "/s", runtime: root + "/r").lab("lab")
    try folder.create(LabPlanTests.plan(1))
    #expect(!folder.isRunning)
    var lock = try FileLock.take(folder.pidPath)
    lock?.note("4711\n")
    #expect(folder.pid == 4_711)
    #expect(try FileLock.take(folder.pidPath) == nil)
    lock = nil
    #expect(!folder.isRunning && folder.pid == nil)
  }
}
