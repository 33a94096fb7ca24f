import EngineAPI
import EngineTypes
import Lab
import Personas
import SimBase
import SimKernel
import SwarmNode
import World

/// What may change a world from outside, as the door journals it: a fault is still its words, so that the journal's form
/// does not grow with the faults there are.
enum DoorInput: Sendable, Equatable {
  /// A whole request to a node's engine.
  case request(RequestID, node: Int, EngineRequest)
  /// Bytes from the client of a hijacked connection.
  case bytes(RequestID, [UInt8])
  /// The client will write no more.
  case closeWriting(RequestID)
  /// The client is gone.
  case hangUp(RequestID)
  /// A fault, as its command line: `kill node1`.
  case fault([String])
}

/// What a fault's words come to.
enum FaultVerdict: Equatable {
  /// They are no fault, in whatever world.
  case misspoken(String)
  /// They are one, but not here and now: there is no such node.
  case impossible(String)
  /// What they are to break is broken already.
  case moot
  /// They break or mend something, or see to it that nothing is broken.
  case effective
}

/// The door's hold on a world: the calls that it makes, and nothing else.
///
/// Calls, and no type: a test hands in a world of its own, and what the door needs of one is read off here.
public struct WorldHandle {
  /// The world's clock.
  var now: () -> Instant
  /// When the next event is due; nil in a world where nothing will ever happen by itself.
  var nextEventAt: () -> Instant?
  /// Takes an input in, at `now`.
  var accept: (DoorInput) -> Void
  /// Handles due events, at most so many, and says how many; with fewer than that, `now` is the given instant.
  var run: (_ until: Instant, _ atMost: Int) -> Int
  /// Takes the outputs that have gathered, oldest first.
  var drainOutputs: () -> [EngineOutput]
  /// The hash of the whole history.
  var traceHash: () -> UInt64
  /// Whether a node's engine runs.
  var isUp: (_ node: Int) -> Bool
  /// What these words come to as a fault, if they are accepted now.
  var verdict: (_ fault: [String]) -> FaultVerdict
  /// The faults that last, a row each under a head.
  var faults: () -> [[String]]
  /// What swarmlab's own parts wanted to do to tasks and had no right to, oldest first: faults of swarmlab's.
  var refusedMoves: () -> [String]
  /// The nodes' disks, for a clean stop; nil where the world cannot be stopped cleanly and its journal must be kept.
  var disks: () -> [UInt8]?
}

extension WorldHandle {
  /// A hold on this world; nobody else has it.
  public init(_ world: World) {
    final class Box {
      var world: World
      init(_ world: World) { self.world = world }
    }
    let box = Box(world)
    self.init(
      now: { box.world.now }, nextEventAt: { box.world.nextEventAt },
      accept: { input in
        for input in WorldHandle.inputs(input, in: box.world) { box.world.accept(input) }
      },
      run: { box.world.run(until: $0, atMost: $1) }, drainOutputs: { box.world.drainOutputs() },
      traceHash: { box.world.traceHash },
      isUp: { box.world.node(HostID($0)).isUp },
      verdict: { words in
        do throws(FaultWords.Trouble) {
          let orders = try FaultWords.orders(words, in: box.world)
          return !orders.isEmpty && orders.allSatisfy { box.world.isMoot($0.fault) } ? .moot : .effective
        } catch {
          return error.isUsage ? .misspoken(error.reason) : .impossible(error.reason)
        }
      },
      faults: { [FaultWords.listingHead] + FaultWords.listing(of: box.world) },
      refusedMoves: { WorldHandle.refusedMoves(in: box.world) }, disks: { nil })
  }

  private static func refusedMoves(in world: World) -> [String] {
    world.hosts.flatMap { host in world[host].refusedMoves.map { "\(world[host].hostname): \($0)" } }
  }

  /// A world of the plan's nodes, just switched on.
  public init(_ plan: LabPlan) {
    let nodes = plan.nodes.map { WorldPlan.NodePlan(name: $0.name, ip: $0.address, daemon: $0.daemon) }
    var whole = WorldPlan(seed: plan.seed, nodes: nodes)
    whole.engine = plan.shelf.engine
    self.init(World(whole))
  }

  /// What the world accepts for an input of the door's. A fault's targets are found in the world as it is at that instant,
  /// and a replay finds the same.
  private static func inputs(_ input: DoorInput, in world: World) -> [Input] {
    switch input {
    case .request(let id, let node, let request): [.request(id, node: HostID(node), request)]
    case .bytes(let id, let bytes): [.bytes(id, bytes)]
    case .closeWriting(let id): [.closeWriting(id)]
    case .hangUp(let id): [.hangUp(id)]
    case .fault(let words):
      ((try? FaultWords.orders(words, in: world)) ?? []).map { .fault($0.fault, for: $0.span) }
    }
  }
}
