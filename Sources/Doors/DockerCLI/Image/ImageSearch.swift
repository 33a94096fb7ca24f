import EngineTypes
import SimBase

/// `docker search`: images of Docker Hub by a word.
///
/// Source: docker/cli `cli/command/registry/search.go`, `formatter_search.go`.
enum ImageSearch {
  static let command = Command(
    use: "search [OPTIONS] TERM", short: "Search Docker Hub for images", arity: .exactly(1),
    options: [
      SharedOptions.filter, Option("format", nil, "Pretty-print search using a Go template"),
      Option("limit", nil, .int, "Max number of search results"),
      Option("no-trunc", nil, .bool, "Don't truncate output"),
    ], run: run)

  private static let listing = Listing(
    headers: [
      ("Name", "NAME"), ("Description", "DESCRIPTION"), ("StarCount", "STARS"), ("IsOfficial", "OFFICIAL"),
      ("IsAutomated", "AUTOMATED"),
    ],
    table: "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}")

  private static func run(_ call: Invocation) throws(Failure) {
    var query = call.flags.filters().query
    query["term"] = call.arguments[0]
    if call.flags.int("limit") > 0 { query["limit"] = String(call.flags.int("limit")) }
    let login = HTTPHeader("X-Registry-Auth", RegistryLogin(session: call.session).header(for: "docker.io"))
    let answer = try call.session.engine().send("GET", "/images/search", query, headers: [login])
    let found = (try? JSON.parse(answer.body))?.array ?? []
    let rows = found.map { image in
      let text = (image["description"].string ?? "").replacing("\n", with: " ").replacing("\r", with: " ")
      func mark(_ key: String) -> GoValue { .string(image[key].bool == true ? "[OK]" : "") }
      return TableRow(
        "registry.searchContext",
        [
          ("Name", .string(image["name"].string ?? "")),
          ("Description", .string(call.flags.isOn("no-trunc") ? text : ellipsis(text, 45))),
          ("StarCount", .string(String(image["star_count"].int ?? 0))), ("IsOfficial", mark("is_official")),
          ("IsAutomated", mark("is_automated")),
        ])
    }
    call.session.write(try listing.text(rows, format: call.flags.text("format"), quiet: false))
  }
}
