import EngineTypes
import SimBase

/// `docker system df`: how much room things take.
///
/// Source: docker/cli `cli/command/system/df.go`, `cli/command/formatter/disk_usage.go`.
enum SystemDiskUsage {
  static let command = Command(
    use: "df [OPTIONS]", short: "Show docker disk usage",
    options: [
      Option("verbose", "v", .bool, "Show detailed information on space usage"), SharedOptions.tableFormat,
    ], run: run)

  private static let listing = Listing(
    headers: [
      ("Type", "TYPE"), ("TotalCount", "TOTAL"), ("Active", "ACTIVE"), ("Size", "SIZE"),
      ("Reclaimable", "RECLAIMABLE"),
    ],
    table: "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}")

  private static func run(_ call: Invocation) throws(Failure) {
    let usage = try call.session.engine().get("/system/df")
    let format = call.flags.text("format")
    if call.flags.isOn("verbose") {
      let isJSON = format == "json" || format == "{{json .}}"
      return try isJSON ? document(usage, call.session) : verbose(usage, call.session)
    }
    let rows = [images(usage), containers(usage), volumes(usage), buildCache(usage)]
    call.session.write(try listing.text(rows, format: format, quiet: false))
  }

  private static func row(_ type: String, _ total: Int, _ active: Int, _ size: Int64, _ free: Int64) -> TableRow {
    let share = size > 0 ? " (\(free * 100 / size)%)" : ""
    return TableRow(
      "formatter.diskUsage\(type.split(separator: " ").joined())Context",
      [
        ("Type", .string(type)), ("TotalCount", .string(String(total))), ("Active", .string(String(active))),
        ("Size", .string(humanSize(Double(size)))),
        ("Reclaimable", .string(humanSize(Double(free)) + (type == "Build Cache" ? "" : share))),
      ])
  }

  private static func images(_ usage: JSON) -> TableRow {
    let images = usage["Images"].array ?? []
    let size = usage["LayersSize"].int ?? 0
    var used: Int64 = 0
    for image in images where (image["Containers"].int ?? 0) != 0 {
      let (whole, shared) = (image["Size"].int ?? 0, image["SharedSize"].int ?? 0)
      if whole == -1 || shared == -1 { continue }
      used += whole - shared
    }
    return row("Images", images.count, images.count { ($0["Containers"].int ?? 0) > 0 }, size, size - used)
  }

  private static func containers(_ usage: JSON) -> TableRow {
    let containers = usage["Containers"].array ?? []
    let live = ["running", "paused", "restarting"]
    var (size, free): (Int64, Int64) = (0, 0)
    for container in containers {
      size += container["SizeRw"].int ?? 0
      if !live.contains(container["State"].string ?? "") { free += container["SizeRw"].int ?? 0 }
    }
    return row(
      "Containers", containers.count, containers.count { live.contains($0["State"].string ?? "") }, size, free)
  }

  private static func volumes(_ usage: JSON) -> TableRow {
    let volumes = usage["Volumes"].array ?? []
    var (size, free): (Int64, Int64) = (0, 0)
    for volume in volumes {
      let (own, links) = (volume["UsageData"]["Size"].int ?? -1, volume["UsageData"]["RefCount"].int ?? 0)
      if own == -1 { continue }
      size += own
      if links == 0 { free += own }
    }
    return row(
      "Local Volumes", volumes.count, volumes.count { ($0["UsageData"]["RefCount"].int ?? 0) > 0 }, size, free)
  }

  private static func buildCache(_ usage: JSON) -> TableRow {
    let records = usage["BuildCache"].array ?? []
    var (size, used): (Int64, Int64) = (0, 0)
    for record in records {
      if record["Shared"].bool != true { size += record["Size"].int ?? 0 }
      if record["InUse"].bool == true, record["Shared"].bool != true { used += record["Size"].int ?? 0 }
    }
    return row("Build Cache", records.count, records.count { $0["InUse"].bool == true }, size, size - used)
  }

  /// Everything in one JSON object, nothing cut short.
  private static func document(_ usage: JSON, _ session: Session) throws(Failure) {
    let now = session.now
    func list(_ name: String, _ rows: [TableRow]) throws(Failure) -> String {
      let listing = Listing(headers: [], table: "")
      let lines = try listing.text(rows, format: "json", quiet: false).split(separator: "\n")
      return "\"\(name)\":[\(lines.joined(separator: ","))]"
    }
    let images = (usage["Images"].array ?? []).flatMap { rows($0, isTruncated: false, now) }
    let containers = (usage["Containers"].array ?? []).map {
      ContainerList.row($0, isTruncated: false, now: now).replacing("Size", from: "(")
    }
    let lists = [
      try list("Images", images), try list("Containers", containers),
      try list("Volumes", (usage["Volumes"].array ?? []).map(VolumeList.row)), try list("BuildCache", []),
    ]
    session.print("{\(lists.joined(separator: ","))}")
  }

  /// An image's rows; one without tags goes by no name here, and none tells its digest.
  private static func rows(_ image: JSON, isTruncated: Bool, _ now: Timestamp) -> [TableRow] {
    ImageList.rows(image, isTruncated: isTruncated, showsDigest: false, now: now).map { row in
      var row = row
      let isTagged = row.member("Tag", [])?.string != "<none>"
      for place in row.fields.indices {
        if row.fields[place].name == "Digest" { row.fields[place].value = "" }
        if row.fields[place].name == "Repository", !isTagged { row.fields[place].value = "<none>" }
      }
      return row
    }
  }

  private static func verbose(_ usage: JSON, _ session: Session) throws(Failure) {
    let now = session.now
    func section(
      _ title: String, _ listing: Listing, _ table: String, _ rows: [TableRow]
    ) throws(Failure) -> String {
      var listing = listing
      listing.table = table
      return "\(title)\n\n" + (try listing.text(rows, format: "", quiet: false))
    }
    // An image shows under its first name only.
    let images = (usage["Images"].array ?? []).compactMap { rows($0, isTruncated: true, now).first }
    let containers = (usage["Containers"].array ?? []).map {
      ContainerList.row($0, isTruncated: true, now: now)
    }
    let cache = Listing(
      headers: [
        ("ID", "CACHE ID"), ("CacheType", "CACHE TYPE"), ("Size", "SIZE"), ("CreatedSince", "CREATED"),
        ("LastUsedSince", "LAST USED"), ("UsageCount", "USAGE"), ("Shared", "SHARED"),
      ], table: "")
    let sections = [
      try section(
        "Images space usage:", ImageList.listing,
        "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t"
          + "{{.Containers}}", images),
      try section(
        "Containers space usage:", ContainerList.listing,
        "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}",
        containers.map { $0.replacing("Size", from: "(") }),
      try section(
        "Local Volumes space usage:", VolumeList.listing, "{{.Name}}\t{{.Links}}\t{{.Size}}",
        (usage["Volumes"].array ?? []).map(VolumeList.row)),
      try section(
        "Build cache usage: 0B", cache,
        "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}", []),
    ]
    session.write(sections.joined(separator: "\n"))
  }
}

extension TableRow {
  /// The row with a field cut before a mark: `0B (virtual 2MB)` as `0B`.
  fileprivate func replacing(_ name: String, from mark: Character) -> TableRow {
    var row = self
    for place in row.fields.indices where row.fields[place].name == name {
      let text = row.fields[place].value.string ?? ""
      row.fields[place].value = .string(String(text.prefix { $0 != mark }).trimmed())
    }
    return row
  }
}
