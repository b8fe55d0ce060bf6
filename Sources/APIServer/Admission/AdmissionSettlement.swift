import Synchronization

/// What admission has set aside for a write, until it is known whether the write was done.
///
/// Without it what was reserved for a write that failed would be lost until somebody counts again.
public final class AdmissionSettlement: Sendable {
  public typealias Ending = @Sendable (_ isWritten: Bool) async -> Void
  private let endings = Mutex<[Ending]>([])

  /// Calls back once, when the write that is being admitted is done or has failed.
  public func whenOver(_ ending: @escaping Ending) { endings.withLock { $0.append(ending) } }

  /// The write that was admitted is over.
  func end(isWritten: Bool) async {
    let waiting = endings.withLock { endings in
      let waiting = endings
      if !waiting.isEmpty { endings = [] }
      return waiting
    }
    for ending in waiting { await ending(isWritten) }
  }
}
