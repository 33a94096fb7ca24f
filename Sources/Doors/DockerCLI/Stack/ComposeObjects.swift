import EngineTypes
import SimBase

/// Settles what is beside the services of one compose file: external objects get their name, files their whole path.
///
/// Source: docker/cli `cli/compose/loader/loader.go` (`LoadNetworks`, `LoadVolumes`, `loadFileObjectConfig`).
struct ComposeObjects {
  let folder: String
  let version: String
  let session: Session

  /// The document with its networks, volumes, secrets and configs settled, after its services' sizes are read.
  func settled(_ document: JSON) throws(Failure) -> JSON {
    try checkSizes(document["services"])
    var fields = document.fields ?? []
    for (section, kind) in [
      ("networks", "network"), ("volumes", "volume"), ("secrets", "secret"), ("configs", "config"),
    ] {
      guard let place = fields.firstIndex(where: { $0.key == section }) else { continue }
      var entries: [JSON.Field] = []
      for entry in fields[place].value.fields ?? [] {
        entries.append(.init(entry.key, try settled(entry.value, kind, named: entry.key)))
      }
      fields[place].value = .object(entries)
    }
    return .object(fields)
  }

  private func settled(_ json: JSON, _ kind: String, named name: String) throws(Failure) -> JSON {
    let object = ComposeObject(name, json)
    if !object.isExternal {
      if kind == "network" || kind == "volume" { return json }
      if let driver = json["driver"].string, !driver.isEmpty {
        if json["file"].string?.isEmpty == false {
          throw Failure("\(kind) \(name): \(kind).driver and \(kind).file conflict; only use \(kind).driver")
        }
        return json
      }
      let path = json["file"].string ?? ""
      return replacing(json, "file", .string(path.hasPrefix("/") ? path : cleanPath(folder + "/" + path)))
    }
    if kind == "volume" {
      for key in ["driver", "driver_opts", "labels"] where json[key].string?.isEmpty == false || hasEntries(json[key]) {
        throw Failure("conflicting parameters \"external\" and \(key.goQuoted) specified for volume \(name.goQuoted)")
      }
    }
    if let old = json["external"]["name"].string, !old.isEmpty {
      if json["name"].string?.isEmpty == false {
        throw Failure(
          "\(kind) \(name): \(kind).external.name and \(kind).name conflict; only use \(kind).name")
      }
      let date = session.now.rfc3339.prefix(19) + "Z"
      session.warn(
        "time=\"\(date)\" level=warning msg=\"\(kind) \(name): \(kind).external.name is deprecated in favor of"
          + " \(kind).name\"")
    }
    return replacing(replacing(json, "external", true), "name", .string(object.fixedName ?? name))
  }

  private func hasEntries(_ json: JSON) -> Bool { !(json.fields ?? []).isEmpty || !(json.array ?? []).isEmpty }

  private func replacing(_ json: JSON, _ key: String, _ value: JSON) -> JSON {
    .object((json.fields ?? []).filter { $0.key != key } + [.init(key, value)])
  }

  /// Sizes are decoded with the services; the schema takes any text for one.
  private func checkSizes(_ services: JSON) throws(Failure) {
    for service in services.fields ?? [] {
      for (key, title) in [("limits", "Limits"), ("reservations", "Reservations")] {
        guard let text = service.value["deploy"]["resources"][key]["memory"].string else { continue }
        do throws(FlagTrouble) { _ = try parsedSize(text) } catch {
          throw Failure(
            "decoding failed due to the following error(s):\n\n"
              + "error decoding 'Deploy.Resources.\(title).memory': \(error.reason)")
        }
      }
    }
  }
}
