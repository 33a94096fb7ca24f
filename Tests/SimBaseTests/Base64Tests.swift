import SimBase
import Testing

/// Source: RFC 4648 §10.
@Suite struct Base64Tests {
  @Test(
    "texts are those of the RFC, and read back",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, text: String) {
    #expect(Base64.text(Array(plain.utf8)) == text)
    #expect(Base64.bytes(text) == Array(plain.utf8))
    #expect(Base64.bytes(String(text.prefix { $0 != "=" })) == Array(plain.utf8))
  }

  @Test("what is not base64 reads as nil", arguments: ["a", "ab!c", "a=bc"])
  func refusal(text: String) { #expect(Base64.bytes(text) == nil) }

  @Test(
    "a strict reading names the place where Go's ends",
    arguments: [
      ("not base64!", 3), ("wxyz-", 4), ("abc", 0), ("abcde", 4), ("I'm not base64 encoded", 1), ("Zg=", 3),
      ("Zg=a", 2),
      ("Zg==Zg==", 4), ("=", 0), ("Zm9v\n=", 5),
    ])
  func strictRefusal(text: String, place: Int) {
    let refusal = #expect(throws: Base64.Corruption.self) { try Base64.strictBytes(text) }
    #expect(refusal?.place == place)
  }

  @Test(
    "a strict reading passes over line breaks", arguments: [("Zm9v\nYg=\r\n=\n", "foob"), ("Zm9v", "foo"), ("", "")])
  func strictReading(text: String, plain: String) throws { #expect(try Base64.strictBytes(text) == Array(plain.utf8)) }

  @Test("both alphabets are read") func alphabets() { #expect(Base64.bytes("-_8=") == Base64.bytes("+/8=")) }
}
