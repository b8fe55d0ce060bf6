import OCI
import Testing

@Suite struct ReferenceTests {
  static let digest = "sha256:" + String(repeating: "ab", count: 32)

  struct Case: Sendable, CustomStringConvertible {
    let text: String
    let full: String
    let familiar: String
    var description: String { text }
  }

  static let good: [Case] = [
    .init(text: "nginx", full: "docker.io/library/nginx", familiar: "nginx"),
    .init(text: "nginx:1.25", full: "docker.io/library/nginx:1.25", familiar: "nginx:1.25"),
    .init(text: "library/nginx", full: "docker.io/library/nginx", familiar: "nginx"),
    .init(text: "docker.io/nginx", full: "docker.io/library/nginx", familiar: "nginx"),
    .init(text: "index.docker.io/library/nginx:x", full: "docker.io/library/nginx:x", familiar: "nginx:x"),
    .init(text: "user/app", full: "docker.io/user/app", familiar: "user/app"),
    .init(text: "library/a/b", full: "docker.io/library/a/b", familiar: "library/a/b"),
    .init(text: "localhost/x", full: "localhost/x", familiar: "localhost/x"),
    .init(text: "localhost:5000/x:t", full: "localhost:5000/x:t", familiar: "localhost:5000/x:t"),
    .init(text: "127.0.0.1:5000/big:1", full: "127.0.0.1:5000/big:1", familiar: "127.0.0.1:5000/big:1"),
    .init(text: "[::1]:5000/x", full: "[::1]:5000/x", familiar: "[::1]:5000/x"),
    .init(
      text: "quay.io/a/b__c/d-e--f.g:V_1.2-x", full: "quay.io/a/b__c/d-e--f.g:V_1.2-x",
      familiar: "quay.io/a/b__c/d-e--f.g:V_1.2-x"),
    .init(text: "a@\(digest)", full: "docker.io/library/a@\(digest)", familiar: "a@\(digest)"),
    .init(text: "a:1@\(digest)", full: "docker.io/library/a:1@\(digest)", familiar: "a:1@\(digest)"),
    .init(text: "Host/x", full: "Host/x", familiar: "Host/x"),
  ]

  @Test(arguments: good) func parses(_ c: Case) throws {
    let reference = try Reference(c.text)
    #expect(reference.description == c.full)
    #expect(reference.familiar == c.familiar)
    // What is printed is read back as the same thing.
    try #expect(Reference(reference.familiar) == reference)
    try #expect(Reference(reference.description) == reference)
  }

  @Test(arguments: [
    "", ":", "@", "a:", "a@", "/a", "a/", "a//b", "Nginx", "a:-x", "a:.x", "a b", "-a", "a-", "a..b", "a___b", "a._b",
    "localhost:/x", "a.b:x/y", "a@sha256:12", "a@md5:\(String(repeating: "0", count: 32))", "é", "a:é", "a\n",
    "a\u{0}b",
    "http://x/y", "[::1/x", "x-.com/y", "a@sha256:" + String(repeating: "AB", count: 32),
    String(repeating: "a", count: 256), "a:" + String(repeating: "b", count: 129), String(repeating: "ab", count: 32),
  ]) func refuses(_ text: String) {
    #expect(throws: ReferenceError.self) { try Reference(text) }
  }

  @Test func wordsOfDocker() {
    func message(_ text: String) -> String? {
      do {
        _ = try Reference(text)
        return nil
      } catch { return error.message }
    }
    #expect(message("Nginx") == "invalid reference format: repository name (library/Nginx) must be lowercase")
    #expect(message("a:") == "invalid reference format")
    let hex = String(repeating: "a", count: 64)
    #expect(message(hex) == "invalid repository name (\(hex)), cannot specify 64-byte hexadecimal strings")
  }

  @Test func defaultTag() throws {
    try #expect(Reference("nginx").withDefaultTag.familiar == "nginx:latest")
    try #expect(Reference("nginx:1").withDefaultTag.familiar == "nginx:1")
    try #expect(Reference("nginx@\(Self.digest)").withDefaultTag.tag == nil)
  }

  /// Random texts over the grammar's own characters either fail or survive a round trip.
  @Test func fuzz() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("ab0Z.-_/:@[]l é\n")
    for _ in 0..<20_000 {
      let text = String(
        (0..<Int.random(in: 0...24, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! })
      guard let reference = try? Reference(text) else { continue }
      #expect((try? Reference(reference.familiar)) == reference, "\(text)")
      #expect((try? Reference(reference.description)) == reference, "\(text)")
    }
  }
}
