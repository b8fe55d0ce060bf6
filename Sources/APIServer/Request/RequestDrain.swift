import HTTPService
import Synchronization

/// The end of a server's work: what is under way is answered, what comes is sent elsewhere (kube-apiserver's
/// `--shutdown-send-retry-after`).
final class RequestDrain: Sendable {
  private struct State {
    var count = 0
    var isRefusing = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  /// Those who look how the server is are told until the end.
  private static let exempt: Set<String> = ["metrics", "livez", "readyz", "healthz"]
  private static let retryAfter = "5"

  private let state = Mutex(State())

  /// Whether a request is worked on, which then has to be counted until it is answered.
  func begin(_ request: Request) -> Bool {
    state.withLock { state in
      guard !state.isRefusing || request.segments.first.map(Self.exempt.contains) ?? false else { return false }
      state.count += 1
      return true
    }
  }

  func end() {
    state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.count -= 1
      return state.count == 0 ? state.waiting.take() : nil
    }?.resume()
  }

  /// Refuses what comes from now on, and waits until the rest is answered, or for so long.
  func run(atMost limit: Duration) async {
    let timer = Task {
      try await Task.sleep(for: limit)
      state.withLock { $0.waiting.take() }?.resume()
    }
    await withCheckedContinuation { continuation in
      let isQuiet = state.withLock { state in
        state.isRefusing = true
        guard state.count > 0 else { return true }
        state.waiting = continuation
        return false
      }
      if isQuiet { continuation.resume() }
    }
    timer.cancel()
  }

  static func refusal() -> Response {
    var response = Response(.tooManyRequests, text: "The apiserver is shutting down, please try again later.\n")
    for (name, value) in [
      ("Retry-After", retryAfter), ("Connection", "close"), ("X-Content-Type-Options", "nosniff"),
    ] { response.headers.add(name, value) }
    return response
  }
}
