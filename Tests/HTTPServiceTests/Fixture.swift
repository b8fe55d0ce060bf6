import Linux
import Synchronization

@testable import HTTPService

/// A server on a unix socket in a directory of its own; both are gone when the body returns.
struct Fixture: Sendable {
  let server: HTTPServer
  let path: String

  static func with<Result>(
    configuration: ServerConfiguration = ServerConfiguration(), handler: @escaping Handler,
    _ body: (Fixture) async throws -> Result
  ) async throws -> Result {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let server = HTTPServer(configuration: configuration, handler: handler)
    do {
      let path = directory + "/s"
      try await server.listen(on: .unix(path))
      let result = try await body(Fixture(server: server, path: path))
      await server.shutdown(within: .seconds(1))
      return result
    } catch {
      await server.shutdown(within: .zero)
      throw error
    }
  }

  func client() async throws -> RawClient { try await RawClient(unix: path) }

  /// Sends one thing and returns all that comes back until the server closes.
  func exchange(_ text: String) async throws -> String {
    let client = try await client()
    try await client.send(text)
    return try await client.receiveToEnd()
  }

  private static let counter = Atomic(0)

  static func temporaryDirectory() throws -> String {
    let number = counter.add(1, ordering: .relaxed).newValue
    let path = "/tmp/apus-http-\(Clock.realtime)-\(number)"
    try FileSystem.makeDirectory(path, mode: 0o700)
    return path
  }

  static func removeTree(_ path: String) {
    do { try FileSystem.removeTree(path) } catch { print("left behind: \(path): \(error)") }
  }
}

/// Something that happens once and can be awaited, by any number of tasks.
final class Signal: Sendable {
  private struct State {
    var fired = false
    var next = 0
    var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
  }
  private let state = Mutex(State())

  func fire() {
    let waiters = state.withLock { state in
      state.fired = true
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  func wait() async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let now = state.withLock { state -> Result<Void, any Error>? in
          if state.fired { return .success(()) }
          if Task.isCancelled { return .failure(CancellationError()) }
          state.waiters[id] = continuation
          return nil
        }
        if let now { continuation.resume(with: now) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
    }
  }
}
