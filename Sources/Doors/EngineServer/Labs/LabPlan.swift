import Engine
import EngineTypes
import Personas
import SimBase

/// What a lab is made of. It is decided when the lab is made, and kept in its folder as `lab.json`.
public struct LabPlan: Sendable, Equatable {
  /// A virtual node.
  public struct Node: Sendable, Equatable {
    /// Its host name.
    public var name: String
    /// Its address inside the lab.
    public var address: String
    /// What its engine is started with.
    public var daemon: DaemonFlags

    /// A node.
    public init(name: String, address: String, daemon: DaemonFlags = DaemonFlags()) {
      self.name = name
      self.address = address
      self.daemon = daemon
    }
  }

  /// The lab's name.
  public var name: String
  /// What every random choice comes from.
  public var seed: UInt64
  /// The nodes, managers first.
  public var nodes: [Node]
  /// How many of the nodes form the swarm as managers; 0 for nodes without a swarm.
  public var managers: Int
  /// Virtual seconds per second.
  public var speed: Double
  /// The second byte of the loopback addresses that lead to the nodes: 127.k.0.0/16.
  public var block: Int
  /// The images that there are.
  public var shelf: PersonaShelf

  /// A plan.
  public init(
    name: String, seed: UInt64, nodes: [Node], managers: Int, speed: Double = 1, block: Int = 99,
    shelf: PersonaShelf = PersonaShelf()
  ) {
    self.name = name
    self.seed = seed
    self.nodes = nodes
    self.managers = managers
    self.speed = speed
    self.block = block
    self.shelf = shelf
  }

  /// Whether the nodes form no swarm by themselves.
  public var isBare: Bool { managers == 0 }
  /// How many of the nodes join as workers.
  public var workers: Int { isBare ? 0 : nodes.count - managers }

  /// The plan in a few words: `1 manager and 3 workers`.
  public var summary: String {
    if isBare { return nodes.count == 1 ? "1 bare node" : "\(nodes.count) bare nodes" }
    let leading = managers == 1 ? "1 manager" : "\(managers) managers"
    return "\(leading) and \(workers == 1 ? "1 worker" : "\(workers) workers")"
  }

  /// The place of the node with this name.
  public func index(of name: String) throws(DoorError) -> Int {
    if let index = nodes.firstIndex(where: { $0.name == name }) { return index }
    throw .unknownNode(name, lab: self.name, known: nodes.map(\.name))
  }

  /// The loopback address that leads to a node.
  public func loopback(of node: Int) -> String { "127.\(block).\(node / 250).\(1 + node % 250)" }
}

extension LabPlan {
  /// The plan as `lab.json` holds it.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.field("name", name)
      $0.field("seed", String(seed))
      $0.field("managers", managers)
      $0.field("speed", speed)
      $0.field("block", block)
      if shelf.isStrict { $0.field("strictImages", true) }
      if !shelf.files.isEmpty {
        $0.field("personas") {
          $0.array(shelf.files) { writer, file in
            writer.object {
              $0.field("file", file.name)
              $0.field("text", file.text)
            }
          }
        }
      }
      $0.field("nodes") {
        $0.array(nodes) { writer, node in
          writer.object {
            $0.field("name", node.name)
            $0.field("address", node.address)
            if !node.daemon.words.isEmpty { $0.field("dockerd", node.daemon.words) }
          }
        }
      }
    }
    return writer.bytes + [0x0A]
  }

  /// Reads `lab.json`; nil where something is missing.
  public init?(json bytes: [UInt8]) {
    guard let document = try? JSON.parse(bytes), let name = document["name"].string,
      let seed = document["seed"].string.flatMap({ UInt64($0) }), let managers = document["managers"].int,
      let speed = document["speed"].double, let block = document["block"].int, let nodes = document["nodes"].array
    else { return nil }
    var read: [Node] = []
    for node in nodes {
      guard let name = node["name"].string, let address = node["address"].string,
        let daemon = try? DaemonFlags((node["dockerd"].array ?? []).compactMap(\.string))
      else { return nil }
      read.append(Node(name: name, address: address, daemon: daemon))
    }
    var files: [PersonaFile] = []
    for file in document["personas"].array ?? [] {
      guard let name = file["file"].string, let text = file["text"].string else { return nil }
      files.append(PersonaFile(name: name, text: text))
    }
    guard let shelf = try? PersonaShelf(files, isStrict: document["strictImages"].bool ?? false) else { return nil }
    self.init(
      name: name, seed: seed, nodes: read, managers: Int(managers), speed: speed, block: Int(block), shelf: shelf)
  }
}

/// What a lab may be called.
public enum LabName {
  /// The lab that is meant where none is named.
  public static let standard = "lab"

  /// Checks a lab's or a node's name: it becomes a folder, a socket's name and a host name.
  public static func check(_ name: String, _ kind: String) throws(DoorError) {
    let bytes = Array(name.utf8)
    let isPlain = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let startsWell = bytes.first.map { ![UInt8(ascii: "."), UInt8(ascii: "-")].contains($0) } ?? false
    if !isPlain || !startsWell || bytes.count > 63 {
      throw .malformed(
        "'\(name)' cannot be a \(kind)'s name: letters, digits, '_', '.' and '-', at most 63, not beginning with '.' or '-'."
      )
    }
  }
}

/// Virtual addresses of nodes: 192.168.99.100 and up unless a subnet is asked for.
public struct NodeAddresses: Sendable {
  private let base: UInt32
  private let size: UInt32
  private let text: String

  /// Addresses from a subnet written `10.0.0.0/24`. The first hundred are left to people where there is room for that.
  public init(subnet: String) throws(DoorError) {
    let parts = subnet.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = NodeAddresses.parse(String(parts[0])), let bits = UInt32(parts[1]),
      (8...30).contains(bits)
    else { throw .malformed("'\(subnet)' is no subnet: write it as 192.168.99.0/24.") }
    size = 1 << (32 - bits)
    base = address & ~(size - 1)
    text = subnet
  }

  /// The address of the node at this place.
  public func address(_ index: Int) throws(DoorError) -> String {
    let first: UInt32 = size >= 256 ? 100 : 1
    let offset = first + UInt32(index)
    if offset >= size - 1 {
      throw .malformed("subnet \(text) has no room for \(index + 1) nodes: give a wider one with --subnet.")
    }
    return NodeAddresses.text(base + offset)
  }

  /// Reads `10.99.0.11`; nil for anything else.
  public static func parse(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count != 4 { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part), part.allSatisfy(\.isNumber) else { return nil }
      address = address << 8 | UInt32(byte)
    }
    return address
  }

  private static func text(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }
}
