import APIMachinery
import ClusterClient
import Synchronization
import Testing

@testable import Controllers

/// Objects of the core group in memory.
private final class FakeCluster: ClusterClient {
  private static let kinds = [
    "secrets": "Secret", "serviceaccounts": "ServiceAccount", "pods": "Pod", "configmaps": "ConfigMap",
  ]
  private let objects: Mutex<[String: [StoredObject]]>
  let removed = Mutex<[String]>([])
  let updated = Mutex<[StoredObject]>([])

  init(_ objects: [String: [JSONObject]]) {
    self.objects = Mutex(objects.mapValues { $0.map { StoredObject($0) } })
  }

  func resources() -> [ClusterResource] {
    Self.kinds.map { plural, kind in
      ClusterResource(
        groupVersion: GroupVersion(group: "", version: "v1"), plural: plural, kind: kind, isNamespaced: true, verbs: [])
    }
  }

  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
    try await list(resource, namespace: namespace).first { $0.header.name == name }
  }

  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] {
    objects.withLock { $0[resource.plural] ?? [] }.filter { namespace.isEmpty || $0.header.namespace == namespace }
  }

  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
    let stored = StoredObject(object)
    updated.withLock { $0.append(stored) }
    return stored
  }

  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    StoredObject(object)
  }

  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
    policy: DeletionPolicy?
  ) async throws { removed.withLock { $0.append(name) } }

  func changes(of resources: Set<GroupResource>?) -> ClusterChanges { .none }
}

@Suite struct LegacyTokenCleanerTests {
  private static let today = "2026-06-15"
  private let now: Int64

  init() throws { now = try #require(Timestamp(Self.today + "T12:00:00Z")).seconds }

  private func secret(
    _ name: String, made: String = "2024-01-01", type: String = "kubernetes.io/service-account-token",
    account: String = "auto", uid: String = "u", labels: JSONObject = [:]
  ) -> JSONObject {
    [
      "kind": "Secret", "apiVersion": "v1", "type": .string(type),
      "metadata": [
        "name": .string(name), "namespace": "n", "uid": .string(name), "labels": .object(labels),
        "creationTimestamp": .string(made + "T00:00:00Z"),
        "annotations": [
          "kubernetes.io/service-account.name": .string(account), "kubernetes.io/service-account.uid": .string(uid),
        ],
      ],
    ]
  }

  private func clean(_ secret: JSONObject, since: String? = "2025-01-01") async throws -> (marked: String?, goes: Bool)
  {
    let tracking: [JSONObject] =
      since.map { since in
        [
          [
            "kind": "ConfigMap", "apiVersion": "v1", "data": ["since": .string(since)],
            "metadata": ["name": "kube-apiserver-legacy-service-account-token-tracking", "namespace": "kube-system"],
          ]
        ]
      } ?? []
    let cluster = FakeCluster([
      "secrets": [secret], "configmaps": tracking,
      "serviceaccounts": [
        [
          "kind": "ServiceAccount", "apiVersion": "v1", "metadata": ["name": "auto", "namespace": "n", "uid": "u"],
          "secrets": [["name": "s"], ["name": "mounted"]],
        ]
      ],
      "pods": [
        [
          "kind": "Pod", "apiVersion": "v1", "metadata": ["name": "p", "namespace": "n"],
          "spec": ["containers": [], "volumes": [["name": "v", "secret": ["secretName": "mounted"]]]],
        ]
      ],
    ])
    try await LegacyTokenCleaner(cluster, now: { [now] in now }, report: { _ in }).clean()
    let label = cluster.updated.withLock { $0.first?.header.labels[LegacyTokenCleaner.invalidSince] }
    return (label, cluster.removed.withLock { !$0.isEmpty })
  }

  @Test func whatNobodyUsesBecomesInvalidAndGoesALongTimeAfter() async throws {
    let first = try await clean(secret("s"))
    #expect(first == (Self.today, false))
    let recently = try await clean(secret("s", labels: [LegacyTokenCleaner.invalidSince: "2025-06-15"]))
    #expect(recently == (nil, false))
    let longAgo = try await clean(secret("s", labels: [LegacyTokenCleaner.invalidSince: "2025-06-14"]))
    #expect(longAgo == (nil, true))
    // What is no day is set anew.
    let nonsense = try await clean(secret("s", labels: [LegacyTokenCleaner.invalidSince: "yes"]))
    #expect(nonsense == (Self.today, false))
  }

  @Test func useKeepsAToken() async throws {
    let used = try await clean(secret("s", labels: [LegacyTokenCleaner.lastUsed: "2025-06-15"]))
    #expect(used == (nil, false))
    let longAgo = try await clean(secret("s", labels: [LegacyTokenCleaner.lastUsed: "2025-06-14"]))
    #expect(longAgo == (Self.today, false))
    let nonsense = try await clean(secret("s", labels: [LegacyTokenCleaner.lastUsed: "lately"]))
    #expect(nonsense == (nil, false))
  }

  @Test func whatIsNobodysBusinessStays() async throws {
    for other in [
      secret("s", made: "2025-06-16"), secret("s", type: "Opaque"), secret("s", account: "other"),
      secret("s", uid: "earlier"), secret("manual"), secret("mounted"),
    ] {
      let result = try await clean(other)
      #expect(result == (nil, false), "\(other)")
    }
  }

  /// Before use has been noted for long enough, nobody knows what is used.
  @Test func nothingHappensBeforeUseIsKnown() async throws {
    for since in ["2025-06-15", "today", nil] {
      let result = try await clean(secret("s"), since: since)
      #expect(result == (nil, false))
    }
    let enough = try await clean(secret("s"), since: "2025-06-14")
    #expect(enough == (Self.today, false))
  }

  @Test func everyPlaceOfASecretInAPod() {
    let spec: JSONValue = [
      "imagePullSecrets": [["name": "a"]],
      "containers": [
        [
          "name": "c", "env": [["name": "x", "valueFrom": ["secretKeyRef": ["name": "b", "key": "k"]]]],
          "envFrom": [["secretRef": ["name": "c"]]],
        ]
      ],
      "volumes": [
        ["name": "v", "secret": ["secretName": "d"]],
        ["name": "w", "projected": ["sources": [["secret": ["name": "e"]]]]],
        ["name": "x", "csi": ["driver": "d", "nodePublishSecretRef": ["name": "f"]]],
        ["name": "y", "configMap": ["name": "no"]], ["name": "z", "azureFile": ["secretName": "g", "shareName": "s"]],
      ],
    ]
    #expect(PodSecretNames.all(of: spec) == ["a", "b", "c", "d", "e", "f", "g"])
    #expect(PodSecretNames.all(of: nil).isEmpty)
  }
}
