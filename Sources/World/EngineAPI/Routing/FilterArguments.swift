import EngineTypes
import SimBase
import SwarmManager
import SwarmModel

/// The `filters` of a list: names with values, in either of the two encodings that clients use.
///
/// Go clients send a map of maps, `{"label":{"a=b":true}}`, in which even a false entry counts; others send a map of lists,
/// `{"label":["a=b"]}`. Values of a name are alternatives and come in order of their text.
///
/// Source: moby/moby `daemon/internal/filters/parse.go`.
public struct FilterArguments: Sendable, Equatable {
  private var fields = Table<String, Table<String, Bool>>()

  /// No filters.
  public init() {}

  /// Reads the value of a `filters` parameter; an empty one filters nothing.
  public init(_ text: String) throws(APIError) {
    if text.isEmpty { return }
    guard let document = try? JSON.parse(text) else { throw .invalidFilter }
    if document.isNull { return }
    guard let entries = document.fields else { throw .invalidFilter }
    for entry in entries {
      switch entry.value {
      case .object(let values):
        guard values.allSatisfy({ $0.value.bool != nil }) else { throw .invalidFilter }
        fields[entry.key] = Table(values.map { ($0.key, true) })
      case .array(let values):
        let texts = values.compactMap(\.string)
        if texts.count != values.count { throw .invalidFilter }
        fields[entry.key] = Table(texts.map { ($0, true) })
      case .null: fields[entry.key] = Table()
      default: throw .invalidFilter
      }
    }
  }

  /// Whether nothing is filtered.
  public var isEmpty: Bool { fields.isEmpty }
  /// The names in use, in order.
  public var names: [String] { fields.keys }
  /// The values of a name, in order; empty where it is not used.
  public subscript(name: String) -> [String] { fields[name]?.keys ?? [] }
  /// Whether a name is used.
  public func contains(_ name: String) -> Bool { fields.contains(name) }

  /// Refuses names that a list does not know.
  func validate(_ accepted: String...) throws(APIError) {
    for name in names where !accepted.contains(name) { throw APIError(.invalidParameter, "invalid filter '\(name)'") }
  }

  /// The values of a name as labels: `key` asks that it is there, `key=value` that it is so.
  public func labels(_ name: String) -> Labels {
    Labels(
      self[name].map { text in
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
      })
  }

  /// Truth of a name's only value: `dangling=true`. Nil where the name is not used.
  func flag(_ name: String) throws(APIError) -> Bool? {
    guard contains(name) else { return nil }
    let values = self[name]
    if values.count == 1 {
      if ["1", "true"].contains(values[0]) { return true }
      if ["0", "false"].contains(values[0]) { return false }
    }
    throw APIError(.invalidParameter, "invalid filter '\(name)=[\(values.joined(separator: " "))]'")
  }
}

extension APIError {
  /// Filters that cannot be read at all.
  static let invalidFilter = APIError(.invalidParameter, "invalid filter")
}
