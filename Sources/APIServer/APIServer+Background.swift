import Addressing
import APIMachinery
import KeyValueStore

/// Where a server of a cluster is reached.
public struct ServerLocation: Sendable {
  /// Nil where other hosts cannot reach it.
  public let address: IPAddress?
  public let port: Int
  /// Whether other servers use the same store.
  public let isShared: Bool

  public init(address: IPAddress?, port: Int, isShared: Bool) {
    self.address = address
    self.port = port
    self.isShared = isShared
  }
}

extension APIServer {
  /// Makes what every cluster has, serves what is defined already, and says that it is ready; then follows what changes,
  /// and keeps up what belongs to the server, until the task is cancelled.
  /// - Parameters:
  ///   - report: told what goes wrong in the background.
  ///   - whenDefined: called once, when all that is defined is served.
  ///   - whenReady: called once.
  public func run(
    at location: ServerLocation, report: @escaping @Sendable (String) -> Void, whenDefined: @Sendable () -> Void,
    whenReady: @Sendable () -> Void
  ) async throws {
    let definitions = CustomResourceDefinitions(registry, report: report)
    let watch = try definitions.load()
    health.finish(.definitions)
    whenDefined()
    try await NamespaceBootstrap(registry: registry).run()
    health.finish(.namespaces)
    let service = registry.services.map {
      KubernetesService(
        registry: registry, network: $0.network, port: location.port, isShared: location.isShared, report: report)
    }
    let keeper = flowControl.map { FlowControlKeeper(registry: registry, control: $0) }
    // Side by side, so that the store writes many with one fsync.
    try await withThrowingTaskGroup(of: Void.self) { [self] group in
      group.addTask { [self] in
        try await service?.make(isStart: true)
        health.finish(.service)
      }
      group.addTask { [self] in
        try await RBACBootstrap(registry: registry).run()
        health.finish(.roles)
      }
      group.addTask { [self] in
        try await SystemPriorityClasses(registry: registry).run()
        health.finish(.priorities)
      }
      group.addTask { [self] in
        try await aggregation?.publish(registry)
        health.finish(.publication)
      }
      group.addTask { [self] in
        try await keeper?.prepare()
        health.finish(.flows)
      }
      try await group.waitForAll()
    }
    health.finish(.upkeep)
    whenReady()
    await withTaskGroup(of: Void.self) { [self] group in
      group.addTask { await definitions.run(watch) }
      group.addTask { [registry] in await PolicyTypeChecking(registry).run() }
      group.addTask { await keeper?.run() }
      group.addTask { [self] in await aggregation?.run(registry, report: report) }
      group.addTask { [self] in await keepNamespaces(report) }
      group.addTask { [self] in await accounts?.uses.run(registry, report: report) }
      group.addTask { [self] in
        await ServerIdentity(registry: registry, address: address, report: report).keepUp()
      }
      guard let service else { return }
      group.addTask { [registry] in await AllocationRepair(registry: registry, report: report).run() }
      guard let own = location.address else { return }
      let presence = ServerPresence(
        store: registry.store, own: ServerEndpoint(address: own, port: location.port), isShared: location.isShared,
        report: report)
      group.addTask { await presence.announce() }
      group.addTask { await service.keepUp(presence) }
    }
  }

  private func keepNamespaces(_ report: @escaping @Sendable (String) -> Void) async {
    guard let target = registry.catalog.snapshot.resource(GroupVersion(group: "", version: "v1"), "namespaces") else {
      return
    }
    await ObjectVigil(registry: registry, report: report).keep(
      "the system's namespaces", [target], { NamespaceBootstrap.names.contains($0.name) }
    ) { try await NamespaceBootstrap(registry: registry).run() }
  }
}
