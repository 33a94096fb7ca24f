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

  @Test("both alphabets are read") func alphabets() { #expect(Base64.bytes("-_8=") == Base64.bytes("+/8=")) }
}
