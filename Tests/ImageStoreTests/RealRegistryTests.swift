import AsyncWork
import ImageStore
import Linux
import OCI
import Testing

/// Push and pull through the registry that Debian packages (`docker-registry`).
@Suite(.enabled(if: FileSystem.isExecutable("/usr/bin/docker-registry")))
struct RealRegistryTests {
  /// Runs a registry on a port of its own while `body` runs, which gets `127.0.0.1:port`.
  private func withRegistry(_ directory: String, _ body: (String) async throws -> Void) async throws {
    // The registry cannot tell which port it chose, so a few random ones are tried.
    let port = Int.random(in: 20_000..<32_000)
    let config =
      "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: \(directory)/registry}}\n"
      + "http: {addr: 127.0.0.1:\(port)}\n"
    try FileSystem.write(directory + "/registry.yml", Array(config.utf8))
    let log = try FileDescriptor.open(directory + "/registry.log", [.writeOnly, .create])
    let child = try ChildProcess.start(
      ProcessRequest(
        "/usr/bin/docker-registry", ["serve", directory + "/registry.yml"],
        environment: ["OTEL_TRACES_EXPORTER=none"], descriptors: [nil, log, log]))
    let result: Result<Void, any Error>
    do { result = .success(try await body("127.0.0.1:\(port)")) } catch { result = .failure(error) }
    try child.signal(9)
    _ = try child.wait()
    try result.get()
  }

  @Test func pushAndPull() async throws {
    let directory = "/tmp/apus-registry-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory, mode: 0o700)
    defer { try? FileSystem.removeTree(directory) }
    try await withRegistry(directory) { host in
      try await StoreFixture.with({
        // The registry takes a moment to listen; a push retries what was refused.
        $0.downloadAttempts = 12
        $0.firstRetryDelay = 0.02
      }) { fixture in
        let tar = try ImageFixture.tar([.directory("d"), .file("d/a")], ["d/a": [UInt8](repeating: 7, count: 300_000)])
        let name = try Reference("\(host)/team/app:1")
        let id = try await fixture.store.importRootFilesystem(Chunks(bytes: tar, size: 8192), name: name)
        try await waitForListener(fixture, name)
        let recorder = Recorder()
        try await fixture.store.push(name) { recorder.take($0) }
        let layer = try await fixture.store.image(id: id).layers[0]
        #expect(recorder.texts.contains("\(layer.short): Pushed"))
        let pushed = try #require(recorder.events.compactMap(\.pushed).first)
        // What is there is not sent again.
        let again = Recorder()
        try await fixture.store.push(name) { again.take($0) }
        #expect(again.texts.contains("\(layer.short): Layer already exists"))
        try await StoreFixture.with { other in
          let result = try await other.store.pull(name)
          #expect(result.image == id)
          #expect(result.digest.description == pushed.digest)
          try await #expect(other.store.pull(name.withDigest(result.digest)).image == id)
        }
      }
    }
  }

  /// Asks for an image that is not there until the registry itself says so.
  private func waitForListener(_ fixture: StoreFixture, _ name: Reference) async throws {
    for _ in 0..<6000 {
      do { try await fixture.store.pull(name.withTag("absent")) } catch let error as ImageStoreError {
        if error.code == .notFound { return }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    Issue.record("the registry does not answer")
  }
}
