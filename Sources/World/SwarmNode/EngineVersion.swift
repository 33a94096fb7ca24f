import Engine
import SwarmModel

/// Which Docker the lab's engines say they are.
public enum EngineVersion {
  /// The engine's version.
  public static let current = "28.5.2"

  /// Network drivers.
  public static let networkDrivers = ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]

  /// The plugins of an engine without any installed, sorted as it reports them.
  public static let plugins: [EnginePlugin] =
    Engine.logDrivers.map { EnginePlugin(type: "Log", name: $0) }
    + networkDrivers.map { EnginePlugin(type: "Network", name: $0) }
    + [EnginePlugin(type: "Volume", name: "local")]
}
