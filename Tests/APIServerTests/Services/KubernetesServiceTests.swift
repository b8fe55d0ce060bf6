import APIMachinery
import ClusterAPI
import KeyValueStore
import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(2))) struct KubernetesServiceTests {
  /// Servers that begin at the same moment on one store: each finds the range and the service, whoever makes them, and none
  /// takes it for a mistake that the address is the service's already.
  @Test func serversThatBeginAtOnce() async throws {
    let kinds = try BuiltinKinds.load()
    for _ in 0..<20 {
      let store = MemoryStore()
      var clusters: [ClusterStore] = []
      for _ in 0..<4 { clusters.append(try await ClusterStore(store, isShared: true) { Issue.record($0) }) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (number, cluster) in clusters.enumerated() {
          let registry = Registry(
            store: cluster, catalog: ResourceCatalog(kinds), kinds: kinds, admission: AdmissionChain([any Admission]()),
            services: ServiceAllocator(.standard, store: cluster))
          let service = KubernetesService(
            registry: registry, network: .standard, port: 6443 + number, isShared: true
          ) { Issue.record("\($0)") }
          group.addTask { try await service.make(isStart: true) }
        }
        try await group.waitForAll()
      }
      for prefix in ["services/specs/", "ipaddresses/", "servicecidrs/"] {
        #expect(try await store.count(prefix: StorageLayout.root + prefix, at: nil) == 1, "\(prefix)")
      }
      for cluster in clusters { await cluster.close() }
    }
  }
}
