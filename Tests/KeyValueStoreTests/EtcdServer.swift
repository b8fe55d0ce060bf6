import KeyValueStore
import Linux
import Testing

/// A real etcd of one member for one test, on ports of the loopback that it chooses itself.
struct EtcdServer: Sendable {
  static let program = "/usr/bin/etcd"
  static var isThere: Bool { FileSystem.exists(program) }

  let port: UInt16
  private let directory: String

  /// Where the tests' keys are.
  var location: EtcdLocation {
    get throws { try #require(EtcdLocation("etcd://127.0.0.1:\(port)/tests")) }
  }

  /// Runs `body` with a server that answers.
  static func with(_ body: (EtcdServer) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let server = EtcdServer(port: UInt16.random(in: 20_000..<30_000) & ~1, directory: directory)
      let child = try server.start()
      defer { server.end(child) }
      let store = EtcdStore(try server.location)
      try await eventually { (try? await store.revision()) != nil }
      await store.close()
      try await body(server)
    }
  }

  func start() throws -> ChildProcess {
    let client = "http://127.0.0.1:\(port)"
    let peer = "http://127.0.0.1:\(port + 1)"
    return try ChildProcess.start(
      ProcessRequest(
        Self.program,
        [
          "--data-dir", directory + "/etcd", "--listen-client-urls", client, "--advertise-client-urls", client,
          "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=\(peer)",
          "--log-level", "error",
        ]))
  }

  func end(_ child: ChildProcess) {
    #expect(throws: Never.self) {
      try child.signal(9)
      _ = try child.wait()
    }
  }
}

/// Waits until something holds.
func eventually(_ condition: () async throws -> Bool) async throws {
  let deadline = Clock.monotonic + 15_000_000_000
  while try await !condition() {
    guard Clock.monotonic < deadline else {
      Issue.record("waited in vain")
      return
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
