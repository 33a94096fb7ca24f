import EngineTypes

/// Flags that many commands share.
enum SharedOptions {
  static let tableFormat = Option(
    "format", nil,
    """
    Format output using a custom template:
    'table':            Print output in table format with column headers (default)
    'table TEMPLATE':   Print output in table format using the given Go template
    'json':             Print in JSON format
    'TEMPLATE':         Print output using the given Go template.
    Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates
    """)
  static let taskFormat = Option("format", nil, "Pretty-print tasks using a Go template")
  static let filter = Option("filter", "f", .filter, "Filter output based on conditions provided")
  static let quietIDs = Option("quiet", "q", .bool, "Only display IDs")
  static let pretty = Option("pretty", nil, .bool, "Print the information in a human friendly format")
  static let detach = Option(
    "detach", "d", .bool, "Exit immediately instead of waiting for the service to converge")
  static let quietProgress = Option("quiet", "q", .bool, "Suppress progress output")
  static let force = Option("force", "f", .bool, "Do not prompt for confirmation")
}

extension Invocation {
  /// The layout of a listing: as typed, else as the user's settings have it.
  func listFormat(setting: String) -> String {
    let given = flags.text("format")
    if !given.isEmpty || flags.isOn("quiet") { return given }
    return session.settings[setting].string ?? ""
  }
}
