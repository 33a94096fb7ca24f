import Builder
import Engine
import EngineTypes
import Shell
import SimBase
import SimKernel
import SwarmManager
import SwarmNode
import Workloads

// Images that are made at once: out of a container, or of an archive.

/// `POST /commit`: an image out of what a container is and has.
///
/// Source: moby/moby `daemon/commit.go`, `daemon/server/router/container/container_routes.go` (`postCommit`).
public struct ImageCommit: Sendable {
  /// The container.
  public var container: String
  /// A name for the image without a tag; empty for none.
  public var repository: String
  /// Its tag; empty for `latest`.
  public var tag: String
  /// What the author says of it.
  public var comment: String
  /// Who made it.
  public var author: String
  /// Whether the container stands still meanwhile.
  public var pauses: Bool
  /// Instructions for its settings.
  public var changes: [String]
  /// Settings that count before the container's; `null` for none.
  public var config: JSON

  init(_ query: Query, changes: [String], config: JSON) {
    (container, repository, tag) = (query["container"], query["repo"], query["tag"])
    (comment, author, self.changes, self.config) = (query["comment"], query["author"], changes, config)
    pauses = query.flag("pause", absent: true)
  }

  func answer(
    on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let key = ContainerKey.typed(container)
    let reference = repository.isEmpty ? nil : try ImageReference(repository, tag: tag)
    let known = try asked { () throws(EngineError) in try node.engine.container(key) }
    let own = ImageConfig(known.config.value)
    let settled: ImageConfig
    do throws(DecodingFault) { settled = config.isNull ? own : try ImageConfig(config) } catch {
      switch error {
      case .malformed(let text), .conversion(let text), .unspecific(let text):
        throw APIError(.invalidParameter, text)
      }
    }
    var change = ImageChange(settled)
    try change.make(changes)
    let settings = change.config.filled(from: own)
    let isRunning = known.state.status == .running && pauses
    if isRunning {
      try node.ask(at: now, &network) { engine, out throws(EngineError) in try engine.pause(key, at: now, into: &out) }
    }
    let made = try node.ask(at: now, &network) { engine, out throws(EngineError) in
      let layer = try engine.layer(of: key, at: now)
      let parent = (try? engine.image(known.image.description)) ?? Image.scratch(at: now)
      let image = engine.base(parent).child(
        layer, config: settings, step: [known.path] + known.arguments, author: author, comment: comment,
        by: EngineBuild.version, at: now
      ).sealed()
      engine.keep(image)
      engine.tell("create", ofImage: image.id, at: now, into: &out)
      if let reference { try engine.tag(image.id.description, as: reference, at: now, into: &out) }
      let attributes = [
        ("comment", comment), ("imageID", "sha256:\(image.id)"),
        ("imageRef", reference?.withDefaultTag.familiar ?? ""),
      ]
      engine.tell("commit", of: known.id, attributes: attributes, at: now, into: &out)
      return image.id
    }
    if isRunning {
      try node.ask(at: now, &network) { engine, out throws(EngineError) in try engine.unpause(key, at: now, into: &out)
      }
    }
    return .json(201) { $0.object { $0.field("Id", "sha256:\(made)") } }
  }
}

/// `POST /images/create?fromSrc=-`: an image whose files are those of an archive.
///
/// Source: moby/moby `daemon/images/image_import.go`.
public struct ImageImport: Sendable {
  /// Where the archive is: `-` for the body.
  public var source: String
  /// A name for the image without a tag; empty for none.
  public var repository: String
  /// Its tag; empty for `latest`.
  public var tag: String
  /// What is said of it; empty for where it came from.
  public var message: String
  /// Instructions for its settings.
  public var changes: [String]
  /// `os/arch`; empty for the engine's.
  public var platform: String
  /// The archive.
  public var archive: [UInt8]

  init(_ query: Query, changes: [String], archive: [UInt8]) {
    (source, repository, tag) = (query["fromSrc"], query["repo"], query["tag"])
    (message, platform, self.changes, self.archive) = (query["message"], query["platform"], changes, archive)
  }

  func answer(
    on node: inout SwarmNode, at now: Instant, _ network: inout SimNetwork<Wire>
  ) throws(APIError) -> EngineAnswer {
    let reference = repository.isEmpty ? nil : try ImageReference(repository, tag: tag)
    if let platform = try ImagePlatform.parse(platform), !platform.hasPrefix("linux/") {
      throw APIError(.invalidParameter, "operating system is not supported")
    }
    if source != "-" { throw unreachable }
    var change = ImageChange(ImageConfig())
    try change.make(changes)
    guard let plain = Gzip.isPacked(archive) ? Gzip.unpacked(archive) : archive,
      let files = plain.isEmpty ? TapeArchive() : TapeArchive(plain)
    else { throw ImageImport.refusal(of: archive) }
    let content = plain.isEmpty ? LayerContent(files.bytes) : LayerContent(plain)
    let layer = Image.Layer(content, unpacked: files)
    let persona = node.engine.persona(ofNames: reference.map { [$0] } ?? [], files: FileTree([layer]))
    let step = Image.HistoryEntry(created: now, comment: message.isEmpty ? "Imported from \(source)" : message)
    let image = Image(
      persona: persona.name, tag: persona.tag, config: change.config, layers: [layer], history: [step], author: "",
      dockerVersion: EngineBuild.version, created: now
    ).sealed()
    try node.ask(at: now, &network) { engine, out throws(EngineError) in
      engine.keep(image)
      if let reference { try engine.tag(image.id.description, as: reference, at: now, into: &out) }
      engine.tell("import", ofImage: image.id, at: now, into: &out)
    }
    return EngineAnswer(
      status: 200, headers: [HTTPHeader("Content-Type", "application/json")],
      body: ProgressLine(status: "sha256:\(image.id)").bytes)
  }

  /// What is said of an archive at an address: nothing out there is ever reached.
  private var unreachable: APIError {
    if source.isEmpty { return APIError(.system, "Get \"http:\": http: no Host in request URL") }
    let address = source.includes("://") ? source : "http://" + source
    let host = address.split(separator: "/").dropFirst().first ?? ""
    return APIError(.system, "Get \(address.goQuoted): dial tcp: lookup \(host): no such host")
  }

  private static func refusal(of bytes: [UInt8]) -> APIError {
    let packers: [(mark: [UInt8], name: String)] = [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"), ([0x42, 0x5A, 0x68], "bzip2"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    ]
    if let packer = packers.first(where: { bytes.starts(with: $0.mark) }) {
      return APIError(.system, "exec: \(packer.name.goQuoted): executable file not found in $PATH")
    }
    // An archive is made of blocks of 512 bytes.
    return APIError(.system, bytes.count < 512 ? "unexpected EOF" : "archive/tar: invalid tar header")
  }
}

extension ImageChange {
  /// Makes changes that stand alone. Source: moby/moby `daemon/builder/dockerfile/builder.go` (`BuildFromConfig`).
  mutating func make(_ changes: [String]) throws(APIError) {
    let known = [
      "CMD", "ENTRYPOINT", "HEALTHCHECK", "ENV", "EXPOSE", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME",
      "WORKDIR",
    ]
    var instructions: [Instruction] = []
    for change in changes where !change.trimmed().isEmpty {
      let instruction: Instruction
      do throws(DockerfileFault) { instruction = try Instruction(change.trimmed()) } catch {
        let word = change.trimmed().prefix { $0 != " " }.uppercased()
        throw APIError(
          .invalidParameter,
          Instruction.isKnown(word) && known.contains(word)
            ? error.reason : "\(word) is not a valid change command")
      }
      let word = change.trimmed().prefix { $0 != " " }.uppercased()
      if !known.contains(word) { throw APIError(.invalidParameter, "\(word) is not a valid change command") }
      instructions.append(instruction)
    }
    for instruction in instructions {
      do throws(ImageChange.Fault) { _ = try make(instruction) } catch {
        throw APIError(.invalidParameter, error.sentence)
      }
    }
  }
}

extension ImageConfig {
  /// These settings, with what they leave open taken from a container's.
  ///
  /// Source: moby/moby `daemon/commit.go` (`merge`).
  fileprivate func filled(from container: ImageConfig) -> ImageConfig {
    var config = ContainerConfig()
    (config.user, config.exposedPorts, config.env) = (user, exposedPorts, env)
    (config.entrypoint, config.command, config.volumes) = (entrypoint, command, volumes)
    (config.workingDirectory, config.stopSignal, config.healthCheck) = (workingDirectory, stopSignal, healthCheck)
    config.labels = Table(labels.map { ($0.key, $0.value) })
    var filled = ImageConfig(config.filled(from: container))
    (filled.triggers, filled.shell) = (triggers, shell)
    return filled
  }
}
