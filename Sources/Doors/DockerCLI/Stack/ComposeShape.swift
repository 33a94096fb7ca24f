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
    try check(Spot(value: value, path: path, minor: minor))
  }

  /// A value, where it stands, and the version of the format that it stands in.
  private struct Spot {
    let value: JSON
    let path: String
    let minor: Int

    func refusal(_ words: String) -> Failure { Failure("\(path) \(words)") }

    func inner(_ key: String, _ value: JSON) -> Spot {
      Spot(value: value, path: path.isEmpty ? key : "\(path).\(key)", minor: minor)
    }

    /// The members of a mapping, each where it stands.
    func members() throws(Failure) -> [(key: String, spot: Spot)] {
      guard let members = value.fields else { throw refusal("must be a mapping") }
      return members.map { ($0.key, inner($0.key, $0.value)) }
    }

    /// The elements of a list, each where it stands.
    func elements() throws(Failure) -> [Spot] {
      guard let elements = value.array else { throw refusal("must be a list") }
      return elements.enumerated().map { inner(String($0.offset), $0.element) }
    }
  }

  private func check(_ spot: Spot) throws(Failure) {
    let value = spot.value
    switch self {
    case .any: break
    case .string: if value.string == nil { throw spot.refusal("must be a string") }
    case .integer: if value.int == nil { throw spot.refusal("must be a integer") }
    case .size:
      guard let size = value.int else { throw spot.refusal("must be a integer") }
      if size < 0 { throw spot.refusal("Must be greater than or equal to 0") }
    case .number: if value.double == nil { throw spot.refusal("must be a number") }
    case .boolean: if value.bool == nil { throw spot.refusal("must be a boolean") }
    case .scalar(let words): try Self.checkScalar(spot, words)
    case .duration:
      guard let text = value.string else { throw spot.refusal("must be a string") }
      if Duration(go: text) == nil { throw spot.refusal("Does not match format 'duration'") }
    case .word(let words): try Self.checkWord(spot, words)
    case .orNull(let shape):
      if value.isNull { return }
      if value.fields == nil { throw spot.refusal("must be a mapping or null") }
      try shape.check(spot)
    case .list(let element): for held in try spot.elements() { try element.check(held) }
    case .strings: try ComposeShape.list(.string).check(spot)
    case .closed(let fields, let extendsSince): try Self.checkClosed(spot, fields, extendsSince: extendsSince)
    case .open(let fields):
      for (key, held) in try spot.members() where !held.value.isNull { try fields[key]?.check(held) }
    case .since(_, let shape): try shape.check(spot)
    case .named(let shape):
      for (key, _) in try spot.members() where !Self.isName(key) {
        throw spot.refusal("Additional property \(key) is not allowed")
      }
      try ComposeShape.map(shape).check(spot)
    case .map(let shape): for (_, held) in try spot.members() { try shape.check(held) }
    case .listOrDict:
      if value.array != nil { return try ComposeShape.strings.check(spot) }
      try ComposeShape.map(.scalar("string, number or null")).check(spot)
    case .stringOrList: if value.string == nil { try ComposeShape.strings.check(spot) }
    case .ports: for held in try spot.elements() { try Self.checkPort(held) }
    case .volumes: for held in try spot.elements() where held.value.string == nil { try Self.checkVolume(held) }
    case .references:
      for held in try spot.elements() where held.value.string == nil { try ComposeSchema.reference.check(held) }
    case .networks:
      if value.array != nil { return try ComposeShape.strings.check(spot) }
      for field in value.fields ?? [] where !field.value.isNull {
        try ComposeSchema.attachment.check(spot.inner(field.key, field.value))
      }
    case .external:
      if value.bool == nil { try ComposeShape.closed(["name": .string], extendsSince: nil).check(spot) }
    case .ulimits: for (_, held) in try spot.members() where held.value.int == nil { try Self.checkLimits(held) }
    }
  }

  // MARK: One kind of value

  private static func checkScalar(_ spot: Spot, _ words: String) throws(Failure) {
    let value = spot.value
    let isFine =
      value.string != nil || value.double != nil || words.includes("null") && value.isNull
      || words.includes("boolean") && value.bool != nil
    if !isFine { throw spot.refusal("must be a \(words)") }
  }

  private static func checkWord(_ spot: Spot, _ words: [String]) throws(Failure) {
    guard let text = spot.value.string else { throw spot.refusal("must be a string") }
    if words.contains(text) { return }
    // The sentence names the place a second time by itself.
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    throw spot.refusal("\(spot.path) must be one of the following: \(list)")
  }

  private static func checkClosed(
    _ spot: Spot, _ fields: [String: ComposeShape], extendsSince: Int?
  ) throws(Failure) {
    for (key, held) in try spot.members() {
      if let shape = fields[key], shape.isKnown(in: spot.minor) {
        // A key without a value is as good as absent.
        if !held.value.isNull { try shape.check(held) }
      } else if !(key.hasPrefix("x-") && extendsSince.map { spot.minor >= $0 } ?? false) {
        throw spot.refusal("Additional property \(key) is not allowed")
      }
    }
  }

  private static func checkPort(_ spot: Spot) throws(Failure) {
    if spot.value.int != nil { return }
    if let text = spot.value.string {
      do throws(FlagTrouble) { _ = try PortMapping(text) } catch { throw spot.refusal("Does not match format 'ports'") }
      return
    }
    if spot.minor < 2 { throw spot.refusal("must be a string or number") }
    try ComposeSchema.port.check(spot)
  }

  private static func checkVolume(_ spot: Spot) throws(Failure) {
    if spot.minor < 2 { throw spot.refusal("must be a string") }
    if spot.value.fields != nil, spot.value["type"].isNull { throw spot.refusal("type is required") }
    try ComposeSchema.volume.check(spot)
  }

  private static func checkLimits(_ spot: Spot) throws(Failure) {
    try ComposeShape.closed(["hard": .integer, "soft": .integer], extendsSince: nil).check(spot)
    for key in ["soft", "hard"] where spot.value[key].isNull { throw spot.refusal("\(key) is required") }
  }

  private func isKnown(in minor: Int) -> Bool { if case .since(let first, _) = self { minor >= first } else { true } }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }
}
