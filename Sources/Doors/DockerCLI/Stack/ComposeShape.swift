import EngineTypes
import SimBase

/// What a part of a compose file may hold, and the complaint about one that holds something else.
///
/// Source: docker/cli `cli/compose/schema/schema.go`; xeipuuv/gojsonschema `locales.go`.
indirect enum ComposeShape: Sendable {
  case any
  case string
  case integer
  case number
  case boolean
  /// One of several scalars, in the words of the complaint: `string, number or null`.
  case scalar(String)
  case duration
  /// One of these words.
  case word([String])
  case list(ComposeShape)
  case strings
  /// Known fields only, and from this minor version of the format also `x-` ones.
  case closed([String: ComposeShape], extendsSince: Int?)
  /// These fields if they are there, and any others.
  case open([String: ComposeShape])
  /// A field that came with this minor version of the format.
  case since(Int, ComposeShape)
  /// Any names of letters, digits and `._-`, each of this shape.
  case named(ComposeShape)
  /// Any names, each of this shape.
  case map(ComposeShape)
  /// `K: v` or `- K=v`.
  case listOrDict
  case stringOrList
  /// A whole number from 0 up.
  case size
  /// The shape, or nothing.
  case orNull(ComposeShape)
  case ports
  case volumes
  case references
  case networks
  case external
  case ulimits

  /// Throws the complaint about a value at a path, by the schema of version `3.minor`.
  func check(_ value: JSON, at path: String, minor: Int) throws(Failure) {
    func refuse(_ words: String) -> Failure { Failure("\(path) \(words)") }
    func members() throws(Failure) -> [JSON.Field] {
      guard let members = value.fields else { throw refuse("must be a mapping") }
      return members
    }
    func elements() throws(Failure) -> [JSON] {
      guard let elements = value.array else { throw refuse("must be a list") }
      return elements
    }
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch self {
    case .any: break
    case .string: if value.string == nil { throw refuse("must be a string") }
    case .integer: if value.int == nil { throw refuse("must be a integer") }
    case .size:
      guard let size = value.int else { throw refuse("must be a integer") }
      if size < 0 { throw refuse("Must be greater than or equal to 0") }
    case .orNull(let shape):
      if value.isNull { return }
      if value.fields == nil { throw refuse("must be a mapping or null") }
      try shape.check(value, at: path, minor: minor)
    case .number: if value.double == nil { throw refuse("must be a number") }
    case .boolean: if value.bool == nil { throw refuse("must be a boolean") }
    case .scalar(let words):
      let isFine =
        value.string != nil || value.double != nil || words.includes("null") && value.isNull
        || words.includes("boolean") && value.bool != nil
      if !isFine { throw refuse("must be a \(words)") }
    case .duration:
      guard let text = value.string else { throw refuse("must be a string") }
      if Duration(go: text) == nil { throw refuse("Does not match format 'duration'") }
    case .word(let words):
      guard let text = value.string else { throw refuse("must be a string") }
      if !words.contains(text) {
        // The sentence names the place a second time by itself.
        let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
        throw refuse("\(path) must be one of the following: \(list)")
      }
    case .list(let element):
      for (place, held) in try elements().enumerated() {
        try element.check(held, at: below(String(place)), minor: minor)
      }
    case .strings: try ComposeShape.list(.string).check(value, at: path, minor: minor)
    case .closed(let fields, let extendsSince):
      for member in try members() {
        if let shape = fields[member.key], shape.isKnown(in: minor) {
          // A key without a value is as good as absent.
          if !member.value.isNull { try shape.check(member.value, at: below(member.key), minor: minor) }
        } else if !(member.key.hasPrefix("x-") && extendsSince.map { minor >= $0 } ?? false) {
          throw refuse("Additional property \(member.key) is not allowed")
        }
      }
    case .open(let fields):
      for member in try members() where !member.value.isNull {
        try fields[member.key]?.check(member.value, at: below(member.key), minor: minor)
      }
    case .since(_, let shape): try shape.check(value, at: path, minor: minor)
    case .named(let shape):
      for member in try members() where !Self.isName(member.key) {
        throw refuse("Additional property \(member.key) is not allowed")
      }
      try ComposeShape.map(shape).check(value, at: path, minor: minor)
    case .map(let shape):
      for member in try members() { try shape.check(member.value, at: below(member.key), minor: minor) }
    case .listOrDict:
      if value.array != nil { return try ComposeShape.strings.check(value, at: path, minor: minor) }
      try ComposeShape.map(.scalar("string, number or null")).check(value, at: path, minor: minor)
    case .stringOrList: if value.string == nil { try ComposeShape.strings.check(value, at: path, minor: minor) }
    case .ports:
      for (place, held) in try elements().enumerated() {
        try Self.checkPort(held, at: below(String(place)), minor: minor)
      }
    case .volumes:
      for (place, held) in try elements().enumerated() where held.string == nil {
        if minor < 2 { throw Failure("\(below(String(place))) must be a string") }
        if held.fields != nil, held["type"].isNull { throw Failure("\(below(String(place))) type is required") }
        try ComposeSchema.volume.check(held, at: below(String(place)), minor: minor)
      }
    case .references:
      for (place, held) in try elements().enumerated() where held.string == nil {
        try ComposeSchema.reference.check(held, at: below(String(place)), minor: minor)
      }
    case .networks:
      if value.array != nil { return try ComposeShape.strings.check(value, at: path, minor: minor) }
      for member in value.fields ?? [] where !member.value.isNull {
        try ComposeSchema.attachment.check(member.value, at: below(member.key), minor: minor)
      }
    case .external:
      if value.bool == nil {
        try ComposeShape.closed(["name": .string], extendsSince: nil).check(value, at: path, minor: minor)
      }
    case .ulimits:
      for member in try members() where member.value.int == nil {
        let limit = ComposeShape.closed(["hard": .integer, "soft": .integer], extendsSince: nil)
        try limit.check(member.value, at: below(member.key), minor: minor)
        for key in ["soft", "hard"] where member.value[key].isNull {
          throw Failure("\(below(member.key)) \(key) is required")
        }
      }
    }
  }

  private func isKnown(in minor: Int) -> Bool { if case .since(let first, _) = self { minor >= first } else { true } }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }

  private static func checkPort(_ value: JSON, at path: String, minor: Int) throws(Failure) {
    if value.int != nil { return }
    if let text = value.string {
      do throws(FlagTrouble) { _ = try PortMapping(text) } catch {
        throw Failure("\(path) Does not match format 'ports'")
      }
      return
    }
    if minor < 2 { throw Failure("\(path) must be a string or number") }
    try ComposeSchema.port.check(value, at: path, minor: minor)
  }
}
