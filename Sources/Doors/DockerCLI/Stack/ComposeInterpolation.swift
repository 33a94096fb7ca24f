import EngineTypes
import SimBase

/// Replaces variables in the values of a compose file.
///
/// `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:?why}`, `${A?why}`; `$$` is a dollar.
///
/// Source: docker/cli `cli/compose/template/template.go`, `interpolation/interpolation.go`.
struct ComposeInterpolation {
  let host: any CLIHost

  /// The document with its five sections' values replaced.
  func apply(to document: JSON) throws(Failure) -> JSON {
    var fields: [JSON.Field] = []
    for field in document.fields ?? [] {
      let isSection = ["services", "volumes", "networks", "secrets", "configs"].contains(field.key)
      fields.append(.init(field.key, isSection ? try value(field.value, at: [field.key]) : field.value))
    }
    return .object(fields)
  }

  private func value(_ json: JSON, at path: [String]) throws(Failure) -> JSON {
    switch json {
    case .string(let text):
      let replaced: String
      do throws(FlagTrouble) {
        replaced = try substitute(text)
      } catch {
        throw Failure(
          "invalid interpolation format for \(path.joined(separator: ".")): \(goQuoted(error.reason));"
            + " you may need to escape any $ with another $")
      }
      return replaced == text ? json : cast(replaced, at: path)
    case .array(let elements):
      var result: [JSON] = []
      for (place, element) in elements.enumerated() { result.append(try value(element, at: path + [String(place)])) }
      return .array(result)
    case .object(let members):
      var result: [JSON.Field] = []
      for member in members { result.append(.init(member.key, try value(member.value, at: path + [member.key]))) }
      return .object(result)
    default: return json
    }
  }

  private static let integers: Set<String> = [
    "replicas", "parallelism", "max_attempts", "retries", "target", "published", "size", "soft", "hard", "mode",
    "max_replicas_per_node", "pids", "oom_score_adj",
  ]
  private static let truths: Set<String> = [
    "disable", "privileged", "read_only", "stdin_open", "tty", "external", "internal", "attachable", "nocopy", "init",
  ]

  /// What a variable became, as the schema wants it there.
  private func cast(_ text: String, at path: [String]) -> JSON {
    let key = path.last ?? ""
    let isServiceMode = key == "mode" && path.contains("deploy")
    if Self.integers.contains(key), !isServiceMode, let number = Int64(text) { return .int(number) }
    if key == "max_failure_ratio", let number = Double(text) { return .double(number) }
    if Self.truths.contains(key),
      let truth = ["true": true, "false": false, "yes": true, "no": false][text.lowercased()]
    {
      return .bool(truth)
    }
    return .string(text)
  }

  /// The text with its variables replaced. Throws the text itself where it is malformed, or why a variable must be set.
  private func substitute(_ text: String) throws(FlagTrouble) -> String {
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      switch rest.first {
      case "$":
        result += "$"
        rest = rest.dropFirst()
      case "{":
        guard let end = closing(rest) else { throw FlagTrouble(text) }
        result += try braced(String(rest[rest.index(after: rest.startIndex)..<end]), in: text)
        rest = rest[rest.index(after: end)...]
      default:
        let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard let first = name.first, !first.isNumber else { throw FlagTrouble(text) }
        result += host.environment(String(name)) ?? ""
        rest = rest.dropFirst(name.count)
      }
    }
    return result + rest
  }

  private func closing(_ text: Substring) -> Substring.Index? {
    var depth = 0
    for place in text.indices {
      if text[place] == "{" { depth += 1 }
      if text[place] == "}" {
        depth -= 1
        if depth == 0 { return place }
      }
    }
    return nil
  }

  private func braced(_ body: String, in text: String) throws(FlagTrouble) -> String {
    let name = String(body.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
    guard let first = name.first, !first.isNumber else { throw FlagTrouble(text) }
    let rest = body.dropFirst(name.count)
    let value = host.environment(name)
    let countsEmpty = rest.hasPrefix(":")
    let isSet = value != nil && !(countsEmpty && value?.isEmpty == true)
    let mark = (countsEmpty ? rest.dropFirst() : rest).first
    let argument = String(rest.dropFirst(countsEmpty ? 2 : 1))
    switch mark {
    case nil where rest.isEmpty: return value ?? ""
    case "-": return isSet ? value ?? "" : try substitute(argument)
    case "?":
      if isSet { return value ?? "" }
      throw FlagTrouble("required variable \(name) is missing a value: \(argument)")
    default: throw FlagTrouble(text)
    }
  }
}
