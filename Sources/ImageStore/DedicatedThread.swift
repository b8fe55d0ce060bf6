import Linux

/// Blocking work that waits for other work: on the pool it could take every thread, and what it waits for would get
/// none.
enum DedicatedThread {
  /// Runs `body` on a new thread.
  static func run<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try Threads.start(name: name, stackSize: 512 * 1024) {
          continuation.resume(with: .init(catching: body))
        }
      } catch { continuation.resume(throwing: error) }
    }
  }
}
