import EngineTypes
import SimBase

/// Replaces variables in the values of a compose file.
///
/// `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:?why}`, `${A?why}`; `$$` is a dollar. What stands for
/// a missing value ends at the first brace and is taken as it is.
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
          "invalid interpolation format for \(path.joined(separator: ".")): \(error.reason.goQuoted);"
            + " you may need to escape any $ with another $")
      }
      return replaced == text ? json : try cast(replaced, at: path)
    case .array(let elements):
      var result: [JSON] = []
      for element in elements { result.append(try value(element, at: path + ["[]"])) }
      return .array(result)
    case .object(let members):
      var result: [JSON.Field] = []
      for member in members { result.append(.init(member.key, try value(member.value, at: path + [member.key]))) }
      return .object(result)
    default: return json
    }
  }

  private enum Kind { case integer, number, truth }

  /// Where a variable's text becomes something else; `*` is any key, `[]` any element.
  private static let kinds: [(path: [String], kind: Kind)] = {
    let services: [(String, Kind)] = [
      ("configs.[].mode", .integer), ("secrets.[].mode", .integer), ("healthcheck.retries", .integer),
      ("healthcheck.disable", .truth), ("deploy.replicas", .integer), ("deploy.update_config.parallelism", .integer),
      ("deploy.update_config.max_failure_ratio", .number), ("deploy.rollback_config.parallelism", .integer),
      ("deploy.rollback_config.max_failure_ratio", .number), ("deploy.restart_policy.max_attempts", .integer),
      ("deploy.placement.max_replicas_per_node", .integer), ("ports.[].target", .integer),
      ("ports.[].published", .integer), ("ulimits.*", .integer), ("ulimits.*.hard", .integer),
      ("ulimits.*.soft", .integer), ("privileged", .truth), ("oom_score_adj", .integer), ("read_only", .truth),
      ("stdin_open", .truth), ("tty", .truth), ("volumes.[].read_only", .truth), ("volumes.[].volume.nocopy", .truth),
    ]
    let others: [(String, Kind)] = [
      ("networks.*.external", .truth), ("networks.*.internal", .truth), ("networks.*.attachable", .truth),
      ("volumes.*.external", .truth), ("secrets.*.external", .truth), ("configs.*.external", .truth),
    ]
    return (services.map { ("services.*." + $0.0, $0.1) } + others).map {
      ($0.0.split(separator: ".").map(String.init), $0.1)
    }
  }()

  /// What a variable became, as the schema wants it there.
  private func cast(_ text: String, at path: [String]) throws(Failure) -> JSON {
    let entry = Self.kinds.first { pattern, _ in
      pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
    func refuse(_ reason: String) -> Failure {
      Failure("error while interpolating \(path.joined(separator: ".")): failed to cast to expected type: \(reason)")
    }
    switch entry?.kind {
    case .integer:
      guard let number = Int64(text) else { throw refuse("strconv.Atoi: parsing \(text.goQuoted): invalid syntax") }
      return .int(number)
    case .number:
      guard let number = Double(text) else {
        throw refuse("strconv.ParseFloat: parsing \(text.goQuoted): invalid syntax")
      }
      return .double(number)
    case .truth:
      switch text.lowercased() {
      case "y", "yes", "true", "on": return .bool(true)
      case "n", "no", "false", "off": return .bool(false)
      default: throw refuse("invalid boolean: \(text)")
      }
    case nil: return .string(text)
    }
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
        guard let end = rest.firstIndex(of: "}") else { throw FlagTrouble(text) }
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
    case "-": return isSet ? value ?? "" : argument
    case "?":
      if isSet { return value ?? "" }
      throw FlagTrouble("required variable \(name) is missing a value: \(argument)")
    default: throw FlagTrouble(text)
    }
  }
}
