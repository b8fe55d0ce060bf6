import OCI
import Testing

@Suite struct DigestTests {
  @Test func roundTrip() throws {
    let text = "sha256:" + String(repeating: "0f", count: 32)
    let digest = try #require(Digest(text))
    #expect(digest.description == text)
    #expect(digest.short == "0f0f0f0f0f0f")
    #expect(Digest(sha256: [UInt8](repeating: 15, count: 32)) == digest)
  }

  @Test(arguments: [
    "", "sha256", "sha256:", "sha256:zz", "sha256:" + String(repeating: "0F", count: 32),
    "sha256:" + String(repeating: "0", count: 63), "sha256:../../" + String(repeating: "0", count: 58),
    "md5:" + String(repeating: "0", count: 32),
  ]) func refuses(_ text: String) { #expect(Digest(text) == nil) }
}
