import KeyValueStore
import PKI
import Synchronization
import Testing

@testable import APIServer

/// Servers that share a store end with the same secrets.
@Suite struct SharedSecretsTests {
  private static let token = "a token that is shared"
  private static let policy = AuthorityGenerations.Policy(lifetime: 3600, renewal: 3000, overlap: 100)

  private func server(_ store: any RevisionedStore, token: String = SharedSecretsTests.token) -> SharedSecrets {
    SharedSecrets(store, token: token) { try $0() }
  }

  private static func secrets(lifetime: Int64 = 10 * 365 * 86_400) throws -> ClusterSecrets {
    ClusterSecrets(
      authorities: [try Authority(commonName: "ca", lifetime: lifetime)],
      frontProxy: try Authority(commonName: "proxy"),
      accountKey: TokenSigningKey())
  }

  @Test func allServersHaveTheSame() async throws {
    let store = MemoryStore()
    let loaded = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        let server = server(store)
        group.addTask {
          let secrets = try await server.load { try Self.secrets() }
          return secrets.authorities[0].keyPEM + secrets.frontProxy.keyPEM + secrets.accountKey.pem
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(loaded.count == 1)
    // Nothing of it is to be read in the store, and no request reaches it.
    let kept = try #require(try await store.get(SharedSecrets.key))
    #expect(!String(decoding: kept.value, as: UTF8.self).contains("PRIVATE"))
    #expect(StorageLayout.prefix(ofKey: SharedSecrets.key) == nil)
    await store.close()
  }

  @Test func anotherTokenIsRefused() async throws {
    let store = MemoryStore()
    _ = try await server(store).load { try Self.secrets() }
    let error = await #expect(throws: SharedSecretsError.self) {
      _ = try await server(store, token: "a token that is another").load { try Self.secrets() }
    }
    #expect(error?.code == .wrongToken)
    try await store.put(SharedSecrets.key, Array("nonsense".utf8))
    let unreadable = await #expect(throws: SharedSecretsError.self) {
      _ = try await server(store).load { try Self.secrets() }
    }
    #expect(unreadable?.code == .unreadable)
    await store.close()
  }

  /// One server makes the next authority, and the others follow.
  @Test(.timeLimit(.minutes(1))) func theNextAuthorityIsMadeOnce() async throws {
    let store = MemoryStore()
    let first = try Self.secrets(lifetime: 2000)
    let servers = (0..<3).map { _ in server(store) }
    var keepers: [AuthorityKeeper] = []
    for server in servers {
      let secrets = try await server.load { first }
      keepers.append(AuthorityKeeper(shared: secrets.authorities, commonName: "ca", policy: Self.policy))
    }
    let (told, telling) = AsyncStream.makeStream(of: String.self)
    let running = zip(servers, keepers).map { server, keeper in
      Task {
        try await server.run(keeper) {
          telling.yield($0)
        } failed: {
          Issue.record($0)
        }
      }
    }
    var bundles: [String] = []
    for await bundle in told {
      bundles.append(bundle)
      if bundles.count == 3 { break }
    }
    for task in running { task.cancel() }
    for task in running { await #expect(throws: CancellationError.self) { try await task.value } }
    #expect(Set(bundles).count == 1)
    #expect(keepers.allSatisfy { $0.authorities.count == 2 && $0.bundle == bundles[0] })
    await store.close()
  }

  /// What is written beside the objects does not make those wait who read them.
  @Test(.timeLimit(.minutes(1))) func keysBesideTheObjectsHoldNobodyUp() async throws {
    let store = MemoryStore()
    let cluster = try await ClusterStore(store, isShared: true) { Issue.record($0) }
    for number in 0..<5 {
      let newest = try await store.put("elsewhere/\(number)", [])
      try await cluster.settle()
      #expect(cluster.revision >= newest)
    }
    await cluster.close()
  }
}
