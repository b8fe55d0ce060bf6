import OCI

/// Work on layers under way, by digest: who comes second waits for the first and takes its result.
actor TransferTable {
  private var running: [Digest: Task<Void, any Error>] = [:]

  /// Runs `body` unless the same work is running; then waits for that. A second one that finds the first failed tries
  /// itself, because the reason may have been the first one's (cancelled, other credentials).
  func once(_ digest: Digest, _ body: @escaping @Sendable () async throws -> Void) async throws {
    while let other = running[digest] {
      do {
        try await other.value
        return
      } catch { try Task.checkCancellation() }
    }
    let task = Task { try await body() }
    running[digest] = task
    defer { running[digest] = nil }
    try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
