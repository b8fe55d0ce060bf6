extension APIServer {
  /// Makes what every cluster has, serves what is defined already, and says that it is ready; then follows what changes
  /// until the task is cancelled.
  /// - Parameter whenReady: called once.
  public func run(whenReady: @Sendable () -> Void) async throws {
    let definitions = CustomResourceDefinitions(registry)
    let watch = try definitions.load()
    health.finish(.definitions)
    try await NamespaceBootstrap(registry: registry).run()
    health.finish(.namespaces)
    try await RBACBootstrap(registry: registry).run()
    health.finish(.roles)
    try await SystemPriorityClasses(registry: registry).run()
    health.finish(.priorities)
    let keeper = flowControl.map { FlowControlKeeper(registry: registry, control: $0) }
    try await keeper?.prepare()
    health.finish(.flows)
    whenReady()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper?.run() }
      await definitions.run(watch)
      group.cancelAll()
    }
  }
}
