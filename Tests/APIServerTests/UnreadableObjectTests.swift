import APIMachinery
import ClusterAPI
import HTTPService
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

/// Objects that are in the store and that nobody can read: the others are served, and nobody takes those for absent.
@Suite(.timeLimit(.minutes(1))) struct UnreadableObjectTests {
  private static let sealed = Array("k8s:enc:aesgcm:v1:gone:0123".utf8)
  private static let secrets = "/registry/secrets/"

  private static func secret(_ name: String, namespace: String = "n") -> [UInt8] {
    Array(
      #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"\#(name)","namespace":"\#(namespace)","uid":"u-\#(name)"}}"#
        .utf8)
  }

  /// A cluster in which one secret of two cannot be read.
  private func with(_ body: (_ raw: MemoryStore, _ lab: AdmissionLab) async throws -> Void) async throws {
    let raw = MemoryStore()
    try await raw.put("\(Self.secrets)n/a", Self.secret("a"))
    try await raw.put("\(Self.secrets)n/b", Self.sealed)
    let lab = try await AdmissionLab(on: raw) { store, _, _ in [UnreadableRules(store)] }
    try await body(raw, lab)
    await lab.store.close()
  }

  private func refusal(_ body: () async throws -> Void) async -> StatusError? {
    do { try await body() } catch { return error as? StatusError }
    return nil
  }

  @Test func theOthersAreServed() async throws {
    try await with { _, lab in
      let (registry, secrets) = (lab.registry, try lab.target("secrets"))
      #expect(try registry.find(secrets, namespace: "n", name: "a").name == "a")
      let one = await refusal { _ = try registry.find(secrets, namespace: "n", name: "b") }
      #expect(one?.code == 500 && one?.reason == .internalError)
      #expect(one?.message.contains(#"unable to transform key "/registry/secrets/n/b""#) == true)
      let list = await refusal { _ = try await registry.list(secrets, namespace: "", .all, ListOptions()) }
      #expect(list?.code == 500 && list?.reason == .storageReadError)
      #expect(list?.message == "failed to read one or more secrets from the storage")
      #expect(list?.details?.causes.map(\.field) == ["/registry/secrets/n/b"])
      let elsewhere = try await registry.list(secrets, namespace: "other", .all, ListOptions())
      #expect(elsewhere.objects.isEmpty)
      let objects = ServerObjects(registry)
      let got = await refusal { _ = try objects.get(secrets, namespace: "n", name: "b") }
      let listed = await refusal { _ = try objects.list(secrets, namespace: "n") }
      #expect(got?.code == 500 && listed?.reason == .storageReadError)
      #expect(try objects.get(secrets, namespace: "n", name: "c") == nil)
    }
  }

  @Test func itsNameIsNotFree() async throws {
    try await with { _, lab in
      let secret: JSONObject = ["kind": "Secret", "apiVersion": "v1", "metadata": ["name": "b"]]
      let refused = await refusal { try await lab.create(secret, "secrets") }
      #expect(refused?.reason == .alreadyExists)
    }
  }

  @Test func whatIsWrittenOverItIsRead() async throws {
    try await with { raw, lab in
      let cache = lab.registry.cache(of: try lab.target("secrets"))
      try await raw.put("\(Self.secrets)n/b", Self.secret("b"))
      try await lab.store.settle()
      #expect(!lab.store.hasUnreadable && cache.get("\(Self.secrets)n/b") != nil)
      #expect(cache.list("\(Self.secrets)n/").objects.count == 2)
    }
  }

  @Test func whatComesToBeUnreadableEndsWatches() async throws {
    try await with { raw, lab in
      let cache = lab.registry.cache(of: try lab.target("secrets"))
      let all = cache.listAndWatch(Self.secrets)
      try await raw.put("\(Self.secrets)n/a", Self.sealed)
      try await lab.store.settle()
      let next = await all.watch.next()
      #expect(next == nil && all.watch.isCutOff)
      #expect(cache.get("\(Self.secrets)n/a") == nil && cache.unreadable().count == 2)
      #expect(cache.watch(after: all.revision).watch == nil)
      // What is known of it is told when it goes.
      let told = Mutex<[String]>([])
      lab.store.observe([Self.secrets]) { changes in
        told.withLock { $0 += changes.compactMap { $0.current == nil ? $0.previous?.header.name : nil } }
        return true
      }
      for name in ["a", "b"] { try await raw.delete("\(Self.secrets)n/\(name)") }
      try await lab.store.settle()
      #expect(told.withLock { $0 } == ["a"] && !lab.store.hasUnreadable)
    }
  }

  @Test func itIsRemovedUnseen() async throws {
    try await with { raw, lab in
      let (registry, secrets) = (lab.registry, try lab.target("secrets"))
      var options = DeleteOptions()
      let context = lab.context("delete", namespace: "n", name: "b")
      let usual = await refusal {
        _ = try await registry.delete(secrets, context, namespace: "n", name: "b", options)
      }
      #expect(usual?.code == 500)
      options.ignoresReadError = true
      let readable = await refusal {
        try await registry.deleteUnreadable(secrets, context, namespace: "n", name: "a", options)
      }
      #expect(readable?.code == 422)
      #expect(readable?.message.contains("is exclusively used to delete corrupt object(s)") == true)
      try await registry.deleteUnreadable(secrets, context, namespace: "n", name: "b", options)
      let left = try await raw.get("\(Self.secrets)n/b")
      #expect(left == nil && !lab.store.hasUnreadable)
      let list = try await registry.list(secrets, namespace: "", .all, ListOptions())
      #expect(list.objects.count == 1)
    }
  }

  @Test func whoeverRemovesItNeedsToBeAllowedTo() async throws {
    try await with { raw, lab in
      let judge = AdmissionLab.Judge { _, info in info.verb == "delete" }
      let user = User(name: "eve")
      let info = RequestInfo(
        verb: "delete", group: "", version: "v1", resource: "secrets", namespace: "n", name: "b")
      let context = RequestContext(info: info, user: user, query: Query(), headers: [:], authorizer: judge)
      let secrets = try lab.target("secrets")
      let refused = await refusal {
        try await lab.registry.deleteUnreadable(secrets, context, namespace: "n", name: "b", DeleteOptions())
      }
      #expect(refused?.code == 403)
      #expect(refused?.message.contains(#"not permitted to do "unsafe-delete-ignore-read-errors""#) == true)
      #expect(judge.questions.map(\.verb) == ["unsafe-delete-ignore-read-errors"])
      let left = try await raw.get("\(Self.secrets)n/b")
      #expect(left != nil)
    }
  }

  @Test func rulesThatNobodyCanReadLetNothingPass() async throws {
    try await with { raw, lab in
      let map: JSONObject = ["kind": "ConfigMap", "apiVersion": "v1", "metadata": ["generateName": "m-"]]
      let user = User(name: "eve")
      try await lab.create(map, "configmaps", user: user)
      let key = "/registry/validatingadmissionpolicies/p"
      try await raw.put(key, Self.sealed)
      try await lab.store.settle()
      let refused = await refusal { try await lab.create(map, "configmaps", user: user) }
      #expect(refused?.code == 403 && refused?.message.contains("not yet ready to handle request") == true)
      try await lab.create(map, "configmaps")
      try await raw.delete(key)
      try await raw.put("/registry/resourcequotas/n/q", Self.sealed)
      try await lab.store.settle()
      let again = await refusal { try await lab.create(map, "configmaps", user: user) }
      #expect(again?.code == 403)
      try await lab.create(map, "configmaps", namespace: "other", user: user)
    }
  }

  @Test func aKeyThatComesBack() async throws {
    let kinds = try AdmissionLab.kinds.get()
    func configuration(_ key: String) throws -> EncryptionConfiguration {
      let secret = Base64.encode([UInt8](repeating: key.utf8.first ?? 0, count: 32))
      let file = """
        {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": [
          {"resources": ["secrets"], "providers": [{"aesgcm": {"keys": [{"name": "\(key)", "secret": "\(secret)"}]}}]}]}
        """
      return try EncryptionConfiguration(Array(file.utf8))
    }
    let raw = MemoryStore()
    let old = EncryptedStore(raw, ResourceEncryption(try configuration("a"), kinds))
    try await old.put("\(Self.secrets)n/a", Self.secret("a"))
    let encryption = ResourceEncryption(try configuration("b"), kinds)
    let store = try await ClusterStore(raw, encryption: encryption) { Issue.record($0) }
    let told = Mutex<[String]>([])
    store.observe([Self.secrets]) { changes in
      told.withLock { $0 += changes.compactMap { $0.current?.header.name } }
      return true
    }
    await store.readAgain()
    #expect(store.hasUnreadable && told.withLock { $0 } == [])
    try await encryption.replace(by: try configuration("a"))
    await store.readAgain()
    let cache = store.cache(of: Self.secrets)
    #expect(!store.hasUnreadable && told.withLock { $0 } == ["a"])
    #expect(cache.get("\(Self.secrets)n/a") != nil && cache.unreadable().isEmpty)
    await store.close()
  }
}
