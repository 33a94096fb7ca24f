import Engine
import SimBase
import SwarmModel

/// What an agent wants its node to do.
public enum AgentOrder: Sendable {
  /// Pick a manager and connect to it; `connected` or `disconnected` follows.
  case connect
  /// Make this call on the connection.
  case call(AgentSession.Activity, DispatcherCall)
  /// Give the connection up.
  case disconnect
  /// A dispatcher has registered this node.
  case registered
  /// The dispatcher's news of the node, of the managers and of the root.
  case message(SessionMessage)
  /// Add this to the file of tasks.
  case record([UInt8])
  /// The file of tasks is to hold these records.
  case rewriteRecords([[UInt8]])
  /// Something has happened in the engine at the agent's own doing; others may wait for it.
  case noticed(EngineNotice)
}
