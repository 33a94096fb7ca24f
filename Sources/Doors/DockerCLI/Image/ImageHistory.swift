import EngineTypes
import SimBase

/// `docker history`: the layers of an image.
///
/// Source: docker/cli `cli/command/image/history.go`, `formatter_history.go`.
enum ImageHistory {
  static let command = Command(
    use: "history [OPTIONS] IMAGE", short: "Show the history of an image",
    aliases: ["docker image history", "docker history"], arity: .exactly(1),
    options: [
      Option("human", "H", .bool, default: "true", "Print sizes and dates in human readable format"),
      Option("quiet", "q", .bool, "Only show image IDs"),
      Option("no-trunc", nil, .bool, "Don't truncate output"), SharedOptions.tableFormat,
      Option(
        "platform", nil,
        "Show history for the given platform. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")"),
    ], run: run)

  private static let listing = Listing(
    headers: [
      ("ID", "IMAGE"), ("CreatedSince", "CREATED"), ("CreatedAt", "CREATED AT"), ("CreatedBy", "CREATED BY"),
      ("Size", "SIZE"), ("Comment", "COMMENT"),
    ],
    table: "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}")

  private static func run(_ call: Invocation) throws(Failure) {
    let layers = try call.session.engine().get("/images/\(pathEscaped(call.arguments[0]))/history").array ?? []
    let isTruncated = !call.flags.isOn("no-trunc")
    let isHuman = call.flags.isOn("human")
    let now = call.session.now
    let rows = layers.map { layer in
      let created = Timestamp(unixNanoseconds: (layer["Created"].int ?? 0) * 1_000_000_000)
      let (id, size) = (layer["Id"].string ?? "", layer["Size"].int ?? 0)
      let by = (layer["CreatedBy"].string ?? "").replacing("\t", with: " ")
      let stamp = created.unixNanoseconds == 0 ? "" : created.rfc3339
      let age = created.unixNanoseconds <= 0 ? "N/A" : humanAge(created, now: now) + " ago"
      return TableRow(
        "image.historyContext",
        [
          ("ID", .string(isTruncated ? truncatedID(id) : id)), ("CreatedAt", .string(stamp)),
          ("CreatedSince", .string(isHuman ? age : stamp)), ("CreatedBy", .string(isTruncated ? ellipsis(by, 45) : by)),
          ("Size", .string(isHuman ? humanSize(Double(size), digits: 3) : String(size))),
          ("Comment", .string(layer["Comment"].string ?? "")),
        ])
    }
    let format = call.flags.text("format")
    var listing = listing
    if !isHuman { listing.table = listing.table.replacing("CreatedSince", with: "CreatedAt") }
    call.session.write(try listing.text(rows, format: format, quiet: call.flags.isOn("quiet")))
  }
}
