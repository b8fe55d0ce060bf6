import NIOCore
import Synchronization

/// Bytes on their way from tasks to a connection's socket, with a bound: a writer waits while more than `highWater`
/// bytes have not reached the kernel, so a slow peer slows its writer and not our memory. What is written before the
/// event loop comes to it leaves together, in one system call.
final class OutboundStream: Sendable {
  private struct State {
    /// Written and not yet taken by the event loop.
    var queue: [ByteBuffer] = []
    /// Bytes that have not reached the kernel.
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
  /// Tells the event loop that there are bytes to `take`; called from any thread, once until it has taken them.
  private let notify: @Sendable () -> Void
  private let eventLoop: any EventLoop

  /// - Parameter eventLoop: the connection's.
  init(on eventLoop: any EventLoop, notify: @escaping @Sendable () -> Void) {
    self.eventLoop = eventLoop
    self.notify = notify
  }

  /// Queues `bytes`, and waits while the peer is too slow.
  /// - Throws: `connectionClosed`, or `CancellationError`.
  func write(_ bytes: ByteBuffer) async throws { try await write([bytes]) }

  /// Queues several pieces at once.
  func write(_ pieces: [ByteBuffer]) async throws {
    let (closed, first, full) = state.withLock { state in
      guard !state.closed else { return (true, false, false) }
      state.pending += pieces.readableBytes
      let first = state.queue.isEmpty
      state.queue.append(contentsOf: pieces)
      return (false, first, state.pending > Self.highWater)
    }
    if closed { throw HTTPServiceError.closed }
    if first { notify() }
    if full { try await wait(until: Self.lowWater) }
  }

  /// Queues several pieces, unless the peer is too slow already or nothing will be sent any more. On the event loop itself
  /// they would go out at once, with all that may follow from it, which whoever offers may not be ready for.
  func offer(_ pieces: [ByteBuffer]) -> Bool {
    if eventLoop.inEventLoop { return false }
    let (taken, first) = state.withLock { state in
      guard !state.closed, state.pending <= Self.highWater else { return (false, false) }
      state.pending += pieces.readableBytes
      let first = state.queue.isEmpty
      state.queue.append(contentsOf: pieces)
      return (true, first)
    }
    if first { notify() }
    return taken
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

  /// What was written since the last time; each piece counts as pending until it is `completed`.
  func take() -> [ByteBuffer] {
    state.withLock { state in
      defer { state.queue = [] }
      return state.queue
    }
  }

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
      state.queue = []
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(throwing: HTTPServiceError.closed) }
  }
}

extension [ByteBuffer] {
  /// Of all pieces together.
  var readableBytes: Int { reduce(0) { $0 + $1.readableBytes } }
}
