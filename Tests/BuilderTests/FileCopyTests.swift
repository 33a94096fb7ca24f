import Shell
import SimBase
import Testing

@testable import Builder

@Suite struct FileCopyTests {
  private static func context() throws -> FileTree {
    var tree = FileTree()
    try tree.makeDirectory("/sub/deep", parents: true, at: .zero)
    for path in ["/a.txt", "/b.txt", "/sub/c", "/sub/deep/d"] {
      try tree.write(path, Array(path.utf8), mode: 0o640, at: .zero)
    }
    return tree
  }

  private static func copied(_ patterns: [String], to target: String) throws -> [String] {
    var tree = FileTree()
    try tree.makeDirectory("/there", at: .zero)
    let copy = FileCopy(from: try context(), isFromContext: true, isAddition: false, owner: nil)
    _ = try copy.copy(patterns, to: target, in: "/w", into: &tree, at: .zero)
    return try ["/", "/w", "/there", "/new"].flatMap { folder in
      try tree.isDirectory(folder) ? tree.list(folder).map { FileTree.normal(folder + "/" + $0) } : []
    }
  }

  @Test("where a file lands depends on what stands there and on the slash") func places() throws {
    #expect(try Self.copied(["a.txt"], to: "/new") == ["/new", "/there"])
    #expect(try Self.copied(["a.txt"], to: "/new/") == ["/new", "/there", "/new/a.txt"])
    #expect(try Self.copied(["a.txt"], to: "/there") == ["/there", "/there/a.txt"])
    #expect(try Self.copied(["a.txt"], to: "x") == ["/there", "/w", "/w/x"])
    #expect(try Self.copied(["*.txt"], to: "./") == ["/there", "/w", "/w/a.txt", "/w/b.txt"])
    // A directory's content is copied, not itself.
    #expect(try Self.copied(["sub"], to: "/new") == ["/new", "/there", "/new/c", "/new/deep"])
  }

  @Test(
    "what cannot be copied is refused in Docker's words",
    arguments: [
      (["nope"], "/x", "file not found in build context or excluded by .dockerignore: stat nope: file does not exist"),
      (["../x"], "/x", "forbidden path outside the build context: ../x ()"),
      (["no*"], "/x", "no source files were specified"),
    ])
  func refusals(_ patterns: [String], _ target: String, _ reason: String) {
    let fault = #expect(throws: FileCopy.Fault.self) { try Self.copied(patterns, to: target) }
    #expect(fault?.sentence == "COPY failed: \(reason)")
  }

  @Test("several files need a directory to go to") func several() {
    let fault = #expect(throws: FileCopy.Fault.self) { try Self.copied(["a.txt", "b.txt"], to: "/x") }
    #expect(fault?.sentence.hasSuffix("the destination must be a directory and end with a /") == true)
  }

  @Test("the digest follows the content, not the dates") func digests() throws {
    var (one, two) = (try Self.context(), try Self.context())
    try two.touch("/a.txt", at: .zero + .seconds(5))
    func digest(_ tree: FileTree) throws -> String {
      var target = FileTree()
      let copy = FileCopy(from: tree, isFromContext: true, isAddition: false, owner: nil)
      return try copy.copy(["a.txt"], to: "/x", in: "/", into: &target, at: .zero)
    }
    #expect(try digest(one) == digest(two))
    try one.write("/a.txt", [1], at: .zero)
    #expect(try digest(one) != digest(two))
  }
}
