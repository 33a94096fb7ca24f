import SimBase
import SwarmModel

/// Checks the templates of a container spec, `h-{{.Task.Slot}}`, before anything is made from them.
///
/// **Differs from Docker:** only what is usual is looked into: actions must be closed, and a plain chain of fields must
/// name something that exists. Actions with functions, variables or conditions are taken as they are.
///
/// Source: moby/swarmkit `template/expand.go`, `template/context.go`.
enum TemplateSyntax {
  /// Environment first, then mounts, then the hostname.
  static func check(_ container: ContainerSpec) throws(ControlError) {
    for entry in container.env {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      try check(entry[entry.index(after: equals)...], of: "expanding env failed: expanding env \(entry.goQuoted)")
    }
    for mount in container.mounts {
      let prefix = "expanding mounts failed: "
      try check(mount.source[...], of: "\(prefix)expanding mount source \(mount.source.goQuoted)")
      try check(mount.target[...], of: "\(prefix)expanding mount target \(mount.target.goQuoted)")
      guard let options = mount.volumeOptions else { continue }
      try check(options.labels, of: "\(prefix)expanding volume labels")
      try check(options.driver?.options ?? Labels(), of: "\(prefix)expanding volume driver config")
    }
    try check(container.hostname[...], of: "expanding hostname failed")
  }

  private static func check(_ map: Labels, of place: String) throws(ControlError) {
    for (key, value) in map {
      try check(value[...], of: "\(place): expanding map entry \(key.goQuoted)=\(value.goQuoted)")
    }
  }

  private static func check(_ text: Substring, of place: String) throws(ControlError) {
    if let fault = fault(in: text) { throw .templateBroken("\(place): template: expansion:\(fault)") }
  }

  /// What is wrong, beginning with the line; nil for a sound template.
  private static func fault(in text: Substring) -> String? {
    var rest = text
    while let open = rest.firstRange(of: "{{") {
      let line = text[..<open.lowerBound].utf8.count { $0 == 10 } + 1
      let inside = rest[open.upperBound...]
      guard let close = inside.firstRange(of: "}}") else {
        return "\(line): " + (inside.contains("}") ? "bad character U+007D '}'" : "unclosed action")
      }
      let lineStart = text[..<open.lowerBound].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
      let column = text[lineStart..<open.upperBound].utf8.count
      if let fault = fault(inAction: inside[..<close.lowerBound], line: line, column: column) { return fault }
      rest = inside[close.upperBound...]
    }
    return nil
  }

  private static func fault(inAction action: Substring, line: Int, column: Int) -> String? {
    var body = action
    var column = column
    while let first = body.first, first == " " || first == "-" {
      body = body.dropFirst()
      column += 1
    }
    while let last = body.last, last == " " || last == "-" { body = body.dropLast() }
    if body.isEmpty { return "\(line): missing value for command" }
    guard body.first == "." else { return nil }
    let fields = body.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if !fields.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }) { return nil }
    // Go names the place of a chain by its second field.
    if fields.count > 1 { column += fields[0].utf8.count + 1 }
    return missing(fields).map { "\(line):\(column): executing \"expansion\" at <\(body)>: \($0)" }
  }

  /// Why a chain of fields leads nowhere; nil if it leads to a value.
  private static func missing(_ fields: [String]) -> String? {
    var type = "*template.Context"
    var members = ["Service", "Node", "Task"]
    for (place, field) in fields.enumerated() {
      if !members.contains(field) { return "can't evaluate field \(field) in type \(type)" }
      switch (place, field) {
      case (0, "Service"):
        (type, members) = ("struct { ID string; Name string; Labels map[string]string }", ["ID", "Name", "Labels"])
      case (0, "Node"):
        type = "struct { ID string; Hostname string; Platform template.Platform }"
        members = ["ID", "Hostname", "Platform"]
      case (0, _): (type, members) = ("struct { ID string; Name string; Slot string }", ["ID", "Name", "Slot"])
      case (1, "Platform"): (type, members) = ("template.Platform", ["Architecture", "OS"])
      case (1, "Labels"):
        // The trial run has no labels at all.
        return place + 1 < fields.count ? "map has no entry for key \(fields[place + 1].goQuoted)" : nil
      default: (type, members) = ("string", [])
      }
    }
    return nil
  }
}
