import APIMachinery

/// Puts right what the server itself keeps up, whenever somebody has changed it.
struct ObjectVigil {
  let registry: Registry
  /// Told what cannot be put right.
  let report: @Sendable (String) -> Void
  /// How long to wait after a failure that no change has followed.
  private static let patience = Duration.seconds(1)

  /// Calls `body` now, and after each change of the objects that `concerns` picks, until the task is cancelled. Changes
  /// that come while it works are one call.
  func keep(
    _ what: String, _ resources: [ServedResource], _ concerns: @escaping @Sendable (CachedObject) -> Bool,
    _ body: () async throws -> Void
  ) async {
    let (calls, caller) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let watching = Task {
      await withTaskGroup(of: Void.self) { group in
        for target in resources { group.addTask { await follow(target, concerns) { caller.yield() } } }
      }
    }
    caller.yield()
    await withTaskCancellationHandler {
      for await _ in calls {
        do { try await body() } catch let error as StatusError where error.reason == .conflict {
          // Somebody came between, and that is a change.
          caller.yield()
        } catch {
          guard !Task.isCancelled else { return }
          report("keeping up \(what): \(error)")
          try? await Task.sleep(for: Self.patience)
          caller.yield()
        }
      }
    } onCancel: {
      watching.cancel()
      caller.finish()
    }
  }

  private func follow(
    _ target: ServedResource, _ concerns: @Sendable (CachedObject) -> Bool, _ call: @Sendable () -> Void
  ) async {
    let prefix = StorageLayout.prefix(of: target.resource)
    while !Task.isCancelled {
      let watch = registry.cache(of: target).listAndWatch(prefix).watch
      // What happened before the watch began is looked at as a whole.
      call()
      while let batch = await watch.next() {
        let isConcerned = batch.events.contains { event in
          (event.current ?? event.previous).map(concerns) ?? false
        }
        if isConcerned { call() }
      }
    }
  }
}
