import ImageStore
import NIOHTTP1
import OCI
import Testing

/// What registries are asked besides one image: all tags, a login, what there is.
@Suite struct RegistryQuestionTests {
  @Test func allTagsOverManyPages() async throws {
    let image = try ImageFixture.small()
    let registry = FakeRegistry { request in
      switch request.path {
      case "/v2/a/b/tags/list":
        .status(
          200, [("Link", "</v2/a/b/tags/list?n=2&last=2>; rel=\"next\"")],
          Array("{\"name\":\"a/b\",\"tags\":[\"1\",\"2\"]}".utf8))
      case "/v2/a/b/tags/list?n=2&last=2": .status(200, [], Array("{\"name\":\"a/b\",\"tags\":[\"3\"]}".utf8))
      default: .good
      }
    }
    for tag in ["1", "2", "3"] { registry.add(image, "a/b", tag) }
    try await registry.serve { host in
      try await StoreFixture.with { fixture in
        let repository = try Reference("\(host)/a/b")
        let recorder = Recorder()
        let results = try await fixture.store.pullAllTags(of: repository) { recorder.take($0) }
        #expect(results.count == 3 && results.allSatisfy { $0.image == image.id })
        let tags = try await fixture.store.image(named: image.id.description).tags.compactMap(\.tag)
        #expect(tags.sorted() == ["1", "2", "3"])
        #expect(recorder.texts.filter { $0.hasSuffix("Pulling from a/b") }.count == 3)
        #expect(recorder.texts.filter { $0.hasPrefix("Digest: ") }.count == 3)
        #expect(
          recorder.texts.filter { $0.hasPrefix("Status: ") } == [
            "Status: Downloaded newer image for \(host)/a/b"
          ])
        let again = Recorder()
        _ = try await fixture.store.pullAllTags(of: repository) { again.take($0) }
        #expect(again.texts.last == "Status: Image is up to date for \(host)/a/b")
      }
    }
  }

  /// A list that leads back to itself ends, one that leads to another host is not followed.
  @Test func linksThatLeadNowhere() async throws {
    for link in ["</v2/a/b/tags/list>; rel=next", "<http://127.0.0.1:1/v2/a/b/tags/list?x>; rel=next"] {
      let registry = FakeRegistry { request in
        request.path.contains("/tags/list")
          ? .status(200, [("Link", link)], Array("{\"tags\":[\"1\"]}".utf8)) : .good
      }
      registry.add(try ImageFixture.small(), "a/b", "1")
      try await registry.serve { host in
        try await StoreFixture.with { fixture in
          try await #expect(fixture.store.pullAllTags(of: Reference("\(host)/a/b")).count == 1)
        }
      }
    }
  }

  @Test func aRepositoryThatIsNotThere() async throws {
    let body = "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository name not known to registry\"}]}"
    let registry = FakeRegistry { _ in .status(404, [], Array(body.utf8)) }
    try await registry.serve { host in
      try await StoreFixture.with { fixture in
        do {
          try await fixture.store.pullAllTags(of: Reference("\(host)/a/b"))
          Issue.record("pulled what is not there")
        } catch let error as ImageStoreError { #expect(error.code == .notFound) }
      }
    }
  }

  private func logIn(
    _ script: @escaping @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer, _ credentials: RegistryCredentials,
    scheme: String = ""
  ) async throws -> String {
    try await FakeRegistry(script).serve { host in
      try await StoreFixture.with { fixture in
        do { return "token " + (try await fixture.store.logIn(to: scheme + host, credentials)) } catch let error
          as ImageStoreError
        {
          return (error.code == .denied ? "denied " : "error ") + error.message.replacing(host, with: "HOST")
        }
      }
    }
  }

  @Test func loginWithBasic() async throws {
    let script: @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer = { request in
      guard request.path == "/v2/", request.headers.first(name: "Authorization") == "Basic dTpw" else {
        return .status(401, [("WWW-Authenticate", "Basic realm=\"r\"")], [])
      }
      return .status(200, [], Array("{}".utf8))
    }
    let good = RegistryCredentials(username: "u", password: "p")
    try await #expect(logIn(script, good) == "token ")
    try await #expect(logIn(script, good, scheme: "https://") == "token ")
    try await #expect(
      logIn(script, RegistryCredentials(username: "u", password: "x"))
        == "denied login attempt to http://HOST/v2/ failed with status: 401 Unauthorized")
  }

  @Test func loginWithTokenService() async throws {
    let script: @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer = { request in
      if request.path.hasPrefix("/token") {
        guard request.headers.first(name: "Authorization") == "Basic dTpw" else {
          let body = "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"incorrect username or password\"}]}"
          return .status(401, [], Array(body.utf8))
        }
        guard request.path.contains("offline_token=true") else { return .status(400, [], []) }
        return .status(200, [], Array("{\"token\":\"t\",\"refresh_token\":\"lasting\"}".utf8))
      }
      if request.headers.first(name: "Authorization") == "Bearer t" { return .status(200, [], []) }
      let host = request.headers.first(name: "Host") ?? ""
      return .status(401, [("WWW-Authenticate", "Bearer realm=\"http://\(host)/token\",service=\"s\"")], [])
    }
    try await #expect(logIn(script, RegistryCredentials(username: "u", password: "p")) == "token lasting")
    try await #expect(
      logIn(script, RegistryCredentials(username: "u", password: "x"))
        == "denied Get \"http://HOST/v2/\": unauthorized: incorrect username or password")
  }

  @Test func loginToNothing() async throws {
    try await StoreFixture.with { fixture in
      for (server, code) in [("127.0.0.1:1", ImageStoreError.Code.unavailable), ("http://a b/", .invalid)] {
        do {
          _ = try await fixture.store.logIn(to: server, RegistryCredentials(username: "u", password: "p"))
          Issue.record("logged in to nothing")
        } catch let error as ImageStoreError { #expect(error.code == code, "\(error)") }
      }
    }
  }

  @Test func looksWithoutPulling() async throws {
    let image = try ImageFixture.small()
    let registry = FakeRegistry()
    registry.add(image, "a/b", "1")
    try await registry.serve { host in
      try await StoreFixture.with { fixture in
        let found = try await fixture.store.remoteImage(Reference("\(host)/a/b:1"))
        #expect(found.descriptor.digest == sha256(image.manifest))
        #expect(found.descriptor.size == Int64(image.manifest.count))
        #expect(found.platforms.map(\.os) == ["linux"])
        try await #expect(fixture.store.list().isEmpty)
        await #expect(throws: ImageStoreError.self) {
          try await fixture.store.remoteImage(Reference("\(host)/a/b:2"))
        }
      }
    }
  }
}
