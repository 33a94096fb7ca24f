import SimBase
import Testing

/// Source: NIST, "Cryptographic Algorithm Validation Program", SHA-256 examples.
@Suite struct SHA256Tests {
  @Test(
    "digests match NIST's vectors",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func vectors(text: String, digest: String) { #expect(SHA256.hex(text) == digest) }

  @Test("a million letters, fed in pieces, digest as one text") func million() {
    var sha = SHA256()
    for _ in 0..<1000 { sha.update(repeatElement(UInt8(ascii: "a"), count: 1000)) }
    #expect(hexText(sha.finalize()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
