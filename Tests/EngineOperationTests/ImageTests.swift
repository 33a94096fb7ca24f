import EngineTypes
import Lab
import SimBase
import Testing

@Suite struct ImageTests {
  @Test("a pull tells of its layers, its digest and its outcome, and is up to date the second time") func pull() throws
  {
    var bench = Bench.plain()
    let first = try bench.ask("POST", "/images/create?fromImage=nginx&tag=alpine")
    let lines = JSON.parseStream(first.body)
    #expect(lines.first?.text == #"{"status":"Pulling from library/nginx","id":"alpine"}"#)
    let words = lines.compactMap { $0["status"].string }
    for word in ["Pulling fs layer", "Downloading", "Download complete", "Extracting", "Pull complete"] {
      #expect(words.contains(word), "\(word)")
    }
    #expect(words.last == "Status: Downloaded newer image for nginx:alpine")
    #expect(String(decoding: first.body, as: UTF8.self).contains("\\u003e"))
    let bars = lines.compactMap { $0["progress"].string }
    #expect(bars.allSatisfy { $0.hasPrefix("[") && $0.dropFirst(52).hasPrefix("] ") })
    let second = JSON.parseStream(try bench.ask("POST", "/images/create?fromImage=nginx&tag=alpine").body)
    #expect(second.count == 3 && second[2]["status"] == "Status: Image is up to date for nginx:alpine")
  }

  @Test("the digest that the registry tells is the one that a pull brings") func distribution() throws {
    var bench = Bench.plain()
    let told = try bench.get("/distribution/nginx:alpine/json")
    #expect(form(told) == form(Recorded.answer("/distribution/nginx:alpine/json")))
    let digest = told["Descriptor"]["digest"].string ?? ""
    try bench.pull("nginx", tag: "alpine")
    let image = try bench.get("/images/nginx:alpine/json")
    #expect(image["RepoDigests"] == .array([.string("nginx@\(digest)")]))
    try bench.pull("nginx", tag: digest)
    #expect(try bench.get("/images/nginx@\(digest)/json")["Id"] == image["Id"])
  }

  @Test("a registry's refusals are told apart") func refusals() throws {
    var bench = Bench.plain()
    #expect(try bench.refusal("GET", "/distribution/lab/crash:9/json") == "404 manifest unknown: manifest unknown")
    #expect(try bench.refusal("GET", "/distribution/lab/nosuch/json").hasPrefix("403 errors:\ndenied: "))
    #expect(
      try bench.refusal("POST", "/images/create?fromImage=lab/nosuch&tag=latest")
        == "404 pull access denied for lab/nosuch, repository does not exist or may require 'docker login': denied: "
        + "requested access to the resource is denied")
    #expect(
      try bench.refusal("POST", "/images/create?fromImage=lab/crash&tag=9")
        == "404 manifest for lab/crash:9 not found: manifest unknown: manifest unknown")
    #expect(try bench.refusal("POST", "/images/create?fromImage=A&tag=1").hasPrefix("400 invalid reference format"))
    #expect(try bench.refusal("GET", "/images/nope/json") == "404 No such image: nope:latest")
  }

  @Test("a pull whose client hangs up leaves nothing") func hangUp() throws {
    var bench = Bench.plain()
    let stream = bench.open("POST", "/images/create?fromImage=nginx&tag=latest")
    _ = bench.read(stream, for: .milliseconds(100))
    bench.lab.close(stream)
    bench.lab.advance(by: .seconds(30))
    #expect(try bench.get("/images/json") == [])
  }

  @Test("lists, inspect, history and disk use have a real engine's fields") func shapes() throws {
    var bench = Bench.plain()
    try bench.pull("nginx", tag: "alpine")
    try bench.pull("busybox")
    try bench.post("/volumes/create", ["Name": "data", "Labels": ["keep": "yes"]], expecting: 201)
    try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "9"], "HostConfig": ["Binds": ["data:/d"]]])
    #expect(
      form(try bench.get("/images/json")[0]).replacing("Labels:{map}", with: "Labels:null")
        == form(Recorded.answer("/images/json")[0]))
    let history = try bench.get("/images/busybox:latest/history")
    #expect(form(history[0]) == form(Recorded.answer("/images/busybox:latest/history")[0]))
    #expect(
      form(try bench.get("/images/busybox/json")["Config"]).replacing(",ExposedPorts:{map}", with: "")
        == form(Recorded.answer("/images/nginx:alpine/json")["Config"]).replacing(",ExposedPorts:{map}", with: ""))
    let ours = try bench.get("/images/nginx:alpine/json").fields?.map(\.key)
    #expect(ours == Recorded.answer("/images/nginx:alpine/json").fields?.map(\.key))
    #expect(form(try bench.get("/volumes")) == form(Recorded.answer("/volumes")))
    #expect(form(try bench.get("/volumes/data")) == form(Recorded.answer("/volumes/data")))
    let (usage, recorded) = (try bench.get("/system/df"), Recorded.answer("/system/df"))
    #expect(usage.fields?.map(\.key) == recorded.fields?.map(\.key))
    #expect(form(usage["Volumes"]) == form(recorded["Volumes"]))
  }

  @Test("a name can be added and taken away, and the last one takes the image along") func names() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/images/busybox/tag?repo=mine&tag=1", expecting: 201)
    #expect(try bench.get("/images/json")[0]["RepoTags"] == ["busybox:latest", "mine:1"])
    let filter = "%7B%22reference%22%3A%5B%22mi%2A%22%5D%7D"
    #expect(try bench.get("/images/json?filters=\(filter)")[0]["RepoTags"] == ["mine:1"])
    try bench.post("/images/nope/tag?repo=mine&tag=1", expecting: 404)
    #expect(try JSON.parse(bench.ask("DELETE", "/images/mine:1").body)[0]["Untagged"] == "mine:1")
    try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "1"]])
    #expect(
      try bench.refusal("DELETE", "/images/busybox:latest").hasPrefix(
        "409 conflict: unable to remove repository reference \"busybox:latest\" (must force) - container "))
    _ = try bench.ask("DELETE", "/containers/c1?force=1")
    #expect(try bench.post("/images/prune")["ImagesDeleted"].isNull)
    let pruned = try bench.post("/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D")
    #expect(pruned["ImagesDeleted"].array?.isEmpty == false && pruned["SpaceReclaimed"].int ?? 0 > 1_000_000)
    #expect(try bench.get("/images/json") == [])
  }

  @Test("a push ends with the image's digest") func push() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/images/busybox/tag?repo=me/bb&tag=1", expecting: 201)
    let lines = JSON.parseStream(try bench.ask("POST", "/images/me/bb/push?tag=1").body)
    #expect(lines.first?["status"] == "The push refers to repository [docker.io/me/bb]")
    #expect(lines.last?["aux"]["Tag"] == "1")
    let missing = JSON.parseStream(try bench.ask("POST", "/images/zz/push?tag=1").body)
    #expect(missing.last?["error"].string?.hasPrefix("An image does not exist locally with the tag: ") == true)
  }

  @Test("volumes are made, refused and pruned as Docker does it") func volumes() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.post("/volumes/create", ["Name": "data"], expecting: 201)
    try bench.post("/volumes/create", ["Name": "data"], expecting: 201)
    let id = try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "9"], "HostConfig": ["Binds": ["data:/d"]]])
    #expect(try bench.refusal("DELETE", "/volumes/data") == "409 remove data: volume is in use - [\(id)]")
    #expect(try bench.refusal("GET", "/volumes/nope") == "404 get nope: no such volume")
    _ = try bench.ask("DELETE", "/containers/c1?force=1")
    #expect(try bench.post("/volumes/prune")["VolumesDeleted"] == [])
    let all = try bench.post("/volumes/prune?filters=%7B%22all%22%3A%5B%22true%22%5D%7D")
    #expect(all.text == #"{"VolumesDeleted":["data"],"SpaceReclaimed":0}"#)
  }
}
