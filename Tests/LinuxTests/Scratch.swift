import Linux
import Testing

/// Runs `body` with an empty directory that is removed afterwards.
func withScratch<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = "/tmp/apus-linux-tests-\(Processes.current)-\(UInt64.random(in: .min ... .max))"
  try FileSystem.makeDirectory(path, mode: 0o700)
  defer {
    do { try FileSystem.removeTree(path) } catch { Issue.record("cannot clean up: \(error)") }
  }
  return try body(path)
}

/// Runs `body` on a thread of its own, whose namespaces it may change.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    do {
      try Threads.start(name: "test") { continuation.resume(with: Swift.Result(catching: body)) }
    } catch { continuation.resume(throwing: error) }
  }
}
