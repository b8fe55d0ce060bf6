import Testing

@testable import APIMachinery

@Suite("Base64")
struct Base64Tests {
  /// RFC 4648, section 10, and what tells the alphabets apart.
  @Test(
    "bytes as text and back",
    arguments: [
      ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"), ("foob", "Zm9vYg==", "Zm9vYg"),
      ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"), ("?>?>", "Pz4/Pg==", "Pz4_Pg"),
      ("~~~>", "fn5+Pg==", "fn5-Pg"),
    ])
  func coding(plain: String, standard: String, ofURLs: String) {
    let bytes = Array(plain.utf8)
    #expect(Base64.encode(bytes) == standard && Base64.encodeURL(bytes) == ofURLs)
    #expect(Base64.decode(standard) == bytes && Base64.decodeURL(ofURLs) == bytes)
  }

  @Test("what is no text of URLs is refused", arguments: ["Zg==", "Z", "Pz4/Pg", "fn5+Pg", "Zm9\n", "Zm9vé", "Zm9vY"])
  func refused(text: String) { #expect(Base64.decodeURL(text) == nil) }
}
