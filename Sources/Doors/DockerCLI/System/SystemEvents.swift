import EngineTypes
import SimBase

/// `docker events`: what happens on the engine, as it happens.
///
/// Source: docker/cli `cli/command/system/events.go`.
enum SystemEvents {
  static let command = Command(
    use: "events [OPTIONS]", short: "Get real time events from the server",
    aliases: ["docker system events", "docker events"],
    options: [
      Option("since", nil, "Show all events created since timestamp"),
      Option("until", nil, "Stream events until this timestamp"), SharedOptions.filter,
      Option("format", nil, Inspector.formatOption.usage),
    ], run: run)

  private static func run(_ call: Invocation) throws(Failure) {
    var query = call.flags.filters().query
    for name in ["since", "until"] {
      guard let text = call.flags.given(name), !text.isEmpty else { continue }
      guard let date = try? engineDate(text, now: call.session.now, of: name) else {
        throw Failure("failed to parse value as time or duration: \(text.goQuoted)")
      }
      query[name] = date
    }
    let format = call.flags.text("format")
    var template: Template?
    let type = GoType.structure(engineStructs["events.Message"])
    if !format.isEmpty {
      do throws(TemplateError) {
        let parsed = try Template(format == "json" ? "{{json .}}" : format)
        _ = try parsed.run(on: .pointer(type, type.zero))
        template = parsed
      } catch {
        throw Failure("Error parsing format: \(error.message)", status: 64)
      }
    }
    let stream = try call.session.engine().open("GET", "/events", query)
    defer { stream.close() }
    var pending: [UInt8] = []
    while !call.session.host.isInterrupted, let more = stream.read() {
      pending += more
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        if let event = try? JSON.parse(line) { call.session.print(try text(event, template)) }
      }
    }
  }

  private static func text(_ event: JSON, _ template: Template?) throws(Failure) -> String {
    if let template {
      do throws(TemplateError) {
        return try template.run(on: GoValue(event, as: "events.Message"))
      } catch {
        throw Failure(error.message)
      }
    }
    let nanoseconds = event["timeNano"].int ?? (event["time"].int ?? 0) * 1_000_000_000
    let actor = event["Actor"]
    let attributes = labelTable(actor["Attributes"]).map { "\($0.key)=\($0.value)" }
    let date = Timestamp(unixNanoseconds: nanoseconds).rfc3339Nano
    let words = [date, event["Type"].string ?? "", event["Action"].string ?? "", actor["ID"].string ?? ""]
    return words.joined(separator: " ") + (attributes.isEmpty ? "" : " (\(attributes.joined(separator: ", ")))")
  }
}
