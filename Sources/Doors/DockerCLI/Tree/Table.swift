import EngineTypes
import SimBase

/// A row of a listing as templates see it: what each field prints.
struct TableRow: GoObject {
  struct Field: Sendable {
    var name: String
    var value: GoValue
  }

  /// The type's name, for errors: `service.serviceContext`.
  var typeName: String
  var fields: [Field]
  /// What `.Label "key"` looks in; nil where rows have no labels.
  var labels: Table<String, String>?
  /// The header answers `.Label` with the last part of the key, and any unknown field with no value.
  var isHeader = false

  init(_ type: String, _ fields: [(String, GoValue)], labels: Table<String, String>? = nil) {
    self.typeName = type
    self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    self.labels = labels
  }

  /// A field's value, or nil for one that the row lacks.
  func member(_ name: String, _ arguments: [GoValue]) -> GoValue? {
    if name == "Label", let key = arguments.first?.string {
      if isHeader {
        let last = key.split(separator: ".").last.map(String.init) ?? key
        return .string(last.replacing("-", with: " ").replacing("_", with: " "))
      }
      if let labels { return .string(labels[key] ?? "") }
    }
    return fields.first { $0.name == name }?.value ?? (isHeader ? GoValue.none : nil)
  }

  /// The fields as `{{json .}}` lists them: by name.
  var jsonFields: [Field] { fields.sorted { $0.name < $1.name } }
}

/// A listing: rows, their headers, and the layouts that `--format` chooses between.
///
/// Source: docker/cli `cli/command/formatter/formatter.go`.
struct Listing {
  /// Headers by field, for `table` layouts.
  var headers: [(field: String, header: String)]
  /// The layout of `--format table`, and the default.
  var table: String
  /// What `-q` prints of each row.
  var quiet = "{{.ID}}"
  /// The layout of `--format raw`, where there is one.
  var raw: String?
  /// The layout of `--format raw -q`.
  var rawQuiet = "id: {{.ID}}"

  /// The text of the listing. `format` is as typed; empty means the default.
  func text(_ rows: [TableRow], format: String, quiet isQuiet: Bool) throws(Failure) -> String {
    var layout = format.isEmpty ? "table" : format
    switch layout {
    case "table": layout = isQuiet ? quiet : "table " + table
    case "raw":
      if let raw { layout = isQuiet ? rawQuiet : raw }
    case "json": layout = "{{json .}}"
    default: break
    }
    let showsHeader = layout.hasPrefix("table")
    var format = showsHeader ? String(layout.dropFirst(5)) : layout
    format = trimmedBlanks(format).replacing("\\t", with: "\t").replacing("\\n", with: "\n")
    do {
      let template = try Template(format)
      var body = ""
      for row in rows { body += try template.run(on: .object(row)) + "\n" }
      if !showsHeader { return body }
      var header = TableRow("formatter.SubHeaderContext", headers.map { ($0.field, .string($0.header)) })
      header.isHeader = true
      return TabWriter().aligned(template.header(on: .object(header)) + "\n" + body)
    } catch {
      throw Failure("template parsing error: \(error.message)")
    }
  }
}

/// The text without the blanks at its ends; tabs stay.
private func trimmedBlanks(_ text: String) -> String {
  var rest = text[...]
  while rest.first == " " { rest.removeFirst() }
  while rest.last == " " { rest.removeLast() }
  return String(rest)
}
