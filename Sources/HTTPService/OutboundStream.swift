import NIOCore
import Synchronization

/// Bytes on their way from tasks to a connection's socket, with a bound: a writer waits while more than `highWater`
/// bytes have not reached the kernel, so a slow peer slows its writer and not our memory.
final class OutboundStream: Sendable {
  private struct State {
    var pending = 0
    var closed = false
    var nextWaiter = 0
    var waiters: [Int: Waiter] = [:]
  }

  private struct Waiter {
    /// How few bytes may be left for this waiter to go on.
    let limit: Int
    let continuation: CheckedContinuation<Void, any Error>
  }

  static let highWater = 262_144
  private static let lowWater = 65_536

  private let state = Mutex(State())
  /// Hands bytes to the event loop, which writes and flushes them at once; called from any thread, in order.
  private let send: @Sendable (ByteBuffer) -> Void

  init(send: @escaping @Sendable (ByteBuffer) -> Void) { self.send = send }

  /// Queues `bytes`, and waits while the peer is too slow.
  /// - Throws: `connectionClosed`, or `CancellationError`.
  func write(_ bytes: ByteBuffer) async throws {
    let count = bytes.readableBytes
    let (closed, full) = state.withLock { state in
      if !state.closed { state.pending += count }
      return (state.closed, state.pending > Self.highWater)
    }
    if closed { throw HTTPServiceError.closed }
    send(bytes)
    if full { try await wait(until: Self.lowWater) }
  }

  /// Waits until the kernel has everything.
  func flushed() async throws { try await wait(until: 0) }

  private func wait(until limit: Int) async throws {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let now = state.withLock { state -> Result<Void, any Error>? in
          if state.closed { return .failure(HTTPServiceError.closed) }
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.pending <= limit { return .success(()) }
          state.waiters[id] = Waiter(limit: limit, continuation: continuation)
          return nil
        }
        if let now { continuation.resume(with: now) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }
  }

  // MARK: The event loop's side

  /// `count` bytes have reached the kernel.
  func completed(_ count: Int) {
    let ready = state.withLock { state -> [Waiter] in
      state.pending -= count
      guard !state.waiters.isEmpty else { return [] }
      let ready = state.waiters.filter { $0.value.limit >= state.pending }
      for id in ready.keys { state.waiters.removeValue(forKey: id) }
      return Array(ready.values)
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// Nothing will be sent any more.
  func close() {
    let waiters = state.withLock { state -> [Waiter] in
      state.closed = true
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(throwing: HTTPServiceError.closed) }
  }
}
