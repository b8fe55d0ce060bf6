/// What is to be tried again, each thing later with each failure. For one task, which reads ``due``.
struct RetryQueue {
  /// How long to wait after the first failure; each one doubles it up to the longest.
  private static let first = Duration.milliseconds(100)
  private static let longest = Duration.seconds(60)

  /// Keys whose time has come.
  let due: AsyncStream<String>
  private let queue: AsyncStream<String>.Continuation
  private var failures: [String: Int] = [:]
  private var waiting: [String: Task<Void, Never>] = [:]

  init() { (due, queue) = AsyncStream.makeStream(of: String.self) }

  /// Notes a failure: the key becomes due after a while. One that waits already waits on, and the longer.
  mutating func again(_ key: String) {
    let count = failures[key, default: 0]
    failures[key] = count + 1
    waiting[key]?.cancel()
    let wait = min(Self.first * (1 << min(count, 12)), Self.longest)
    waiting[key] = Task { [queue] in
      do { try await Task.sleep(for: wait) } catch { return }
      queue.yield(key)
    }
  }

  /// Notes that nothing is to be tried again.
  mutating func forget(_ key: String) {
    failures[key] = nil
    waiting.removeValue(forKey: key)?.cancel()
  }
}
