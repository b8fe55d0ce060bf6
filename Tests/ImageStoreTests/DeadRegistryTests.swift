import ImageStore
import Linux
import NIOHTTP1
import OCI
import Synchronization
import Testing

/// Registries that are there and yet not: a pull must find that out soon, and say it in Docker's words.
@Suite struct DeadRegistryTests {
  /// What a pull says, how long it takes, and how often the manifest was asked for.
  private func pull(
    _ answer: FakeRegistry.Answer, _ change: (inout ImageStoreConfiguration) -> Void = { _ in }
  ) async throws -> (message: String, seconds: Double, requests: Int) {
    let registry = FakeRegistry { _ in answer }
    return try await registry.serve { host in
      try await StoreFixture.with({
        // What the engine has by default; only hanging is shortened, by `change`.
        let fast = ImageStoreConfiguration(root: "")
        $0.firstRetryDelay = fast.firstRetryDelay
        $0.idleTimeout = fast.idleTimeout
        change(&$0)
      }) { fixture in
        let began = Clock.monotonic
        var message = ""
        do { try await fixture.store.pull(Reference("\(host)/a/b:1")) } catch { message = "\(error)" }
        return (
          message.replacing(host, with: "HOST"), Double(Clock.monotonic - began) / 1e9,
          registry.log.filter { $0.path == "/v2/a/b/manifests/1" }.count
        )
      }
    }
  }

  @Test func errorsGetOneMoreTry() async throws {
    for (status, words) in [(500, "500 Internal Server Error"), (503, "503 Service Unavailable")] {
      let result = try await pull(.status(status, [], Array("no".utf8)))
      #expect(result.message == "received unexpected HTTP status: \(words)")
      #expect(result.requests == 2)
      #expect(result.seconds < 20)
    }
  }

  @Test func tooManyRequestsGetNone() async throws {
    let plain = try await pull(.status(429, [("Retry-After", "25")], []))
    #expect(plain.message == "toomanyrequests: received unexpected HTTP status: 429 Too Many Requests")
    #expect(plain.requests == 1)
    #expect(plain.seconds < 20)
    let body = "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"You have reached your limit.\"}]}"
    let worded = try await pull(.status(429, [], Array(body.utf8)))
    #expect(worded.message == "toomanyrequests: You have reached your limit.")
  }

  @Test func aClosedConnectionEndsSoon() async throws {
    let result = try await pull(.close)
    #expect(result.message == "Get \"http://HOST/v2/a/b/manifests/1\": EOF")
    #expect(result.seconds < 20)
  }

  @Test func aRegistryThatHangsIsLeft() async throws {
    let result = try await pull(.hang) { $0.answerTimeout = 1 }
    #expect(
      result.message == "Get \"http://HOST/v2/a/b/manifests/1\": "
        + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)")
    #expect(result.requests == 1)
    #expect(result.seconds < 20)
  }

  @Test func theDefaultsAreSoonEnough() {
    #expect(ImageStoreConfiguration(root: "").answerTimeout <= 12)
  }

  @Test func aTokenServiceThatHangsIsLeft() async throws {
    let registry = FakeRegistry { request in
      if request.path.hasPrefix("/token") { return .hang }
      let host = request.headers.first(name: "Host") ?? ""
      return .status(401, [("WWW-Authenticate", "Bearer realm=\"http://\(host)/token\"")], [])
    }
    try await registry.serve { host in
      try await StoreFixture.with({
        $0.idleTimeout = 30
        $0.answerTimeout = 1
      }) { fixture in
        let began = Clock.monotonic
        await #expect(throws: ImageStoreError.self) { try await fixture.store.pull(Reference("\(host)/a/b:1")) }
        #expect(Clock.monotonic - began < 20_000_000_000)
      }
    }
  }

  @Test func aMirrorThatFailsAfterItsManifestIsPassedOver() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[0].blob).description
    for answer: FakeRegistry.Answer in [.status(500, [], []), .status(404, [], []), .wrong, .cut(7)] {
      let mirror = FakeRegistry { $0.path.hasSuffix(blob) ? answer : .good }
      let main = FakeRegistry()
      for registry in [mirror, main] { registry.add(image, "library/nginx", "latest") }
      try await mirror.serve { mirrorHost in
        try await main.serve { mainHost in
          try await StoreFixture.with({
            $0.mirrors = ["http://\(mirrorHost)"]
            $0.defaultRegistryHost = mainHost
          }) { fixture in
            try await #expect(fixture.store.pull(Reference("nginx")).image == image.id)
            #expect(mirror.log.contains { $0.path.hasSuffix(blob) })
            #expect(main.log.contains { $0.path.hasSuffix(blob) })
            try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
            try #expect(FileSystem.list(fixture.root + "/ingest").isEmpty)
          }
        }
      }
    }
  }
}
