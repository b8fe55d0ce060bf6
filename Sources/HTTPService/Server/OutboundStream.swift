import NIOCore
import Synchronization

/// Bytes on their way from tasks to a connection's socket, with a bound: a writer waits while more than `highWater`
/// bytes have not reached the kernel, so a slow peer slows its writer and not our memory. What is written before the
/// event loop comes to it leaves together, in one system call.
final class OutboundStream: Sendable {
  private struct State {
    /// Written and not yet taken by the event loop.
    var queue: [ByteBuffer] = []
    /// Written and held back, in the order of the holds.
    var held: [[ByteBuffer]] = []
    /// Bytes that have not reached the kernel.
    var pending = 0
    var closed = false
    var broadcastCount = 0
    var nextWaiter = 0
    var waiters: [Int: Waiter] = [:]

    /// - Returns: whether somebody is to drain the stream who does not yet.
    mutating func append(_ pieces: some Collection<ByteBuffer>) -> Bool {
      pending += pieces.readableBytes
      guard held.isEmpty else {
        held[held.count - 1].append(contentsOf: pieces)
        return false
      }
      let isFirst = queue.isEmpty
      queue.append(contentsOf: pieces)
      return isFirst
    }

    /// - Returns: who goes on.
    mutating func complete(_ count: Int) -> [Waiter] {
      pending -= count
      guard !waiters.isEmpty else { return [] }
      let ready = waiters.filter { $0.value.limit >= pending }
      for id in ready.keys { waiters.removeValue(forKey: id) }
      return Array(ready.values)
    }
  }

  private struct Waiter {
    /// How few bytes may be left for this waiter to go on.
    let limit: Int
    let continuation: CheckedContinuation<Void, any Error>
  }

  static let highWater = 262_144
  private static let lowWater = 65_536

  private let state = Mutex(State())
  /// Sends what there is to `take`; called on the event loop, once until it was taken.
  let drain: @Sendable () -> Void
  /// Sends a piece ahead of what is queued, and says when it is `completed`; called on the event loop.
  let send: @Sendable (ByteBuffer) -> Void
  let eventLoop: any EventLoop

  /// - Parameter eventLoop: the connection's.
  init(
    on eventLoop: any EventLoop, drain: @escaping @Sendable () -> Void, send: @escaping @Sendable (ByteBuffer) -> Void
  ) {
    self.eventLoop = eventLoop
    self.drain = drain
    self.send = send
  }

  private func notify() { if eventLoop.inEventLoop { drain() } else { eventLoop.execute(drain) } }

  /// Queues `bytes`, and waits while the peer is too slow.
  /// - Throws: `connectionClosed`, or `CancellationError`.
  func write(_ bytes: ByteBuffer) async throws { try await write([bytes]) }

  /// Queues several pieces at once.
  func write(_ pieces: [ByteBuffer]) async throws {
    let (closed, first, full) = state.withLock { state in
      guard !state.closed else { return (true, false, false) }
      return (false, state.append(pieces), state.pending > Self.highWater)
    }
    if closed { throw HTTPServiceError.closed }
    if first { notify() }
    if full { try await wait(until: Self.lowWater) }
  }

  enum Offer {
    /// Nothing was queued.
    case refused
    /// Queued, and somebody drains the stream already.
    case joined
    /// Queued, and whoever has offered it is to have the stream drained.
    case first
  }

  /// Queues a piece, unless the peer is too slow already or nothing will be sent any more.
  /// - Parameter count: how much of it belongs to the body.
  func offer(_ piece: ByteBuffer, count: Int) -> Offer {
    state.withLock { state in
      guard !state.closed, state.pending <= Self.highWater else { return .refused }
      state.broadcastCount += count
      return state.append(CollectionOfOne(piece)) ? .first : .joined
    }
  }

  /// Counts what is not queued here, until it is `completed`.
  /// - Returns: whether the peer is too slow.
  func pend(_ count: Int) -> Bool {
    state.withLock { state in
      state.pending += count
      return state.pending > Self.highWater
    }
  }

  /// What is written from now on waits for its `release`: it has to come behind what is on its way to the event loop already.
  /// - Parameter count: how much of the body came with a group.
  func hold(broadcast count: Int) {
    state.withLock { state in
      state.broadcastCount += count
      state.held.append([])
    }
  }

  /// The first `hold` is over. To be called on the event loop.
  func release() {
    let isDue = state.withLock { state in
      guard !state.held.isEmpty else { return false }
      state.queue += state.held.removeFirst()
      return !state.queue.isEmpty
    }
    if isDue { drain() }
  }

  /// How much was queued by offers, or came with a group.
  var broadcastCount: Int { state.withLock { $0.broadcastCount } }

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

  /// The same, and where they are no more than `most` bytes, they need not be `completed`: they are on their way at once.
  func take(completing most: Int) -> (pieces: [ByteBuffer], isCompleted: Bool) {
    let (pieces, isCompleted, ready) = state.withLock { state in
      let pieces = state.queue
      state.queue = []
      let count = pieces.readableBytes
      guard count <= most else { return (pieces, false, [] as [Waiter]) }
      return (pieces, true, state.complete(count))
    }
    for waiter in ready { waiter.continuation.resume() }
    return (pieces, isCompleted)
  }

  /// `count` bytes have reached the kernel.
  func completed(_ count: Int) {
    let ready = state.withLock { $0.complete(count) }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// Nothing will be sent any more.
  func close() {
    let waiters = state.withLock { state -> [Waiter] in
      state.closed = true
      state.queue = []
      state.held = []
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(throwing: HTTPServiceError.closed) }
  }
}

extension Collection<ByteBuffer> {
  /// Of all pieces together.
  var readableBytes: Int { reduce(0) { $0 + $1.readableBytes } }
}
