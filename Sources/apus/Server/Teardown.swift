import ContainerEngine
import Synchronization

/// What has been opened, to be closed in the opposite order, whatever step of a start has failed.
final class Teardown: Sendable {
  private typealias Closing = (what: String, close: @Sendable () async throws -> Void)
  private let closings = Mutex<[Closing]>([])

  /// - Parameter what: as it stands in the log where it cannot be closed.
  func add(_ what: String, _ close: @escaping @Sendable () async throws -> Void) {
    closings.withLock { $0.append((what, close)) }
  }

  /// Closes everything once, even where the task is cancelled; what cannot be closed does not keep the rest open.
  func run() async {
    let closings = closings.withLock { closings in
      defer { closings = [] }
      return closings
    }
    await Shielded.run {
      for (what, close) in closings.reversed() {
        do { try await close() } catch { Log.warning("closing \(what): \(error)") }
      }
    }
  }
}
