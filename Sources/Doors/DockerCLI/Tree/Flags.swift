import EngineTypes
import SimBase

/// The flags of one command line: what was given, over what was declared.
struct Flags: Sendable {
  private let options: [Option]
  private var given: [String: [String]] = [:]

  init(_ options: [Option]) { self.options = options }

  /// Notes a value that has been checked.
  mutating func add(_ text: String, to option: Option) {
    let name = option.target ?? option.name
    if option.isRepeatable { given[name, default: []].append(text) } else { given[name] = [text] }
  }

  /// Whether the flag was given, whatever its value.
  func isSet(_ name: String) -> Bool { given[declared(name).name] != nil }

  /// Whether any of these flags was given.
  func isAnySet(_ names: String...) -> Bool { names.contains { isSet($0) } }

  /// The flags that were given, by name.
  var names: [String] { given.keys.sorted() }

  /// The last value as text.
  func text(_ name: String) -> String { given[name]?.last ?? declared(name).initial }

  /// The last value as text, or nil where none was given.
  func given(_ name: String) -> String? { given[declared(name).name]?.last }

  /// Whether a switch is on.
  func isOn(_ name: String) -> Bool { (try? goBool(text(name))) ?? false }

  /// A whole number; zero where there is none.
  func int(_ name: String) -> Int64 { (try? goInteger(text(name))) ?? 0 }

  /// A whole number of at least zero.
  func uint(_ name: String) -> UInt64 { (try? goUnsigned(text(name), bits: 64)) ?? 0 }

  /// A fraction; zero where there is none.
  func float(_ name: String) -> Double { Double(text(name)) ?? 0 }

  /// A span; none where there is none.
  func duration(_ name: String) -> Duration { Duration(go: text(name)) ?? .zero }

  /// A size in bytes.
  func size(_ name: String) -> Int64 { (try? parsedSize(text(name))) ?? 0 }

  /// Every value in order; comma-separated ones apart.
  func list(_ name: String) -> [String] {
    let option = declared(name)
    guard let values = given[name] else { return option.initial.isEmpty ? [] : [option.initial] }
    if case .strings = option.kind { return values.flatMap { (try? csvFields($0)) ?? [] } }
    return values
  }

  /// `key=value` pairs; a later one of a key replaces an earlier one.
  func map(_ name: String) -> Table<String, String> { keyValues(list(name)) }

  /// The filters, for a request.
  func filters(_ name: String = "filter") -> Filters {
    var filters = Filters()
    for text in list(name) {
      guard let (key, value) = text.cut("=") else { continue }
      filters.add(key.lowercased().trimmed(), value.trimmed())
    }
    return filters
  }

  private func declared(_ name: String) -> Option {
    guard let option = options.first(where: { $0.name == name }) else { preconditionFailure("no flag --\(name)") }
    return option
  }
}
