import Synchronization

/// What webhooks of the operator's have answered, for a while: the same question is not asked again.
final class AnswerMemory<Answer: Sendable>: Sendable {
  private struct Entry {
    let answer: Answer
    let end: ContinuousClock.Instant
  }

  private let most: Int
  private let entries = Mutex<[[UInt8]: Entry]>([:])

  /// - Parameter most: answers that are remembered.
  init(most: Int) { self.most = most }

  func answer(to question: [UInt8]) -> Answer? {
    guard let entry = entries.withLock({ $0[question] }), entry.end > ContinuousClock.now else { return nil }
    return entry.answer
  }

  /// - Parameter time: for how long it is remembered; zero for not at all.
  func note(_ answer: Answer, to question: [UInt8], for time: Duration) {
    guard time > .zero else { return }
    let now = ContinuousClock.now
    entries.withLock { entries in
      if entries.count >= most {
        entries = entries.filter { $0.value.end > now }
        if entries.count >= most, let first = entries.min(by: { $0.value.end < $1.value.end })?.key {
          entries[first] = nil
        }
      }
      entries[question] = Entry(answer: answer, end: now + time)
    }
  }
}
