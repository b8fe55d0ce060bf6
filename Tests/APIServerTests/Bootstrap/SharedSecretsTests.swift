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

  private static func secrets(
    lifetime: Int64 = 10 * 365 * 86_400, made: Int64 = WallClock.system.now
  ) throws -> ClusterSecrets {
    ClusterSecrets(
      authorities: [try Authority(commonName: "ca", lifetime: lifetime)],
      frontProxies: [try Authority(commonName: "proxy", lifetime: lifetime)],
      accountKeys: [.init(made: made)])
  }

  @Test func allServersHaveTheSame() async throws {
    let store = MemoryStore()
    let loaded = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        let server = server(store)
        group.addTask {
          let secrets = try await server.load { try Self.secrets() }
          return secrets.authorities[0].keyPEM + secrets.frontProxies[0].keyPEM
            + (secrets.accountKeys[0].signing?.pem ?? "")
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

  private static func keepers(_ secrets: ClusterSecrets) throws -> SharedKeepers {
    SharedKeepers(
      authorities: AuthorityKeeper(shared: secrets.authorities, commonName: "ca", policy: policy),
      frontProxies: AuthorityKeeper(
        shared: secrets.frontProxies, commonName: "proxy", policy: policy),
      tokenKeys: try TokenKeyKeeper(shared: secrets.accountKeys))
  }

  /// One server makes the next authorities and the next key, and the others follow.
  @Test(.timeLimit(.minutes(1))) func theNextOnesAreMadeOnce() async throws {
    let store = MemoryStore()
    // The key is of the time before anybody noted when it was made.
    let first = try Self.secrets(lifetime: 2000, made: 0)
    let servers = (0..<3).map { _ in server(store) }
    var keepers: [SharedKeepers] = []
    for server in servers { keepers.append(try Self.keepers(try await server.load { first })) }
    let (told, telling) = AsyncStream.makeStream(of: SharedKeepers.Change.self)
    let running = zip(servers, keepers).map { server, keeper in
      Task {
        try await server.run(keeper) {
          telling.yield($0)
        } failed: {
          Issue.record($0)
        }
      }
    }
    var changes: [SharedKeepers.Change] = []
    for await change in told {
      changes.append(change)
      if changes.count == 3 { break }
    }
    for task in running { task.cancel() }
    for task in running { await #expect(throws: CancellationError.self) { try await task.value } }
    #expect(Set(changes.map(\.authorities)).count == 1 && changes.allSatisfy(\.areFrontProxies))
    #expect(
      keepers.allSatisfy {
        $0.authorities.authorities.count == 2 && $0.authorities.bundle == changes[0].authorities
      })
    #expect(keepers.allSatisfy { $0.frontProxies.authorities.count == 2 })
    #expect(Set(keepers.map(\.frontProxies.bundle)).count == 1)
    // The old key signs until everybody knows the new one.
    let keys = keepers.map { $0.tokenKeys.keys }
    #expect(
      keys.allSatisfy {
        $0.verifying.count == 2 && $0.signer.pem == first.accountKeys[0].signing?.pem
      })
    #expect(Set(keys.map { $0.verifying.map(\.id).joined() }).count == 1)
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
