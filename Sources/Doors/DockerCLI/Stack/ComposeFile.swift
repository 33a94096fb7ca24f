import EngineTypes
import SimBase

/// Where compose files' text becomes a document: a seam for other readers of YAML.
protocol ComposeLoader {
  /// The document in a file's text.
  func document(_ text: String) throws(Failure) -> JSON
}

/// The loader of this room: its own reader of YAML.
struct BuiltInComposeLoader: ComposeLoader {
  func document(_ text: String) throws(Failure) -> JSON {
    do throws(YAMLTrouble) { return try YAML.parse(text) } catch { throw Failure(error.message) }
  }
}

/// The merged compose files of a stack.
///
/// Source: docker/cli `cli/compose/loader/loader.go`, `merge.go`.
struct ComposeFile {
  var version = "3.13"
  /// Each section's entries by name, ascending.
  var services = Table<String, JSON>()
  var networks = Table<String, JSON>()
  var volumes = Table<String, JSON>()
  var secrets = Table<String, JSON>()
  var configs = Table<String, JSON>()
  /// `x-` entries of the root.
  var extensions = Table<String, JSON>()
  /// What relative paths are relative to.
  var folder = ""

  private static let forbidden = [
    "extends": "Support for `extends` is not implemented yet.",
    "volume_driver":
      "Instead of setting the volume driver on the service, define a volume using the top-level `volumes` option and"
      + " specify the driver there.",
    "volumes_from":
      "To share a volume between services, define it using the top-level `volumes` option and reference it from each"
      + " service that shares it using the service-level `volumes` option.",
    "cpu_quota": "Set resource limits using deploy.resources",
    "cpu_shares": "Set resource limits using deploy.resources",
    "cpuset": "Set resource limits using deploy.resources", "mem_limit": "Set resource limits using deploy.resources",
    "memswap_limit": "Set resource limits using deploy.resources",
  ]

  /// Reads and merges files; `-` is the standard input. A field that swarm services cannot have is explained, or only
  /// refused.
  static func load(
    _ paths: [String], in session: Session, interpolates: Bool = true, explains: Bool = true,
    loader: any ComposeLoader = BuiltInComposeLoader()
  ) throws(Failure) -> ComposeFile {
    if paths.isEmpty { throw Failure("Specify a Compose file (with --compose-file)") }
    var file = ComposeFile()
    file.folder = folder(of: paths[0], session.host)
    var documents: [JSON] = []
    for path in paths {
      let document = try loader.document(try text(of: path, in: session))
      guard document.fields != nil else { throw Failure("top-level object must be a mapping") }
      documents.append(document)
    }
    file.version = version(of: documents[0])
    for document in documents {
      let version = version(of: document)
      if version != file.version {
        throw Failure("version mismatched between two composefiles : \(file.version) and \(version)")
      }
      try refuseForbidden(document, explains: explains)
      var values = interpolates ? try ComposeInterpolation(host: session.host).apply(to: document) : document
      try check(values, version)
      values = try ComposeObjects(folder: file.folder, version: version, session: session).settled(values)
      file.merge(values)
    }
    return file
  }

  /// Refuses a service without an image, or with one that cannot be.
  func checkImages() throws(Failure) {
    for (name, service) in services {
      guard let image = service["image"].string, !image.isEmpty else {
        throw Failure("invalid image reference for service \(name): no image specified")
      }
      do throws(FlagTrouble) { _ = try ImageReference(image) } catch {
        throw Failure("invalid image reference for service \(name): \(error.reason)")
      }
    }
  }

  private static func folder(of path: String, _ host: any CLIHost) -> String {
    if path == "-" { return host.workingDirectory }
    let whole = host.absolute(path)
    return whole.lastIndex(of: "/").map { String(whole[..<$0]) } ?? host.workingDirectory
  }

  private static func text(of path: String, in session: Session) throws(Failure) -> String {
    if path == "-" { return String(decoding: session.readAllInput(), as: UTF8.self) }
    do throws(FileTrouble) {
      return String(decoding: try session.host.readFile(session.host.absolute(path)), as: UTF8.self)
    } catch {
      throw Failure("open \(path): \(error.reason)")
    }
  }

  /// The version of the schema; none or 3 is the newest.
  private static func version(of document: JSON) -> String {
    let text = ComposeForms.scalar(document["version"])
    return text.isEmpty || text == "3" ? "3.13" : text
  }

  private static func refuseForbidden(_ document: JSON, explains: Bool) throws(Failure) {
    var found = Table<String, String>()
    for service in document["services"].fields ?? [] {
      for field in service.value.fields ?? [] {
        if let reason = forbidden[field.key] { found[field.key] = reason }
      }
    }
    if found.isEmpty { return }
    if !explains { throw Failure("Configuration contains forbidden properties") }
    throw Failure(
      "Compose file contains unsupported options:\n\n"
        + found.map { "\($0.key): \($0.value)\n" }.joined(separator: "\n"))
  }

  private static func check(_ document: JSON, _ version: String) throws(Failure) {
    let number = version.hasPrefix("3.") ? Int(version.dropFirst(2)) : nil
    guard let minor = number, (0...13).contains(minor) else {
      throw Failure("unsupported Compose file version: \(version)")
    }
    if document["version"].isNull, minor < 10 { throw Failure("(root) version is required") }
    // Entries without a body are allowed everywhere but among services.
    let fields = (document.fields ?? []).map { field in
      guard field.key != "services", let entries = field.value.fields else { return field }
      return JSON.Field(field.key, .object(entries.map { $0.value.isNull ? .init($0.key, .object([])) : $0 }))
    }
    guard case .closed(let shapes, let extendsSince) = ComposeSchema.file else { return }
    // The deepest complaint wins, so what stands beside the sections comes last.
    let sections = fields.filter { $0.key != "version" && shapes[$0.key] != nil && !$0.value.isNull }
    for field in sections where field.value.fields != nil {
      try shapes[field.key]?.check(field.value, at: field.key, minor: minor)
    }
    for field in sections { try shapes[field.key]?.check(field.value, at: field.key, minor: minor) }
    if !document["version"].isNull, document["version"].string == nil { throw Failure("version must be a string") }
    try ComposeShape.closed(shapes, extendsSince: extendsSince)
      .check(.object(fields.map { .init($0.key, .null) }), at: "(root)", minor: minor)
  }

  private mutating func merge(_ document: JSON) {
    func add(_ section: String, _ table: inout Table<String, JSON>, _ join: (JSON, JSON) -> JSON) {
      for entry in document[section].fields ?? [] {
        let value: JSON = entry.value.isNull ? .object([]) : entry.value
        table[entry.key] = table[entry.key].map { join($0, value) } ?? value
      }
    }
    for field in document.fields ?? [] where field.key.hasPrefix("x-") { extensions[field.key] = field.value }
    add("services", &services, ComposeMerge.services)
    for (section, path) in [
      ("networks", \ComposeFile.networks), ("volumes", \.volumes), ("secrets", \.secrets), ("configs", \.configs),
    ] {
      add(section, &self[keyPath: path]) { _, new in new }
    }
  }
}

/// How a later file's service changes an earlier one's.
enum ComposeMerge {
  /// Scalars and plain lists are replaced, maps joined, lists of things with a name joined by it.
  static func services(_ old: JSON, _ new: JSON) -> JSON {
    var fields = old.fields ?? []
    for field in new.fields ?? [] {
      guard let place = fields.firstIndex(where: { $0.key == field.key }) else {
        fields.append(field)
        continue
      }
      fields[place].value = merged(field.key, fields[place].value, field.value)
    }
    return .object(fields)
  }

  private static func merged(_ key: String, _ old: JSON, _ new: JSON) -> JSON {
    switch key {
    case "environment", "labels", "sysctls", "extra_hosts", "networks":
      return join(ComposeForms.dictionary(old), ComposeForms.dictionary(new))
    case "ports", "volumes", "secrets", "configs", "cap_add", "cap_drop", "expose", "dns", "dns_search":
      return .array(ComposeForms.list(old) + ComposeForms.list(new).filter { !ComposeForms.list(old).contains($0) })
    case "deploy", "healthcheck", "logging", "ulimits": return deep(old, new)
    default: return new
    }
  }

  private static func join(_ old: JSON, _ new: JSON) -> JSON {
    var fields = old.fields ?? []
    for field in new.fields ?? [] {
      fields.removeAll { $0.key == field.key }
      fields.append(field)
    }
    return .object(fields)
  }

  private static func deep(_ old: JSON, _ new: JSON) -> JSON {
    guard var fields = old.fields, let others = new.fields else { return new }
    for field in others {
      if let place = fields.firstIndex(where: { $0.key == field.key }) {
        fields[place].value = deep(fields[place].value, field.value)
      } else {
        fields.append(field)
      }
    }
    return .object(fields)
  }
}

/// The several forms that compose files allow for one thing, made one.
enum ComposeForms {
  /// `K: v` or `- K=v` as an object; a `- K` without a value holds null.
  static func dictionary(_ json: JSON) -> JSON {
    guard let elements = json.array else { return json.fields == nil ? .object([]) : json }
    return .object(
      elements.map { element in
        let text = scalar(element)
        return text.cut("=").map { .init($0.before, .string($0.after)) } ?? .init(text, .null)
      })
  }

  /// A list, or one thing as a list of it.
  static func list(_ json: JSON) -> [JSON] { json.isNull ? [] : json.array ?? [json] }

  /// `extra_hosts` as `name:address`: a list's entries go by `=` or `:`, addresses lose their brackets.
  static func hosts(_ json: JSON) -> [String] {
    let pairs: [(before: String, after: String)] =
      json.array != nil
      ? texts(json).compactMap { $0.cut("=") ?? $0.cut(":") } : map(json).map { ($0.key, $0.value) }
    return pairs.map { name, address in
      let isBracketed = address.count > 2 && address.hasPrefix("[") && address.hasSuffix("]")
      return "\(name):\(isBracketed ? String(address.dropFirst().dropLast()) : address)"
    }
  }

  static func texts(_ json: JSON) -> [String] { list(json).map(scalar) }

  /// A scalar's text.
  static func scalar(_ json: JSON) -> String {
    switch json {
    case .string(let text): text
    case .null: ""
    case .double(let number): goFloat(number)
    default: json.text
    }
  }

  /// A map of texts.
  static func map(_ json: JSON) -> Table<String, String> {
    Table((dictionary(json).fields ?? []).map { ($0.key, scalar($0.value)) })
  }

  /// A command line: one text is split as a shell would.
  static func words(_ json: JSON) -> [String] {
    if let text = json.string { return (try? shellWords(text)) ?? [text] }
    return texts(json)
  }
}
