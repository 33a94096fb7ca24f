import EngineTypes
import SimBase

/// `docker version`: both sides' versions.
///
/// Source: docker/cli `cli/command/system/version.go`.
enum SystemVersion {
  static let command = Command(
    use: "version [OPTIONS]", short: "Show the Docker version information", options: [Inspector.formatOption], run: run)

  private static let goVersion = "go1.24.9"
  private static let commit = "ecc6942"
  private static let built = "Wed Nov  5 14:43:33 2025"

  private static func run(_ call: Invocation) throws(Failure) {
    let engine = call.session.engine()
    var server: JSON?
    var trouble: Failure?
    do throws(Failure) { server = try engine.get("/version") } catch { trouble = error }
    let format = call.flags.text("format")
    if format.isEmpty {
      call.session.write(TabWriter(minimum: 20, padding: 1).aligned(clientText(call.session)))
      if let server { call.session.write(TabWriter(minimum: 20, padding: 1).aligned(serverText(server))) }
    } else {
      let document = JSON.object([
        .init("Client", client(call.session)), .init("Server", server.map(withReadableDates) ?? .null),
      ])
      do throws(Failure) {
        call.session.write(try text(format, Document.value(document, named: "system.versionInfo"), document))
      } catch {
        call.session.print("")
        throw error
      }
    }
    if let trouble { throw trouble }
  }

  private static func text(_ format: String, _ value: GoValue, _ document: JSON) throws(Failure) -> String {
    if format == "json" { return document.text + "\n" }
    let template: Template
    do throws(TemplateError) { template = try Template(format, name: "version") } catch {
      throw Failure("template parsing error: \(error.message)", status: 64)
    }
    do throws(TemplateError) { return try template.run(on: value) + "\n" } catch { throw Failure(error.message) }
  }

  private static func client(_ session: Session) -> JSON {
    [
      "Version": .string(DockerCommandLine.version), "ApiVersion": .string(session.engine().version),
      "DefaultAPIVersion": .string(Engine.newestVersion), "GitCommit": .string(commit), "GoVersion": .string(goVersion),
      "Os": "linux", "Arch": "amd64", "BuildTime": .string(built), "Context": .string(session.contextName),
    ]
  }

  private static func clientText(_ session: Session) -> String {
    let version = session.engine().version
    let note = version == Engine.newestVersion ? "" : " (downgraded from \(Engine.newestVersion))"
    return
      "Client:\n Version:\t\(DockerCommandLine.version)\n API version:\t\(version)\(note)\n Go version:\t\(goVersion)\n"
      + " Git commit:\t\(commit)\n Built:\t\(built)\n OS/Arch:\tlinux/amd64\n Context:\t\(session.contextName)\n"
  }

  private static func serverText(_ server: JSON) -> String {
    let platform = server["Platform"]["Name"].string ?? ""
    var out = "\nServer:\(platform.isEmpty ? "" : " " + platform)\n"
    for component in server["Components"].array ?? [] {
      let details = component["Details"]
      out += " \(component["Name"].string ?? ""):\n  Version:\t\(component["Version"].string ?? "")\n"
      func line(_ title: String, _ value: String) { out += "  \(title):\t\(value)\n" }
      guard component["Name"].string == "Engine" else {
        for detail in details.fields ?? [] { line(detail.key, detail.value.string ?? "") }
        continue
      }
      func text(_ key: String) -> String { details[key].string ?? "" }
      line("API version", "\(text("ApiVersion")) (minimum version \(text("MinAPIVersion")))")
      line("Go version", text("GoVersion"))
      line("Git commit", text("GitCommit"))
      line("Built", readableDate(text("BuildTime")))
      line("OS/Arch", "\(text("Os"))/\(text("Arch"))")
      line("Experimental", text("Experimental"))
    }
    return out
  }

  /// The components' build dates as people read them; the older field beside the components stays as it came.
  private static func withReadableDates(_ server: JSON) -> JSON {
    func change(_ json: JSON, _ key: String, _ body: (JSON) -> JSON) -> JSON {
      .object((json.fields ?? []).map { $0.key == key ? .init(key, body($0.value)) : $0 })
    }
    return change(server, "Components") { components in
      .array(
        (components.array ?? []).map { component in
          change(component, "Details") { details in
            change(details, "BuildTime") { .string(readableDate($0.string ?? "")) }
          }
        })
    }
  }

  /// `2025-09-15T11:02:57.000000000+00:00` as `Mon Sep 15 11:02:57 2025`.
  static func readableDate(_ text: String) -> String {
    guard let date = Timestamp(rfc3339: text) else { return text }
    let c = date.calendar
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let weekday = days[Int((date.unixNanoseconds / 86_400_000_000_000) % 7)]
    let day = c.day < 10 ? " \(c.day)" : String(c.day)
    return "\(weekday) \(months[c.month - 1]) \(day) \(date.dateAndTime(" ").suffix(8)) \(c.year)"
  }
}
