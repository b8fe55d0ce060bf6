import Linux
import Testing

/// Waits until something is so, and records an issue where it does not come to be.
func eventually(_ sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool) async throws
{
  let deadline = Clock.monotonic + 60_000_000_000
  while try await !condition() {
    guard Clock.monotonic < deadline else {
      Issue.record("waited in vain", sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
