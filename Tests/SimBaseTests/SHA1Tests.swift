import SimBase
import Testing

/// Source: NIST, "Cryptographic Algorithm Validation Program", SHA-1 examples; RFC 6455 §1.3.
@Suite struct SHA1Tests {
  @Test(
    "digests match NIST's vectors",
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
    ])
  func vectors(text: String, digest: String) { #expect(hexText(SHA1.digest(Array(text.utf8))) == digest) }

  @Test("the key of the RFC's handshake comes back as the RFC says") func handshake() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    #expect(Base64.text(SHA1.digest(Array(key.utf8))) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }
}
