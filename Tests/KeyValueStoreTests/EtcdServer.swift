import KeyValueStore
import Linux
import Synchronization
import Testing

/// A real etcd for one test: one member or several, on ports of the loopback that they choose themselves.
struct EtcdServer: Sendable {
  static let program = "/usr/bin/etcd"
  static let control = "/usr/bin/etcdctl"
  static var isThere: Bool { FileSystem.exists(program) && FileSystem.exists(control) }

  /// For clients, one for each member; the one after it is for the other members.
  let ports: [UInt16]
  private let directory: String
  private let options: [String]
  private let isSecure: Bool
  private let members = Members()

  var port: UInt16 { ports[0] }

  /// Where the tests' keys are.
  var location: EtcdLocation {
    get throws {
      try #require(EtcdLocation("etcd://\(ports.map { "127.0.0.1:\($0)" }.joined(separator: ","))/tests"))
    }
  }

  func endpoint(_ member: Int = 0) throws -> EtcdConfiguration.Endpoint {
    try #require(EtcdConfiguration.Endpoint("\(isSecure ? "https" : "http")://127.0.0.1:\(ports[member])"))
  }

  /// Runs `body` with a server that answers.
  static func with(members: Int = 1, _ body: (EtcdServer) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let server = EtcdServer(members: members, directory: directory)
      try await server.run {
        let store = EtcdStore(try server.location)
        try await eventually { (try? await store.revision()) != nil }
        await store.close()
        try await body(server)
      }
    }
  }

  init(members: Int = 1, directory: String, options: [String] = [], isSecure: Bool = false) {
    let first = UInt16.random(in: 20_000..<30_000) & ~7
    ports = (0..<members).map { first + UInt16($0) * 2 }
    self.directory = directory
    self.options = options
    self.isSecure = isSecure
  }

  /// Runs `body` with all members started, and ends them.
  func run(_ body: () async throws -> Void) async throws {
    defer { for member in ports.indices { kill(member) } }
    for member in ports.indices { try start(member) }
    try await body()
  }

  /// Starts a member, for the first time or again.
  func start(_ member: Int = 0) throws {
    let client = "\(isSecure ? "https" : "http")://127.0.0.1:\(ports[member])"
    let peers = ports.map { "http://127.0.0.1:\($0 + 1)" }
    let all = peers.enumerated().map { "m\($0.offset)=\($0.element)" }.joined(separator: ",")
    let child = try ChildProcess.start(
      ProcessRequest(
        Self.program,
        [
          "--name", "m\(member)", "--data-dir", directory + "/etcd\(member)", "--listen-client-urls", client,
          "--advertise-client-urls", client, "--listen-peer-urls", peers[member], "--initial-advertise-peer-urls",
          peers[member], "--initial-cluster", all, "--log-level", "error",
        ] + options))
    members.set(member, child)
  }

  /// Kills a member; one that is not there is none.
  func kill(_ member: Int = 0) {
    guard let child = members.set(member, nil) else { return }
    #expect(throws: Never.self) {
      try child.signal(9)
      _ = try child.wait()
    }
  }

  /// Runs etcd's own command.
  func control(_ arguments: [String]) throws {
    let child = try ChildProcess.start(
      ProcessRequest(
        Self.control, ["--endpoints", "127.0.0.1:\(port)"] + arguments, environment: ["ETCDCTL_API=3"]))
    #expect(try child.wait() == .exited(0), "etcdctl \(arguments)")
  }
}

extension EtcdServer {
  private final class Members: Sendable {
    private let children = Mutex<[Int: ChildProcess]>([:])

    /// Returns the one before.
    @discardableResult
    func set(_ member: Int, _ child: ChildProcess?) -> ChildProcess? {
      children.withLock { children in
        defer { children[member] = child }
        return children[member]
      }
    }
  }
}

/// Waits until something holds.
func eventually(_ condition: () async throws -> Bool) async throws {
  let deadline = Clock.monotonic + 60_000_000_000
  while try await !condition() {
    guard Clock.monotonic < deadline else {
      Issue.record("waited in vain")
      return
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
