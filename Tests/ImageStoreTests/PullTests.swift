import ImageStore
import Linux
import NIOHTTP1
import OCI
import Synchronization
import Testing

/// Pulls from a registry in memory, good and bad.
@Suite struct PullTests {
  private func pull(
    _ image: ImageFixture, _ script: @escaping @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer = { _ in .good },
    _ change: (inout ImageStoreConfiguration) -> Void = { _ in },
    _ body: (StoreFixture, Reference, FakeRegistry) async throws -> Void
  ) async throws {
    let registry = FakeRegistry(script)
    registry.add(image, "a/b", "1")
    try await registry.serve { host in
      try await StoreFixture.with(change) { fixture in
        try await body(fixture, Reference("\(host)/a/b:1"), registry)
      }
    }
  }

  private func message(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return ""
    } catch { return "\(error)" }
  }

  @Test func pullsAndUnpacks() async throws {
    let image = try ImageFixture.small()
    try await pull(image) { fixture, reference, _ in
      let recorder = Recorder()
      let result = try await fixture.store.pull(reference) { recorder.take($0) }
      #expect(result.image == image.id)
      #expect(result.isNew)
      let layers = try fixture.store.layerDirectories(of: image.id)
      try #expect(FileSystem.readText(layers[1] + "/etc/a") == "one")
      try #expect(FileSystem.readText(layers[0] + "/etc/c") == "three")
      let whiteout = try FileStatus(path: layers[0] + "/etc/b")
      #expect(whiteout.kind == .characterDevice && whiteout.special == 0)
      let texts = recorder.texts
      #expect(texts.first == "1: Pulling from a/b")
      let id = sha256(image.layers[0].blob).short
      for status in ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"] {
        #expect(texts.contains("\(id): \(status)"), "\(status)")
      }
      #expect(
        texts.suffix(2) == [
          "Digest: \(sha256(image.manifest))", "Status: Downloaded newer image for \(reference.familiar)",
        ])
      let found = try await fixture.store.image(named: reference.familiar)
      #expect(found.tags == [reference])
      #expect(found.digests.map(\.digest) == [sha256(image.manifest)])
      #expect(found.size == 11)
      // A second pull changes nothing and downloads no layer.
      let again = Recorder()
      try await #expect(!fixture.store.pull(reference) { again.take($0) }.isNew)
      #expect(again.texts.contains("\(id): Already exists"))
      #expect(again.texts.last == "Status: Image is up to date for \(reference.familiar)")
      // And a new start knows it all.
      let reopened = try await fixture.reopened()
      try await #expect(reopened.image(named: reference.familiar).id == image.id)
      try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
      try #expect(FileSystem.list(fixture.root + "/ingest").isEmpty)
    }
  }

  @Test func retriesWhatPasses() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[0].blob).description
    // Only what hangs is left soon.
    let cases: [(faults: [FakeRegistry.Answer], idleTimeout: Double)] = [
      ([.status(429, [("Retry-After", "0")], []), .status(500, [], []), .status(503, [], [])], 60),
      ([.cut(10), .cut(1), .cut(0)], 60), ([.close, .close], 60), ([.hang], 1),
    ]
    for (faults, idleTimeout) in cases {
      try await pull(
        image, { $0.path.hasSuffix(blob) && $0.earlier < faults.count ? faults[$0.earlier] : .good },
        { $0.idleTimeout = idleTimeout }
      ) { fixture, reference, registry in
        try await #expect(fixture.store.pull(reference).image == image.id)
        #expect(registry.log.filter { $0.path.hasSuffix(blob) }.count == faults.count + 1)
      }
    }
  }

  @Test func registryWithoutRanges() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[0].blob).description
    try await pull(image, { $0.path.hasSuffix(blob) ? ($0.earlier == 0 ? .cut(20) : .whole) : .good }) {
      fixture, reference, _ in
      try await #expect(fixture.store.pull(reference).image == image.id)
    }
  }

  @Test func resumesWithRange() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[0].blob).description
    let broken = Mutex(true)
    try await pull(
      image,
      {
        $0.path.hasSuffix(blob) && broken.withLock { $0 } ? ($0.earlier == 0 ? .cut(30) : .status(500, [], [])) : .good
      }
    ) { fixture, reference, registry in
      await #expect(throws: ImageStoreError.self) { try await fixture.store.pull(reference) }
      try await #expect(fixture.store.list().isEmpty)
      try #expect(FileStatus(path: fixture.root + "/ingest/" + sha256(image.layers[0].blob).hex).size == 30)
      try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
      broken.withLock { $0 = false }
      // Another process, after a crash.
      let store = try await fixture.reopened()
      try await #expect(store.pull(reference).image == image.id)
      #expect(registry.log.last { $0.path.hasSuffix(blob) }?.headers.first(name: "Range") == "bytes=30-")
      try await store.shutDown()
    }
  }

  @Test func wrongBytesAreRefusedAndForgotten() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[1].blob)
    try await pull(image, { $0.path.hasSuffix(blob.description) && $0.earlier == 0 ? .wrong : .good }) {
      fixture, reference, _ in
      let text = await message { try await fixture.store.pull(reference) }
      #expect(text == "filesystem layer verification failed for digest \(blob)")
      try await #expect(fixture.store.list().isEmpty)
      #expect(!FileSystem.exists(fixture.root + "/ingest/" + blob.hex))
      try await #expect(fixture.store.pull(reference).image == image.id)
    }
  }

  @Test func wrongConfigAndManifestAreRefused() async throws {
    let image = try ImageFixture.small()
    let config = image.id.description
    try await pull(image, { $0.path.hasSuffix(config) ? .wrong : .good }) { fixture, reference, _ in
      let text = await message { try await fixture.store.pull(reference) }
      #expect(text.contains("image config verification failed"))
      try #expect(fixture.leftovers().isEmpty)
    }
    try await pull(image, { $0.path.contains("/manifests/") ? .wrong : .good }) { fixture, reference, _ in
      let byDigest = reference.withDigest(sha256(image.manifest))
      #expect(await message { try await fixture.store.pull(byDigest) }.contains("manifest verification failed"))
      #expect(await message { try await fixture.store.pull(reference) }.contains("malformed manifest"))
      try #expect(fixture.leftovers().isEmpty)
    }
  }

  @Test func tooManyBytesAreRefused() async throws {
    var image = try ImageFixture.small()
    let long = image.layers[0].blob + [UInt8](repeating: 0, count: 100)
    // The manifest promises less than the registry sends.
    let real = sha256(image.layers[0].blob).description
    image.layers[0].blob = Array(image.layers[0].blob)
    try await pull(image, { $0.path.hasSuffix(real) ? .status(200, [], long) : .good }) { fixture, reference, _ in
      #expect(await message { try await fixture.store.pull(reference) }.contains("more bytes"))
      try await #expect(fixture.store.list().isEmpty)
    }
  }

  @Test func wrongDiffIDIsRefused() async throws {
    var image = try ImageFixture.small()
    let other = try ImageFixture.tar([.file("x")])
    image.layers[1].blob = try Deflater().write(other, finish: true)
    try image.makeManifest()
    try await pull(image) { fixture, reference, _ in
      let text = await message { try await fixture.store.pull(reference) }
      #expect(text.hasPrefix("layers from manifest don't match image configuration"))
      try await #expect(fixture.store.list().isEmpty)
      try #expect(FileSystem.list(fixture.root + "/staging").isEmpty)
    }
  }

  @Test func endlessLayerIsRefused() async throws {
    let image = try ImageFixture(tars: [
      ImageFixture.tar([.file("big")], ["big": [UInt8](repeating: 0, count: 8 << 20)])
    ])
    try await pull(image, { _ in .good }, { $0.maximumLayerSize = 1 << 20 }) { fixture, reference, _ in
      #expect(await message { try await fixture.store.pull(reference) }.contains("unpacks to more than"))
      try #expect(fixture.leftovers().isEmpty)
    }
  }

  @Test func truncatedGzipIsRefused() async throws {
    var image = try ImageFixture.small()
    image.layers[0].blob = Array(image.layers[0].blob.dropLast(9))
    try image.makeManifest()
    try await pull(image) { fixture, reference, _ in
      #expect(await message { try await fixture.store.pull(reference) }.contains("unexpected EOF"))
      try await #expect(fixture.store.list().isEmpty)
    }
  }

  @Test func wordsOfDocker() async throws {
    let image = try ImageFixture.small()
    try await pull(image) { fixture, reference, _ in
      let missing = try reference.withTag("nope")
      #expect(
        await message { try await fixture.store.pull(missing) }
          == "manifest for \(missing.familiar) not found: manifest unknown: manifest unknown")
    }
    let denied = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"requested access to the resource is denied\"}]}"
    try await pull(image, { _ in .status(403, [], Array(denied.utf8)) }) { fixture, reference, _ in
      #expect(
        await message { try await fixture.store.pull(reference) }
          == "pull access denied for \(reference.familiarName), repository does not exist or may require 'docker login': "
          + "denied: requested access to the resource is denied")
    }
    try await StoreFixture.with { fixture in
      let text = await message { try await fixture.store.pull(Reference("127.0.0.1:1/x")) }
      #expect(
        text == "Get \"http://127.0.0.1:1/v2/x/manifests/latest\": dial tcp 127.0.0.1:1: connect: connection refused")
    }
  }

  @Test func choosesThePlatform() async throws {
    let image = try ImageFixture.small()
    let index =
      "{\"schemaVersion\":2,\"mediaType\":\"\(MediaType.dockerManifestList)\",\"manifests\":[{\"mediaType\":\"\(MediaType.dockerManifest)\","
      + "\"size\":\(image.manifest.count),\"digest\":\"\(sha256(image.manifest))\",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}"
    try await pull(image) { fixture, reference, registry in
      registry.add(manifest: Array(index.utf8), type: MediaType.dockerManifestList, "a/b", "multi")
      let multi = try reference.withTag("multi")
      let result = try await fixture.store.pull(multi, platform: Platform("linux/amd64"))
      #expect(result.image == image.id)
      #expect(result.digest == sha256(Array(index.utf8)))
      #expect(
        await message { try await fixture.store.pull(multi, platform: Platform("linux/s390x")) }
          == "no matching manifest for linux/s390x in the manifest list entries")
    }
  }

  @Test func tokenAuthentication() async throws {
    let image = try ImageFixture.small()
    let port = Mutex("")
    let script: @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer = { request in
      if request.path.hasPrefix("/token") {
        guard request.headers.first(name: "Authorization") == "Basic dTpw",
          request.path.contains("scope=repository%3Aa%2Fb%3Apull")
        else {
          return .status(401, [], [])
        }
        return .status(200, [], Array("{\"token\":\"secret\"}".utf8))
      }
      if request.headers.first(name: "Authorization") == "Bearer secret" { return .good }
      let host = request.headers.first(name: "Host") ?? ""
      return .status(401, [("WWW-Authenticate", "Bearer realm=\"http://\(host)/token\",service=\"s\"")], [])
    }
    _ = port
    try await pull(image, script) { fixture, reference, _ in
      let credentials = RegistryCredentials(username: "u", password: "p")
      try await #expect(fixture.store.pull(reference, credentials: credentials).image == image.id)
    }
    try await pull(image, script) { fixture, reference, _ in
      #expect(await message { try await fixture.store.pull(reference) }.hasPrefix("pull access denied"))
    }
  }

  @Test func redirectsLoseCredentials() async throws {
    let image = try ImageFixture.small()
    let other = FakeRegistry()
    other.add(image, "a/b", "1")
    try await other.serve { otherHost in
      try await pull(
        image,
        { request in
          guard request.headers.contains(name: "Authorization") else {
            return .status(401, [("WWW-Authenticate", "Basic realm=\"r\"")], [])
          }
          return request.path.contains("/blobs/")
            ? .status(307, [("Location", "http://\(otherHost)\(request.path)")], []) : .good
        }
      ) { fixture, reference, _ in
        _ = try await fixture.store.pull(reference, credentials: RegistryCredentials(username: "u", password: "p"))
        #expect(other.log.count == 3)
        #expect(other.log.allSatisfy { !$0.headers.contains(name: "Authorization") })
      }
    }
  }

  @Test func mirrorsComeFirst() async throws {
    let image = try ImageFixture.small()
    let registry = FakeRegistry()
    registry.add(image, "library/nginx", "latest")
    try await registry.serve { host in
      try await StoreFixture.with({ $0.mirrors = ["http://127.0.0.1:1", "http://\(host)"] }) { fixture in
        _ = try await fixture.store.pull(Reference("nginx"))
        try await #expect(fixture.store.image(named: "nginx").tags.map(\.familiar) == ["nginx:latest"])
      }
    }
  }

  @Test func twoPullsShareOneDownload() async throws {
    let image = try ImageFixture.small()
    let blob = sha256(image.layers[0].blob).description
    try await pull(image) { fixture, reference, registry in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { _ = try await fixture.store.pull(reference) } }
        try await group.waitForAll()
      }
      #expect(registry.log.filter { $0.path.hasSuffix(blob) }.count == 1)
    }
  }
}
