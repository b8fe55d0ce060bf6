import Testing

@testable import ImageStore

@Suite struct LayerPathTests {
  private func normalize(_ text: String) -> String? {
    LayerPath.normalize(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func cleans() {
    for (raw, clean) in [
      ("a", "a"), ("/a", "a"), ("./a/", "a"), ("a//b/./c", "a/b/c"), ("a/../b", "b"), ("./", ""), (".", ""), ("/", ""),
      ("a/b/../../c", "c"), ("..a", "..a"), ("a/...", "a/..."), (".hidden", ".hidden"),
    ] { #expect(normalize(raw) == clean, "\(raw)") }
  }

  @Test func refusesWhatClimbs() {
    for raw in ["..", "../a", "/..", "a/../..", "a/../../b", "./../x", "a\u{0}b", String(repeating: "a", count: 4096)] {
      #expect(normalize(raw) == nil, "\(raw)")
    }
  }

  /// Whatever comes in, what comes out has no `..`, no `.` and no empty part.
  @Test func fuzz() {
    let alphabet = Array("./a".utf8)
    for _ in 0..<50_000 {
      let raw = (0..<Int.random(in: 0...16)).map { _ in alphabet.randomElement()! }
      guard let clean = LayerPath.normalize(raw), !clean.isEmpty else { continue }
      let parts = clean.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
      #expect(!parts.contains { $0.isEmpty || $0 == "." || $0 == ".." })
    }
  }

  @Test func whiteouts() {
    #expect(Whiteout(Array("a".utf8)) == nil)
    #expect(Whiteout(Array(".wh.a".utf8)) == .name(Array("a".utf8)))
    #expect(Whiteout(Array(".wh..wh..opq".utf8)) == .opaque)
    #expect(Whiteout(Array(".wh..wh.plnk".utf8)) == .other)
    #expect(Whiteout(Array(".wh.".utf8)) == .other)
    #expect(Whiteout(Array(".wh...".utf8)) == .other)
  }

  @Test func timestamps() {
    #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000000000Z")
    #expect(Timestamp.text(1_709_210_096_000_000_007) == "2024-02-29T12:34:56.000000007Z")
    #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999999999Z")
  }
}
