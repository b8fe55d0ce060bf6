import Synchronization

/// Batches on their way from a stream to the one who wants them. The stream never waits: what there is no room for is
/// refused, and so is everything after it until the reader has taken what is there.
final class WatchBuffer: Sendable {
  private struct State {
    var batches: [WatchBatch] = []
    /// How many of them are taken already.
    var taken = 0
    var bytes = 0
    var isFull = false
    /// Nil while more may come.
    var end: Result<Void, StoreError>?
    var receiver: CheckedContinuation<Void, Never>?

    var isEmpty: Bool { taken == batches.count }

    mutating func wake() {
      receiver?.resume()
      receiver = nil
    }

    mutating func take() -> WatchBatch {
      let batch = batches[taken]
      taken += 1
      bytes -= batch.bytes
      if isEmpty {
        batches.removeAll(keepingCapacity: true)
        taken = 0
      } else if taken > 1024 {
        batches.removeFirst(taken)
        taken = 0
      }
      return batch
    }
  }
  private let state = Mutex(State())
  private let capacity: (batches: Int, bytes: Int)

  init(batches: Int, bytes: Int) { capacity = (batches, bytes) }

  /// - Returns: false where there is no room, or where nobody wants more.
  func offer(_ batch: WatchBatch) -> Bool {
    state.withLock { state in
      guard state.end == nil, !state.isFull else { return false }
      // What is larger than all of the room is taken alone.
      guard
        state.isEmpty
          || state.batches.count - state.taken < capacity.batches && state.bytes + batch.bytes <= capacity.bytes
      else {
        state.isFull = true
        return false
      }
      state.batches.append(batch)
      state.bytes += batch.bytes
      state.wake()
      return true
    }
  }

  /// Whether nothing waits and nothing is refused.
  var isDrained: Bool { state.withLock { $0.isEmpty && !$0.isFull } }

  /// What was offered is still received; a second end changes nothing.
  func finish(_ error: StoreError?) {
    state.withLock { state in
      if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
      state.wake()
    }
  }

  /// Nobody wants more, nor what was offered already.
  func abandon() {
    state.withLock { state in
      (state.batches, state.taken, state.bytes) = ([], 0, 0)
      state.end = .success(())
      state.wake()
    }
  }

  /// The next batch, or nil at the end and in a cancelled task, which ends the buffer.
  /// - Returns: also whether there is room again after something was refused.
  func receive() async throws(StoreError) -> (batch: WatchBatch, hasRoomAgain: Bool)? {
    while true {
      let found: Result<(WatchBatch, Bool)?, StoreError>? = state.withLock { state in
        guard !state.isEmpty else { return state.end.map { $0.map { nil } } }
        let batch = state.take()
        guard state.isEmpty, state.isFull else { return .success((batch, false)) }
        state.isFull = false
        return .success((batch, true))
      }
      if let found { return try found.get() }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          state.withLock { state in
            if state.end != nil || !state.isEmpty {
              continuation.resume()
            } else {
              state.receiver = continuation
            }
          }
        }
      } onCancel: {
        abandon()
      }
    }
  }
}

extension WatchBatch {
  /// What it holds in memory, about.
  fileprivate var bytes: Int {
    events.reduce(64) { $0 + 128 + ($1.current?.value.count ?? 0) + ($1.previous?.value.count ?? 0) }
  }
}
