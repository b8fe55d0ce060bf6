import AsyncWork
import NIOSSL
import Synchronization

/// How one registry proves itself, and is shown who asks, for the time of one operation: the operator's certificates are
/// read when TLS is first needed, so that a change of theirs counts from the next operation on.
final class RegistryTrust: Sendable {
  /// What to speak TLS with.
  struct Choice: Sendable {
    /// Its place among the certificates to show.
    var index: Int
    /// Nil for the system's trust and no certificate to show.
    var configuration: TLSConfiguration?
  }

  private struct State {
    /// Nil before the directory was read.
    var configurations: [TLSConfiguration]?
    /// The one to speak with: those before it were refused.
    var current = 0

    var choice: Choice? {
      configurations.map { Choice(index: current, configuration: $0.isEmpty ? nil : $0[current]) }
    }
  }
  private let state = Mutex(State())
  private let directory: String
  private let pool: BlockingPool

  /// - Parameter directory: the registry's own, which need not exist.
  init(directory: String, pool: BlockingPool) {
    self.directory = directory
    self.pool = pool
  }

  /// What to speak with now.
  /// - Throws: `ImageStoreError` that names a file which cannot be used.
  func current() async throws -> Choice {
    if let known = state.withLock({ $0.choice }) { return known }
    let directory = directory
    let read = try await pool.run { try RegistryCertificates(directory: directory).configurations }
    return state.withLock { state in
      if state.configurations == nil { state.configurations = read }
      return state.choice ?? Choice(index: 0, configuration: nil)
    }
  }

  /// Goes on to the next certificate after one was refused; false where there is none.
  func advance(past index: Int) -> Bool {
    state.withLock { state in
      guard let count = state.configurations?.count, index + 1 < count else { return false }
      state.current = max(state.current, index + 1)
      return true
    }
  }
}
