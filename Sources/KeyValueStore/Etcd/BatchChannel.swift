import Synchronization

/// Batches on their way from the task that reads a stream to the one who wants them: a few, then the task waits, and
/// with it the member that sends.
final class BatchChannel: Sendable {
  private struct State {
    var batches: [WatchBatch] = []
    /// Nil while more may come.
    var end: Result<Void, StoreError>?
    var sender: CheckedContinuation<Void, Never>?
    var receiver: CheckedContinuation<Void, Never>?

    mutating func wake() {
      sender?.resume()
      receiver?.resume()
      (sender, receiver) = (nil, nil)
    }
  }
  private let state = Mutex(State())
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// Waits for room; false where nobody wants more.
  func send(_ batch: WatchBatch) async -> Bool {
    while true {
      let isDone: Bool? = state.withLock { state in
        if state.end != nil { return false }
        guard state.batches.count < capacity else { return nil }
        state.batches.append(batch)
        state.wake()
        return true
      }
      if let isDone { return isDone }
      await withCheckedContinuation { continuation in
        state.withLock { state in
          if state.end != nil || state.batches.count < capacity {
            continuation.resume()
          } else {
            state.sender = continuation
          }
        }
      }
    }
  }

  /// What was sent is still received; a second end changes nothing.
  func finish(_ error: StoreError?) {
    state.withLock { state in
      if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
      state.wake()
    }
  }

  /// Nobody wants more, nor what was sent already.
  func abandon() {
    state.withLock { state in
      state.batches = []
      state.end = .success(())
      state.wake()
    }
  }

  /// The next batch, or nil at the end and in a cancelled task, which ends the channel.
  func receive() async throws(StoreError) -> WatchBatch? {
    while true {
      let found: Result<WatchBatch?, StoreError>? = state.withLock { state in
        if !state.batches.isEmpty {
          defer { state.wake() }
          return .success(state.batches.removeFirst())
        }
        return state.end.map { $0.map { nil } }
      }
      if let found { return try found.get() }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          state.withLock { state in
            if state.end != nil || !state.batches.isEmpty {
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
