/// Runs what must not be left half done when the client that asked for it goes away.
enum Uncancelled {
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () async throws(RuntimeError) -> Value
  ) async throws(RuntimeError) -> Value {
    let task = Task { () async -> Result<Value, RuntimeError> in
      do throws(RuntimeError) { return .success(try await body()) } catch { return .failure(error) }
    }
    return try await task.value.get()
  }
}
