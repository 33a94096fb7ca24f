import Engine
import EngineTypes
import SimBase
import Workloads

extension ImageDocument {
  /// The persona that a document names; nil for an image that another engine has made.
  struct Mark {
    var persona: String
    var tag: String?
    /// The digest by which a registry knows the image, if it is one of a registry's.
    var digest: String?
    /// The lowest layers, as a registry names them.
    var layers: [(digest: String, size: UInt64, wire: UInt64)]

    init?(_ document: JSON) {
      let fields = document[mark.description]
      guard let name = fields["persona"].string else { return nil }
      persona = name
      tag = fields["tag"].string
      digest = fields["digest"].string
      layers = (fields["layers"].array ?? []).map {
        ($0["digest"].string ?? "", UInt64(max(0, $0["size"].int ?? 0)), UInt64(max(0, $0["wire"].int ?? 0)))
      }
    }
  }

  /// The steps of a document's history.
  static func history(_ document: JSON) -> [Image.HistoryEntry] {
    (document["history"].array ?? []).map { step in
      Image.HistoryEntry(
        created: instant(step["created"]), createdBy: step["created_by"].string ?? "",
        comment: step["comment"].string ?? "", author: step["author"].string ?? "",
        isEmpty: step["empty_layer"].bool ?? false)
    }
  }

  /// A date of a document.
  static func instant(_ json: JSON) -> Instant {
    json.string.flatMap { Timestamp(rfc3339: $0) }.map(Epoch.fixed.instant) ?? .zero
  }

  /// The digests of a document's layers, without `sha256:`.
  static func layers(_ document: JSON) -> [String] {
    (document["rootfs"]["diff_ids"].array ?? []).compactMap { $0.string.map { String($0.dropFirst(7)) } }
  }
}

extension ImageConfig {
  /// Settings as a document or a commit request has them.
  init(_ json: JSON) throws(DecodingFault) {
    let fields = try JSONFields(json, "container.Config")
    let config = try ContainerConfig(fields)
    self.init(config)
    triggers = try fields.texts("OnBuild")
    shell = try fields.optionalTexts("Shell")
  }

  /// What an image takes over of a container's settings.
  init(_ config: ContainerConfig) {
    self.init()
    (user, exposedPorts, env) = (config.user, config.exposedPorts, config.env)
    (entrypoint, command, volumes) = (config.entrypoint, config.command, config.volumes)
    (workingDirectory, stopSignal, healthCheck) = (config.workingDirectory, config.stopSignal, config.healthCheck)
    labels = config.labels.map { Label($0.key, $0.value) }
  }
}
