import Synchronization

/// Batches of changes on their way from whoever feeds them to one reader.
///
/// What comes while the reader works is given to it at once: to hand on one after the other, as a stream does, costs more
/// than most readers do with a change.
public final class ChangeQueue: Sendable {
  private struct State {
    var waiting: [ClusterChanges.Batch] = []
    var isOver = false
    var reader: CheckedContinuation<Void, Never>?
    var onEnd: (@Sendable () -> Void)?
  }
  private let state = Mutex(State())

  init() {}

  /// Takes a batch for the reader.
  /// - Returns: false where nobody reads any more.
  @discardableResult
  public func put(_ batch: ClusterChanges.Batch) -> Bool {
    let (isOver, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard !state.isOver else { return (true, nil) }
      state.waiting.append(batch)
      return (false, state.reader.take())
    }
    reader?.resume()
    return !isOver
  }

  /// Nothing comes any more: the reader ends when it has read what there is.
  public func finish() {
    let (reader, onEnd) = state.withLock { state in
      state.isOver = true
      return (state.reader.take(), state.onEnd.take())
    }
    reader?.resume()
    onEnd?()
  }

  /// Calls back once, when nothing comes any more or nobody reads any more; at once where that is so already.
  public func whenOver(_ body: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      if !state.isOver { state.onEnd = body }
      return state.isOver
    }
    if isOver { body() }
  }

  /// All that is there, as soon as there is something; nil when it is over or the task was cancelled.
  func next() async -> [ClusterChanges.Batch]? {
    await withTaskCancellationHandler {
      while !Task.isCancelled {
        let (found, isOver) = state.withLock { state in
          defer { state.waiting = [] }
          return (state.waiting, state.isOver)
        }
        if !found.isEmpty { return found }
        if isOver { return nil }
        await withCheckedContinuation { continuation in
          let isReady = state.withLock { state in
            guard state.waiting.isEmpty, !state.isOver else { return true }
            state.reader = continuation
            return false
          }
          if isReady { continuation.resume() }
        }
      }
      return nil
    } onCancel: {
      abandon()
    }
  }

  /// Nobody reads any more.
  func abandon() {
    state.withLock { $0.waiting = [] }
    finish()
  }
}
