import DockerAPI
import HTTPService
import ImageStore
import OCI
import Testing

@testable import DockerServer

@Suite struct ImageRequestTests {
  @Test func whatAPullNames() throws {
    try #expect(PullEndpoint.reference("nginx", tag: "1").familiar == "nginx:1")
    try #expect(PullEndpoint.reference("nginx:1", tag: nil).familiar == "nginx:1")
    let digest = "sha256:" + String(repeating: "ab", count: 32)
    try #expect(PullEndpoint.reference("nginx:1", tag: digest).familiar == "nginx@\(digest)")
    // All tags.
    for name in ["nginx", "nginx:"] {
      let reference = try PullEndpoint.reference(name, tag: nil)
      #expect(reference.tag == nil && reference.digest == nil)
    }
    #expect(throws: RefusedError.self) { try PullEndpoint.reference("scratch", tag: "latest") }
  }

  @Test func referencesThatDoNotParseAreBadRequests() throws {
    let target = try RequestTarget("/images/create?fromImage=lower%2FUPPER&tag=latest")
    let name = try #require(target.query["fromImage"])
    for (name, tag) in [(name, "latest"), ("a", "-x"), ("a b", nil)] {
      do {
        _ = try PullEndpoint.reference(name, tag: tag)
        Issue.record("\(name) parses")
      } catch {
        let (status, message) = ErrorAnswer.describe(error)
        #expect(status == .badRequest)
        #expect(message.hasPrefix("invalid reference format") || message == "invalid tag format")
      }
    }
  }

  /// docker-py reads a list of JSON lines only from an answer in the chunked transfer coding.
  @Test func shortProgressIsStreamedToo() async throws {
    let response = try await ProgressStream.response { _ in [ProgressMessage(stream: "Loaded image: a:1\n")] }
    guard case .stream = response.body else {
      Issue.record("it is no stream")
      return
    }
    #expect(response.headers["Content-Length"] == nil)
    await #expect(throws: RefusedError.self) {
      try await ProgressStream.response { _ in throw RefusedError(.notFound, "no") }
    }
  }

  @Test func storageIsShown() {
    let data = StorageTranslation.data(lower: ["/l/2", "/l/1"], upper: "/s/u", work: "/s/w", merged: "/s/m")
    #expect(data == ["LowerDir": "/l/2:/l/1", "UpperDir": "/s/u", "WorkDir": "/s/w", "MergedDir": "/s/m"])
    #expect(StorageTranslation.data(lower: [], upper: "/u", work: "/w", merged: "/m")["LowerDir"] == nil)
  }

  @Test func whatARegistryHas() {
    let digest = Digest("sha256:" + String(repeating: "0", count: 64))!
    let image = RemoteImage(
      descriptor: OCI.Descriptor(mediaType: "m", digest: digest, size: 7),
      platforms: [Platform(os: "linux", architecture: "arm64", variant: "v8")])
    #expect(
      String(decoding: DockerJSON.encode(RegistryEndpoints.describe(image)), as: UTF8.self)
        == "{\"Descriptor\":{\"mediaType\":\"m\",\"digest\":\"\(digest)\",\"size\":7},"
        + "\"Platforms\":[{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\"}]}")
  }
}
