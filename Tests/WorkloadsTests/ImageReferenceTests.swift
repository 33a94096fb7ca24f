import Testing
import Workloads

@Suite struct ImageReferenceTests {
  @Test(
    "references are read as Docker reads them",
    arguments: [
      ("nginx", "docker.io/library/nginx", "nginx"), ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
      ("hashicorp/http-echo:latest", "docker.io/hashicorp/http-echo:latest", "hashicorp/http-echo:latest"),
      ("docker.io/library/redis", "docker.io/library/redis", "redis"),
      ("127.0.0.1:5000/stackdemo", "127.0.0.1:5000/stackdemo", "127.0.0.1:5000/stackdemo"),
      ("localhost:5000/a/b:x", "localhost:5000/a/b:x", "localhost:5000/a/b:x"),
      ("index.docker.io/library/redis:7", "docker.io/library/redis:7", "redis:7"),
      ("a__b/c-d.e", "docker.io/a__b/c-d.e", "a__b/c-d.e"),
    ])
  func reads(text: String, canonical: String, familiar: String) throws {
    let reference = try ImageReference(text)
    #expect(reference.canonical == canonical)
    #expect(reference.familiar == familiar)
  }

  @Test("a digest stays behind name and tag") func digest() throws {
    let digest = "sha256:" + String(repeating: "0f", count: 32)
    let reference = try ImageReference("nginx:alpine@" + digest)
    #expect(reference.tag == "alpine")
    #expect(reference.digest == digest)
    #expect(reference.withDefaultTag.familiar == "nginx:alpine@" + digest)
  }

  @Test(
    "what is no reference is refused",
    arguments: ["", "a//b", "-a", "a:", "nginx@sha256:12", "a..b", "a___b", "a:b c", "/a"])
  func refuses(text: String) {
    #expect(throws: ImageReference.Refusal.malformed) { try ImageReference(text) }
  }

  @Test("upper-case letters are refused by name") func upperCase() {
    #expect(throws: ImageReference.Refusal.upperCase("library/Nginx")) { try ImageReference("Nginx") }
  }
}
