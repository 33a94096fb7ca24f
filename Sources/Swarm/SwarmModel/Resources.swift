import SimBase

/// An amount of one generic resource: a number, or one of several named pieces.
public enum GenericResource: Sendable, Equatable, Archivable {
  /// So many of a kind.
  case discrete(kind: String, value: Int64)
  /// One named piece of a kind.
  case named(kind: String, value: String)

  /// None of nothing.
  public init() { self = .discrete(kind: "", value: 0) }

  /// The kind: `gpu`, `fpga`.
  public var kind: String {
    switch self {
    case .discrete(let kind, _), .named(let kind, _): kind
    }
  }

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    var (isNamed, kind, number, text) = (false, self.kind, Int64(0), "")
    switch self {
    case .discrete(_, let value): number = value
    case .named(_, let value): (isNamed, text) = (true, value)
    }
    a.field(&isNamed)
    a.field(&kind)
    a.field(&number)
    a.field(&text)
    self = isNamed ? .named(kind: kind, value: text) : .discrete(kind: kind, value: number)
  }
}

/// Processors, memory and generic resources.
public struct Resources: Sendable, Equatable, Archivable {
  /// Billionths of a processor.
  public var nanoCPUs: Int64 = 0
  /// Bytes.
  public var memoryBytes: Int64 = 0
  /// Processes at most; 0 is no limit. Only meaningful in limits.
  public var pids: Int64 = 0
  /// Other countable things.
  public var generic: [GenericResource] = []

  /// Nothing.
  public init() {}

  /// Lists the fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&nanoCPUs)
    a.field(&memoryBytes)
    a.field(&pids)
    a.field(&generic)
  }
}
