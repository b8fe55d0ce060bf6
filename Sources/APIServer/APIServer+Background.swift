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
    becomeReady()
    whenReady()
    await withTaskGroup { group in
      group.addTask { await PolicyTypeChecking(self.registry).run() }
      group.addTask { await definitions.run(watch) }
    }
  }
}
