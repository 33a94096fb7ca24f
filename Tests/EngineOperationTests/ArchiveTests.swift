import Engine
import EngineTypes
import Shell
import Lab
import SimBase
import SimKernel
import Testing

@testable import EngineAPI

@Suite struct ArchiveTests {
  @Test("an archive reads back as it was packed, long names and links too") func roundTrip() throws {
    var archive = TapeArchive()
    let long = "/" + String(repeating: "d/", count: 70) + "f"
    archive.add("/dir", FileEntry(.directory, mode: 0o755, modified: .zero))
    archive.add("/dir/a", FileEntry(.file(Array("hello".utf8)), mode: 0o640, modified: .zero + .seconds(7)))
    archive.add("/dir/l", FileEntry(.link("a"), mode: 0o777, modified: .zero))
    archive.add(long, FileEntry(.file([]), mode: 0o644, modified: .zero))
    let bytes = archive.bytes
    #expect(bytes.count % 512 == 0)
    #expect(try #require(TapeArchive(bytes)).items == archive.items)
    var broken = bytes
    broken[0] ^= 1
    #expect(TapeArchive(broken) == nil)
  }

  @Test("files go into a container and come out of it, and its changes show them") func copying() throws {
    var bench = Bench.plain()
    try bench.pull("busybox")
    try bench.run("c1", ["Image": "busybox", "Cmd": ["sleep", "99"]])
    var archive = TapeArchive()
    archive.add("/note", FileEntry(.file(Array("hi\n".utf8)), mode: 0o600, modified: .zero))
    var put = EngineRequest(
      "PUT", "/containers/c1/archive?path=/tmp", headers: [HTTPHeader("Content-Type", "text/plain")])
    put.body = archive.bytes
    #expect(try bench.lab.send(put, to: .init(0)).status == 200)
    let out = try bench.ask("GET", "/containers/c1/archive?path=/tmp/note")
    let items = try #require(TapeArchive(out.body)).items
    #expect(items.map(\.path) == ["/note"] && items[0].kind == .file(Array("hi\n".utf8)))
    let stat = try bench.ask("HEAD", "/containers/c1/archive?path=/tmp/note")
    let told = try JSON.parse(Base64.bytes(stat.header("X-Docker-Container-Path-Stat") ?? "") ?? [])
    #expect(told["name"] == "note" && told["size"] == 3 && told["mode"] == 0o600)
    #expect(
      try bench.refusal("GET", "/containers/c1/archive?path=/nope")
        == "404 Could not find the file /nope in container c1")
    let changes = try bench.get("/containers/c1/changes").array ?? []
    #expect(changes.contains { $0["Path"] == "/tmp/note" && $0["Kind"] == 1 })
  }
}
