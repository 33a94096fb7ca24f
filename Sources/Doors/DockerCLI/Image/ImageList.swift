import EngineTypes
import SimBase

/// `docker images`: the images of the node, a row for each name.
///
/// Source: docker/cli `cli/command/image/list.go`, `cli/command/formatter/image.go`. **Differs from Docker:** `--tree`
/// is read and has no effect.
enum ImageList {
  static let command = Command(
    use: "ls [OPTIONS] [REPOSITORY[:TAG]]", short: "List images",
    aliases: ["docker image ls", "docker image list", "docker images"], otherNames: ["list"], arity: .atMost(1),
    options: [
      Option("quiet", "q", .bool, "Only show image IDs"),
      Option("all", "a", .bool, "Show all images (default hides intermediate images)"),
      Option("no-trunc", nil, .bool, "Don't truncate output"), Option("digests", nil, .bool, "Show digests"),
      SharedOptions.tableFormat, SharedOptions.filter,
      Option("tree", nil, .bool, "List multi-platform images as a tree (EXPERIMENTAL)"),
    ], run: run)

  private static let headers = [
    ("ID", "IMAGE ID"), ("Repository", "REPOSITORY"), ("Tag", "TAG"), ("Digest", "DIGEST"),
    ("CreatedSince", "CREATED"), ("CreatedAt", "CREATED AT"), ("Size", "SIZE"), ("Containers", "CONTAINERS"),
    ("VirtualSize", "VIRTUAL SIZE"), ("SharedSize", "SHARED SIZE"), ("UniqueSize", "UNIQUE SIZE"),
  ]

  static let listing = Listing(
    headers: headers, table: "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
    raw: "repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\n"
      + "virtual_size: {{.Size}}\n", rawQuiet: "image_id: {{.ID}}")

  private static func run(_ call: Invocation) throws(Failure) {
    var filters = call.flags.filters()
    if let name = call.arguments.first { filters.add("reference", name) }
    var query = filters.query
    if call.flags.isOn("all") { query["all"] = "1" }
    let images = try call.session.engine().get("/images/json", query).array ?? []
    let format = call.listFormat(setting: "imagesFormat")
    let showsDigest = call.flags.isOn("digests") || format.includes("{{.Digest}}")
    let now = call.session.now
    let isTruncated = !call.flags.isOn("no-trunc")
    let rows = images.flatMap { self.rows($0, isTruncated: isTruncated, showsDigest: showsDigest, now: now) }
    var listing = listing
    if call.flags.isOn("digests") {
      listing.table = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
      listing.raw = listing.raw?.replacing("image_id", with: "digest: {{.Digest}}\nimage_id")
    }
    call.session.write(try listing.text(rows, format: format, quiet: call.flags.isOn("quiet")))
    if images.isEmpty, let name = call.arguments.first, isSubcommand(name) {
      call.session.warn(
        "\nNo images found matching \(name.goQuoted): did you mean \"docker image \(name)\"?")
    }
  }

  private static func isSubcommand(_ name: String) -> Bool { CommandTree.image.child(name) != nil }

  /// A row for each tag of an image, or one for an image without names.
  static func rows(_ image: JSON, isTruncated: Bool, showsDigest: Bool, now: Timestamp) -> [TableRow] {
    func texts(_ key: String) -> [String] { (image[key].array ?? []).compactMap(\.string) }
    let tags = texts("RepoTags").compactMap { $0 == "<none>:<none>" ? nil : try? ImageReference($0) }
    let digests = texts("RepoDigests").compactMap { try? ImageReference($0) }
    if tags.isEmpty {
      let names = digests.isEmpty ? [nil] : digests.map(Optional.init)
      return names.map { row(image, $0?.familiarName, nil, $0?.digest, isTruncated, now) }
    }
    var rows: [TableRow] = []
    for reference in tags {
      let own = digests.filter { $0.name == reference.name }.map(\.digest)
      for digest in showsDigest && !own.isEmpty ? own : [nil] {
        rows.append(row(image, reference.familiarName, reference.tag, digest, isTruncated, now))
      }
    }
    return rows
  }

  private static func row(
    _ image: JSON, _ repository: String?, _ tag: String?, _ digest: String?, _ isTruncated: Bool, _ now: Timestamp
  ) -> TableRow {
    let id = image["Id"].string ?? ""
    let created = Timestamp(unixNanoseconds: (image["Created"].int ?? 0) * 1_000_000_000)
    let (size, shared, containers) = (
      image["Size"].int ?? 0, image["SharedSize"].int ?? -1, image["Containers"].int ?? -1
    )
    func known(_ value: Int64, _ text: String) -> GoValue { .string(value == -1 ? "N/A" : text) }
    return TableRow(
      "formatter.imageContext",
      [
        ("ID", .string(isTruncated ? truncatedID(id) : id)), ("Repository", .string(repository ?? "<none>")),
        ("Tag", .string(tag ?? "<none>")), ("Digest", .string(digest ?? "<none>")),
        (
          "CreatedSince",
          .string(created.unixNanoseconds <= 0 ? "N/A" : humanAge(created, now: now) + " ago")
        ),
        ("CreatedAt", .string(goTime(created))), ("Size", .string(humanSize(Double(size), digits: 3))),
        ("Containers", known(containers, String(containers))), ("VirtualSize", .string(humanSize(Double(size)))),
        ("SharedSize", known(shared, humanSize(Double(shared)))),
        (
          "UniqueSize",
          .string(shared == -1 ? "N/A" : humanSize(Double(size - shared)))
        ),
      ])
  }
}
