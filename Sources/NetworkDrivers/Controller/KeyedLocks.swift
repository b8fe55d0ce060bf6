import AsyncWork
import Synchronization

/// A lock for each of many things, which is there only while somebody holds it or waits for it.
final class KeyedLocks: Sendable {
  private let locks = Mutex<[String: (lock: AsyncLock, users: Int)]>([:])

  /// Runs `body` while nobody else holds the lock of this key.
  func withLock<Result: Sendable>(
    _ key: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async rethrows -> Result {
    let lock = locks.withLock { locks in
      let entry = locks[key] ?? (AsyncLock(), 0)
      locks[key] = (entry.lock, entry.users + 1)
      return entry.lock
    }
    defer {
      locks.withLock { locks in
        guard let entry = locks[key] else { return }
        locks[key] = entry.users == 1 ? nil : (entry.lock, entry.users - 1)
      }
    }
    return try await lock.withLock(body)
  }
}
