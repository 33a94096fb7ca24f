import Engine
import SimBase
import Workloads

/// An engine with a clock: what a driver does with one, in the smallest form.
struct Rig {
  var engine: Engine
  var now = Instant.zero
  var out = Outbox<EngineNotice>()
  /// Every notice so far with its instant.
  var notices: [(Instant, EngineNotice)] = []

  init(seed: UInt64 = 1, costs: EngineCosts = .none) {
    var config = EngineConfig()
    config.costs = costs
    engine = Engine(hostname: "node1", dice: Dice(seed: seed, label: "engine"), config: config)
  }

  mutating func collect() { for notice in out.drain() { notices.append((now, notice)) } }

  /// Lets time pass, deadline by deadline.
  mutating func run(for span: Duration) {
    let end = now + span
    collect()
    while let due = engine.nextDeadline, due <= end {
      now = max(now, due)
      engine.advance(to: now, into: &out)
      collect()
    }
    now = end
  }

  mutating func pull(_ name: String) throws {
    let id = engine.beginPull(try ImageReference(name), at: now)
    while engine.pull(id) != nil, let due = engine.nextDeadline {
      now = max(now, due)
      engine.advance(to: now, into: &out)
      collect()
    }
    for (_, notice) in notices { if case .pulled(id, let error?) = notice { throw error } }
  }

  @discardableResult
  mutating func create(_ spec: ContainerSpec) throws -> ContainerID {
    if (try? engine.image(spec.config.value.image)) == nil { try pull(spec.config.value.image) }
    let id = try engine.create(spec, at: now, into: &out)
    collect()
    return id
  }

  @discardableResult
  mutating func create(_ image: String, _ command: [String]? = nil, name: String? = nil) throws -> ContainerID {
    try create(ContainerSpec(image: image, command: command, name: name))
  }

  @discardableResult
  mutating func start(_ image: String, _ command: [String]? = nil, name: String? = nil) throws -> ContainerID {
    let id = try create(image, command, name: name)
    try start(id)
    return id
  }

  mutating func start(_ id: ContainerID) throws {
    try engine.start(.id(id), at: now, into: &out)
    collect()
    run(for: .zero)
  }

  mutating func stop(_ id: ContainerID, timeout: Duration? = nil) throws {
    try engine.stop(.id(id), timeout: timeout, at: now, into: &out)
    collect()
    run(for: .zero)
  }

  func state(_ id: ContainerID) -> ContainerState? { engine.container(id)?.state }

  func lines(_ id: ContainerID) -> [String] { engine.log(of: id, from: 0).map(\.text) }

  /// When a notice of this kind came, first.
  func time(_ isWanted: (EngineNotice) -> Bool) -> Instant? { notices.first { isWanted($0.1) }?.0 }

  var actions: [String] { engine.events(from: 0).map { "\($0.kind.text) \($0.action)" } }
}
