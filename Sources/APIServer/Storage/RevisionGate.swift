import Synchronization

/// Lets tasks wait until a revision has come by.
final class RevisionGate: Sendable {
  private struct State {
    var revision: Int64 = 0
    var failure: (any Error)?
    var ticket = 0
    var waiting: [Int: (revision: Int64, continuation: CheckedContinuation<Void, any Error>)] = [:]
  }
  private let state = Mutex(State())

  var revision: Int64 { state.withLock { $0.revision } }

  func open(to revision: Int64) {
    let ready = state.withLock { state in
      state.revision = max(state.revision, revision)
      guard !state.waiting.isEmpty else { return [] as [CheckedContinuation<Void, any Error>] }
      let ready = state.waiting.filter { $0.value.revision <= state.revision }
      for ticket in ready.keys { state.waiting[ticket] = nil }
      return ready.values.map(\.continuation)
    }
    for continuation in ready { continuation.resume() }
  }

  /// Nothing comes any more.
  func fail(_ error: any Error) {
    let waiting = state.withLock { state in
      state.failure = error
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for one in waiting { one.continuation.resume(throwing: error) }
  }

  func wait(for revision: Int64) async throws {
    let ticket = state.withLock { state -> Int? in
      guard state.revision < revision else { return nil }
      state.ticket += 1
      return state.ticket
    }
    guard let ticket else { return }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let answer = state.withLock { state -> Result<Void, any Error>? in
          if state.revision >= revision { return .success(()) }
          if let failure = state.failure { return .failure(failure) }
          if Task.isCancelled { return .failure(CancellationError()) }
          state.waiting[ticket] = (revision, continuation)
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: ticket) }?.continuation.resume(throwing: CancellationError())
    }
  }
}
