import APIMachinery
import ClusterAPI
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

/// What is in the store is encrypted, and nobody who reads it through the server sees that.
@Suite(.timeLimit(.minutes(1))) struct EncryptedStoreTests {
  private static let kinds = Result { try BuiltinKinds.load() }

  private func configuration(_ resources: String, key: String = "a", reads: String? = nil) throws
    -> EncryptionConfiguration
  {
    func provider(_ name: String) -> String {
      let secret = Base64.encode([UInt8](repeating: name.utf8.first ?? 0, count: 32))
      return #"{"aesgcm": {"keys": [{"name": "\#(name)", "secret": "\#(secret)"}]}}"#
    }
    let providers = [provider(key)] + (reads.map { [provider($0)] } ?? []) + [#"{"identity": {}}"#]
    let file = """
      {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
       "resources": [{"resources": \(resources), "providers": [\(providers.joined(separator: ", "))]}]}
      """
    return try EncryptionConfiguration(Array(file.utf8))
  }

  private func with(
    _ resources: String,
    _ body: (_ raw: MemoryStore, _ store: EncryptedStore, _ encryption: ResourceEncryption) async throws -> Void
  ) async throws {
    let raw = MemoryStore()
    let encryption = ResourceEncryption(try configuration(resources), try Self.kinds.get())
    try await body(raw, EncryptedStore(raw, encryption), encryption)
    await raw.close()
  }

  @Test func whatIsEncryptedAndWhatIsNot() async throws {
    try await with(#"["secrets", "widgets.example.com", "*.apps", "nodes", "events"]"#) { raw, store, _ in
      let keys = [
        ("/registry/secrets/n/a", true), ("/registry/configmaps/n/a", false), ("/registry/deployments/n/a", true),
        ("/registry/example.com/widgets/n/a", true), ("/registry/example.com/gadgets/n/a", false),
        ("/registry/minions/a", true), ("/registry/events/n/a", true), ("/registry/masterleases/a", false),
        ("/registry/apus.secrets", false), ("/elsewhere/secrets/n/a", false),
      ]
      for (key, isEncrypted) in keys {
        try await store.put(key, [1, 2, 3])
        let stored = try #require(try await raw.get(key))
        #expect(stored.value.starts(with: Array("k8s:enc:aesgcm:v1:a:".utf8)) == isEncrypted, "\(key)")
        #expect(try await store.get(key)?.value == [1, 2, 3])
      }
      let page = try await store.range(prefix: "/registry/", limit: 4)
      #expect(page.values.map(\.value) == [[UInt8]](repeating: [1, 2, 3], count: 4) && page.continuation != nil)
      #expect(try await store.count(prefix: "/registry/") == 9)
    }
  }

  @Test func changesAreTold() async throws {
    try await with(#"["*.*"]"#) { raw, store, _ in
      var changes = store.watch(prefix: "/registry/", from: 1).makeAsyncIterator()
      let key = "/registry/secrets/n/a"
      let first = try await store.put(key, [1])
      let second = try await store.put(key, [2])
      try await store.delete(key)
      var told: [[[UInt8]?]] = []
      while told.count < 3, let batch = try await changes.next() {
        told += batch.events.map { [$0.previous?.value, $0.current?.value] }
      }
      #expect(told == [[nil, [1]], [[1], [2]], [[2], nil]])
      #expect(try await store.get(key, at: first)?.value == [1])
      do throws(StoreError) {
        try await store.commit([.put(key: key, value: [3])], where: [.modRevision(key: key, equals: second)])
        Issue.record("the precondition does not hold")
      } catch { #expect(error.conflict?.current == nil) }
      try await store.put(key, [4])
      do throws(StoreError) {
        try await store.commit([.put(key: key, value: [5])], where: [.modRevision(key: key, equals: second)])
        Issue.record("the precondition does not hold")
      } catch { #expect(error.conflict?.current?.value == [4]) }
      #expect(try await raw.get(key)?.value.starts(with: Array("k8s:enc:".utf8)) == true)
    }
  }

  @Test func anotherConfigurationTakesOver() async throws {
    try await with(#"["secrets"]"#) { raw, store, encryption in
      let (one, two) = ("/registry/secrets/n/a", "/registry/secrets/n/b")
      try await raw.put(one, [1])
      try await store.put(two, [2])
      #expect(try await store.isStale(one))
      let fresh = [try await store.isStale(two), try await store.isStale("/registry/secrets/n/gone")]
      #expect(fresh == [false, false])
      try await encryption.replace(by: try configuration(#"["secrets"]"#, key: "b", reads: "a"))
      #expect(try await store.get(two)?.value == [2])
      #expect(try await store.isStale(two))
      try await store.put(two, [2])
      let isStale = try await store.isStale(two)
      #expect(!isStale)
      #expect(try await raw.get(two)?.value.starts(with: Array("k8s:enc:aesgcm:v1:b:".utf8)) == true)
      // Whoever does not know the key is told which value it is about.
      try await encryption.replace(by: try configuration(#"["secrets"]"#, key: "c"))
      do throws(StoreError) {
        _ = try await store.get(two)
        Issue.record("it was read")
      } catch {
        #expect(
          error.message
            == #"unable to transform key "/registry/secrets/n/b": no matching key was found for the provided AES transformer"#
        )
      }
    }
  }

  @Test func aServerThatKnowsNoKeySaysSo() async throws {
    let raw = MemoryStore()
    try await raw.put("/registry/secrets/n/a", Array("k8s:enc:aesgcm:v1:a:0123".utf8))
    let told = Mutex<[String]>([])
    let store = try await ClusterStore(raw, report: { text in told.withLock { $0.append(text) } }) { Issue.record($0) }
    #expect(store.hasUnreadable && store.cache(of: "/registry/secrets/").unreadable("/registry/secrets/n/a") != nil)
    #expect(told.withLock { $0 }.first?.contains("identity transformer tried to read encrypted data") == true)
    await store.close()
  }
}
