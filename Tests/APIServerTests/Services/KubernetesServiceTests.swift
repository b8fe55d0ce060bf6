import APIMachinery
import ClusterAPI
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(2))) struct KubernetesServiceTests {
  private final class Flag: Sendable {
    private let flag = Atomic(false)
    var value: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
  }

  /// Servers that begin at the same moment on one store: each finds the range and the service, whoever makes them, and none
  /// takes it for a mistake that the address is the service's already.
  @Test func serversThatBeginAtOnce() async throws {
    let kinds = try BuiltinKinds.load()
    for _ in 0..<20 {
      let store = MemoryStore()
      // The first that closes the store ends it for all.
      let isOver = Flag()
      var clusters: [ClusterStore] = []
      for _ in 0..<4 {
        clusters.append(
          try await ClusterStore(store, isShared: true) { if !isOver.value { Issue.record($0) } })
      }
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
      isOver.set()
      for cluster in clusters { await cluster.close() }
    }
  }
}
