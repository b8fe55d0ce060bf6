import OCI
import Testing

@testable import ImageStore

/// Where an upload goes, by what the registry answers.
@Suite struct BlobUploadTests {
  private let digest: Digest

  init() throws { digest = try #require(Digest("sha256:" + String(repeating: "a", count: 64))) }

  private func target(
    _ location: String, verifies: Bool = true, base: String = "https://registry.test"
  ) throws -> String {
    let host = RegistryHost(authority: "registry.test", schemes: ["https"], verifies: verifies, prefix: "")
    return try BlobUpload.target(location, digest, host, base: base)
  }

  @Test(arguments: ["/v2/a/blobs/uploads/1", "https://registry.test/v2/a/blobs/uploads/1"])
  func theDigestIsAdded(_ location: String) throws {
    #expect(try target(location) == location + "?digest=\(digest)")
    #expect(try target(location + "?_state=x") == location + "?_state=x&digest=\(digest)")
  }

  @Test func credentialsGoToNobodyElse() {
    #expect(throws: RegistryFailure.self) { try target("https://other.test/v2/a/blobs/uploads/1") }
  }

  /// Behind a proxy that ends TLS, a registry may take itself for a plain one.
  @Test func credentialsAreNotSentInClear() throws {
    let location = "http://registry.test/v2/a/blobs/uploads/1"
    #expect(throws: RegistryFailure.self) { try target(location) }
    #expect(try target(location, base: "http://registry.test").hasPrefix(location))
    #expect(try target(location, verifies: false).hasPrefix(location))
  }
}
