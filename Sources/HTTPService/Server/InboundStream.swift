import NIOCore
import Synchronization

/// Bytes on their way from a connection to the one task that reads them, with a bound: the event loop stops reading the
/// socket while `highWater` bytes wait here, so a slow reader slows its sender and not our memory.
final class InboundStream: Sendable {
  private struct State {
    var chunks: [ByteBuffer] = []
    var first = 0
    var bytes = 0
    var finished = false
    var failure: (any Error)?
    var reader: CheckedContinuation<ByteBuffer?, any Error>?
    /// The event loop has stopped reading for this stream and waits for `demand`.
    var paused: Bool
    var touched = false
  }

  static let highWater = 262_144
  private static let lowWater = 65_536

  private let state: Mutex<State>
  /// Asks the event loop to go on reading; called without the lock, from any thread.
  private let demand: @Sendable () -> Void

  /// - Parameter paused: nothing is sent before the reader asks (`Expect: 100-continue`).
  init(paused: Bool = false, demand: @escaping @Sendable () -> Void) {
    state = Mutex(State(paused: paused))
    self.demand = demand
  }

  /// An empty stream that is already at its end.
  init() {
    state = Mutex(State(finished: true, paused: false))
    demand = {}
  }

  // MARK: The event loop's side

  func append(_ chunk: ByteBuffer) {
    let reader = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      guard !state.finished, chunk.readableBytes > 0 else { return nil }
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      state.chunks.append(chunk)
      state.bytes += chunk.readableBytes
      return nil
    }
    reader?.resume(returning: chunk)
  }

  /// The end: of the data, or with an error, of the connection. What was received before stays readable.
  func finish(_ failure: (any Error)? = nil) {
    let reader = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      guard !state.finished else { return nil }
      state.finished = true
      state.failure = failure
      defer { state.reader = nil }
      return state.reader
    }
    guard let reader else { return }
    if let failure { reader.resume(throwing: failure) } else { reader.resume(returning: nil) }
  }

  /// Whether the socket should be read on; where not, `demand` is called once there is room again.
  func wantsMore() -> Bool {
    state.withLock { state in
      if state.paused { return false }
      state.paused = state.bytes >= Self.highWater
      return !state.paused
    }
  }

  // MARK: The reader's side

  /// Whether the sender has sent all of it.
  var isComplete: Bool { state.withLock { $0.finished && $0.failure == nil } }

  /// Whether anybody ever asked for bytes.
  var isTouched: Bool { state.withLock { $0.touched } }

  /// The next bytes, or nil at the end.
  func next() async throws -> ByteBuffer? {
    enum Outcome {
      case chunk(ByteBuffer)
      case end
      case failed(any Error)
      case wait
    }
    let (outcome, resume) = state.withLock { state -> (Outcome, Bool) in
      state.touched = true
      if state.first < state.chunks.count {
        let chunk = state.chunks[state.first]
        state.chunks[state.first] = ByteBuffer()
        state.first += 1
        state.bytes -= chunk.readableBytes
        if state.first == state.chunks.count {
          state.chunks.removeAll(keepingCapacity: true)
          state.first = 0
        }
        let resume = state.paused && state.bytes <= Self.lowWater && !state.finished
        if resume { state.paused = false }
        return (.chunk(chunk), resume)
      }
      if let failure = state.failure { return (.failed(failure), false) }
      if state.finished { return (.end, false) }
      defer { state.paused = false }
      return (.wait, state.paused)
    }
    if resume { demand() }
    switch outcome {
    case .chunk(let chunk): return chunk
    case .end: return nil
    case .failed(let failure): throw failure
    case .wait: return try await wait()
    }
  }

  private func wait() async throws -> ByteBuffer? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ByteBuffer?, any Error>) in
        let now = state.withLock { state -> Result<ByteBuffer?, any Error>? in
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.first < state.chunks.count {
            let chunk = state.chunks[state.first]
            state.chunks[state.first] = ByteBuffer()
            state.first += 1
            state.bytes -= chunk.readableBytes
            return .success(chunk)
          }
          if let failure = state.failure { return .failure(failure) }
          if state.finished { return .success(nil) }
          guard state.reader == nil else {
            return .failure(HTTPServiceError(.misuse, "two tasks read the same stream"))
          }
          state.reader = continuation
          return nil
        }
        if let now { continuation.resume(with: now) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(throwing: CancellationError())
    }
  }
}
