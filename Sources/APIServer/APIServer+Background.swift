extension APIServer {
  /// Makes what every cluster has, serves what is defined already, and says that it is ready; then follows what changes
  /// until the task is cancelled.
  /// - Parameter whenReady: called once.
  public func run(whenReady: @Sendable () -> Void) async throws {
    let definitions = CustomResourceDefinitions(registry)
    let watch = try definitions.load()
    try await NamespaceBootstrap(registry: registry).run()
    try await RBACBootstrap(registry: registry).run()
    try await SystemPriorityClasses(registry: registry).run()
    try await aggregation?.publish(registry)
    let keeper = flowControl.map { FlowControlKeeper(registry: registry, control: $0) }
    try await keeper?.prepare()
    becomeReady()
    whenReady()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper?.run() }
      group.addTask { await self.aggregation?.run(self.registry) }
      await definitions.run(watch)
      group.cancelAll()
    }
  }
}
