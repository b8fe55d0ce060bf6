import Synchronization

/// Lets tasks wait until a revision has come by.
final class RevisionGate: Sendable {
  /// Is told once that the revision is there, or why it will not be.
  typealias Answer = @Sendable (Result<Void, any Error>) -> Void

  private struct Waiting {
    let ticket: Int
    let revision: Int64
    let answer: Answer
  }
  private struct State {
    var revision: Int64 = 0
    var failure: (any Error)?
    var ticket = 0
    /// Few at a time: those whose writes went to the disk together, and those who want to read what is newest.
    var waiting: [Waiting] = []
  }
  private let state = Mutex(State())

  var revision: Int64 { state.withLock { $0.revision } }

  func open(to revision: Int64) {
    let ready = state.withLock { state -> [Waiting] in
      state.revision = max(state.revision, revision)
      let now = state.revision
      guard state.waiting.contains(where: { $0.revision <= now }) else { return [] }
      let ready = state.waiting.filter { $0.revision <= now }
      state.waiting.removeAll { $0.revision <= now }
      return ready
    }
    for one in ready { one.answer(.success(())) }
  }

  /// Nothing comes any more.
  func fail(_ error: any Error) {
    let waiting = state.withLock { state in
      state.failure = state.failure ?? error
      defer { state.waiting = [] }
      return state.waiting
    }
    for one in waiting { one.answer(.failure(error)) }
  }

  /// Answers when a revision has come by: at once where it has.
  func whenOpen(to revision: Int64, _ answer: @escaping Answer) {
    let known = state.withLock { state -> Result<Void, any Error>? in
      if state.revision >= revision { return .success(()) }
      if let failure = state.failure { return .failure(failure) }
      state.waiting.append(Waiting(ticket: 0, revision: revision, answer: answer))
      return nil
    }
    if let known { answer(known) }
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
          state.waiting.append(
            Waiting(ticket: ticket, revision: revision) { continuation.resume(with: $0) })
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      let cancelled = state.withLock { state in
        state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
      }
      cancelled?.answer(.failure(CancellationError()))
    }
  }
}
