import EngineTypes
import SimBase

/// What `inspect` prints of objects: an array, or a template's text for each.
///
/// Source: docker/cli `cli/command/inspect/inspector.go`.
struct Inspector {
  /// An object as an inspect command has it.
  struct Element {
    /// Decoded into its struct; nil where templates see the raw document only.
    var typed: GoValue?
    /// The engine's bytes; nil where the struct is printed instead.
    var raw: [UInt8]?
  }

  static let formatOption = Option(
    "format", "f",
    """
    Format output using a custom template:
    'json':             Print in JSON format
    'TEMPLATE':         Print output using the given Go template.
    Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates
    """)

  /// Prints the objects of these names, then throws what went wrong with the others.
  static func run(
    _ names: [String], format: String, badFormatStatus: Int32 = 1, in session: Session,
    find: (String) throws(Failure) -> Element
  ) throws(Failure) {
    var template: Template?
    if !format.isEmpty, format != "json" {
      do throws(TemplateError) {
        template = try Template(format)
      } catch {
        throw Failure("template parsing error: \(error.message)", status: badFormatStatus)
      }
    }
    var elements: [Element] = []
    var output = ""
    var failures = Failures()
    for name in names {
      do throws(Failure) {
        let element = try find(name)
        if let template { output += try apply(template, to: element) + "\n" } else { elements.append(element) }
      } catch {
        failures.note(Failure(error.message))
      }
    }
    if template == nil { output = array(elements, isCompact: format == "json") }
    session.write(output.isEmpty ? "\n" : output)
    try failures.raise()
  }

  /// A template's text for one object: over its struct, and where that fails over the raw document.
  private static func apply(_ template: Template, to element: Element) throws(Failure) -> String {
    do throws(TemplateError) {
      if let typed = element.typed {
        do throws(TemplateError) {
          return try template.run(on: typed)
        } catch  where element.raw == nil {
          throw error
        } catch {
          // The document may have what the struct lacks.
        }
      }
      let document = (try? JSON.parse(element.raw ?? [])) ?? .null
      return try template.run(on: GoValue(untyped: document), missingKeyIsError: true)
    } catch {
      throw Failure("template parsing error: \(error.message)")
    }
  }

  private static func array(_ elements: [Element], isCompact: Bool) -> String {
    if elements.isEmpty { return "[]\n" }
    let texts = elements.map { element in
      element.raw ?? Array((element.typed?.json.goText ?? "null").utf8)
    }
    let joined = [UInt8(ascii: "[")] + texts.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    return (isCompact ? compactedJSON(joined) : indentedJSON(joined)) + "\n"
  }
}

extension Inspector.Element {
  /// The engine's document, which templates see as the struct of this name first.
  init(document: [UInt8], as type: String) {
    self.init(typed: (try? JSON.parse(document)).map { GoValue($0, as: type) }, raw: document)
  }
}

/// JSON text laid out with four blanks a level, its scalars as they were: Go's `json.Indent`.
func indentedJSON(_ bytes: [UInt8], by indent: String = "    ") -> String { laidOut(bytes, indent: Array(indent.utf8)) }

/// JSON text without its blanks.
func compactedJSON(_ bytes: [UInt8]) -> String { laidOut(bytes, indent: nil) }

private func laidOut(_ bytes: [UInt8], indent: [UInt8]?) -> String {
  var result: [UInt8] = []
  var depth = 0
  var isInText = false
  var isEscaped = false
  var opensEmpty = false
  func newline(_ depth: Int) -> [UInt8] {
    indent.map { [10] + Array(repeatElement($0, count: depth).joined()) } ?? []
  }
  for byte in bytes {
    if isInText {
      result.append(byte)
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        isInText = byte != UInt8(ascii: "\"")
      }
      continue
    }
    if [32, 9, 10, 13].contains(byte) { continue }
    let closes = byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    if opensEmpty, !closes { result += newline(depth) }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      result.append(byte)
      depth += 1
      opensEmpty = true
      continue
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      depth -= 1
      if !opensEmpty { result += newline(depth) }
      result.append(byte)
    case UInt8(ascii: ","):
      result.append(byte)
      result += newline(depth)
    case UInt8(ascii: ":"):
      result.append(byte)
      if indent != nil { result.append(32) }
    default:
      result.append(byte)
      isInText = byte == UInt8(ascii: "\"")
    }
    opensEmpty = false
  }
  return String(decoding: result, as: UTF8.self)
}
