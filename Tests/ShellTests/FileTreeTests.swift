import SimBase
import Testing

@testable import Shell

@Suite struct FileTreeTests {
  private func tree() throws -> FileTree {
    var files = FileTree()
    try files.makeDirectory("/a/b", parents: true, at: .zero)
    try files.write("/a/b/f", Array("text".utf8), at: .zero + .seconds(1))
    try files.write("/a/b-1", [], at: .zero)
    try files.write("/a.txt", [], at: .zero)
    return files
  }

  @Test("a directory lists its own children, and not those of its neighbours or below")
  func lists() throws {
    let files = try tree()
    #expect(try files.list("/") == ["a", "a.txt"])
    #expect(try files.list("/a") == ["b", "b-1"])
    #expect(try files.list("/a/b/") == ["f"])
    #expect(throws: FileError.notDirectory) { try files.list("/a.txt") }
    #expect(throws: FileError.notFound) { try files.list("/z") }
  }

  @Test("paths are followed through dots, slashes and links")
  func paths() throws {
    var files = try tree()
    try files.link("/l", to: "a/b", at: .zero)
    try files.link("/a/up", to: "../l/f", at: .zero)
    #expect(files.text("/a/../a//b/./f") == "text")
    #expect(files.text("/l/f") == "text")
    #expect(files.text("/a/up") == "text")
    #expect(files.linkEntry("/a/up")?.isLink == true)
    #expect(files.realPath("/a/up") == "/a/b/f")
    try files.write("/l/g", [1], at: .zero)
    #expect(try files.read("/a/b/g") == [1])
    try files.link("/x", to: "/y", at: .zero)
    try files.link("/y", to: "/x", at: .zero)
    #expect(throws: FileError.linkLoop) { try files.read("/x") }
    #expect(throws: FileError.notDirectory) { try files.read("/a/b/f/g") }
  }

  @Test("a refusal says why")
  func refusals() throws {
    var files = try tree()
    #expect(throws: FileError.isDirectory) { try files.write("/a", [], at: .zero) }
    #expect(throws: FileError.notFound) { try files.write("/z/f", [], at: .zero) }
    #expect(throws: FileError.notDirectory) { try files.write("/a.txt/f", [], at: .zero) }
    #expect(throws: FileError.exists) { try files.makeDirectory("/a", at: .zero) }
    #expect(throws: FileError.notEmpty) { try files.remove("/a") }
    #expect(throws: FileError.notPermitted) { try files.remove("/", recursive: true) }
    #expect(throws: FileError.invalid) { try files.move("/a", to: "/a/b/c") }
    #expect(throws: FileError.notFound) { try files.setMode("/z", 0) }
    #expect(files == (try tree()))
  }

  @Test("a directory moves with all that is in it, and goes with all that is in it")
  func moves() throws {
    var files = try tree()
    try files.move("/a", to: "/c")
    #expect(files.text("/c/b/f") == "text")
    #expect(!files.exists("/a"))
    #expect(files.exists("/a.txt"))
    try files.remove("/c", recursive: true)
    #expect(try files.list("/") == ["a.txt"])
  }

  @Test("appending keeps what was there, a copy is not touched")
  func copies() throws {
    var files = try tree()
    let copy = files
    try files.append("/a/b/f", Array("!".utf8), at: .zero + .seconds(9))
    #expect(files.text("/a/b/f") == "text!")
    #expect(copy.text("/a/b/f") == "text")
    #expect(files.entry("/a/b/f")?.modified == .zero + .seconds(9))
  }

  @Test("nothing changes at or below what is mounted for reading only")
  func readOnly() throws {
    var files = try tree()
    files.readOnly = ["/a/b"]
    #expect(throws: FileError.readOnly) { try files.write("/a/b/f", [], at: .zero) }
    #expect(throws: FileError.readOnly) { try files.write("/a/b/new", [], at: .zero) }
    #expect(throws: FileError.readOnly) { try files.remove("/a/b/f") }
    #expect(throws: FileError.readOnly) { try files.move("/a/b/f", to: "/f") }
    #expect(throws: FileError.readOnly) { try files.setMode("/a/b/f", 0) }
    #expect(throws: FileError.busy) { try files.remove("/a/b", recursive: true) }
    #expect(files.text("/a/b/f") == "text")
    try files.write("/a/b-1", [1], at: .zero)
    #expect(try files.read("/a/b-1") == [1])
  }

  @Test("a tree has a byte form, and nonsense has none")
  func archive() throws {
    var files = try tree()
    try files.link("/l", to: "a", at: .zero)
    try files.setMode("/a.txt", 0o600)
    try files.setOwner("/a.txt", user: 5, group: 6)
    let bytes = files.archived()
    #expect(FileTree(archived: bytes) == files)
    #expect(FileTree(archived: Array(bytes.dropLast())) == nil)
  }
}
