import AsyncWork
import Linux

/// Deletes links on a thread of its own. The kernel waits for every processor before it lets a link go, some tens of
/// milliseconds, and nobody else's start shall wait for that.
final class LinkReaper: Sendable {
  private let thread: OwnedThread
  private let host: HostNetwork

  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  init(in namespace: FileDescriptor?) throws {
    host = try HostNetwork(in: namespace)
    thread = try OwnedThread(name: "apus-links")
  }

  deinit { thread.stop() }

  /// Returns when the links are gone; one that is gone already is no error.
  func delete(_ names: [String]) async throws {
    guard !names.isEmpty else { return }
    let host = host
    try await thread.run { for name in names { try host.deleteLink(name) } }
  }
}
