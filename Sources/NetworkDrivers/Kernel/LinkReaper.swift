import AsyncWork
import Linux
import Netlink

/// Deletes links, and what connection tracking remembers of them, on a thread of its own. The kernel waits for every
/// processor before it lets a link go, some tens of milliseconds, and nobody else's start shall wait for that.
final class LinkReaper: Sendable {
  private let thread: OwnedThread
  private let host: HostNetwork
  private let connections: NetfilterSocket

  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  init(in namespace: FileDescriptor?) throws {
    host = try HostNetwork(in: namespace)
    connections = try NetfilterSocket(in: namespace)
    thread = try OwnedThread(name: "apus-links")
  }

  deinit { thread.stop() }

  /// Deletes tracked connections. The kernel gives the whole table for that, which may be long.
  func forget(_ filters: [ConntrackFilter]) async throws {
    guard !filters.isEmpty else { return }
    let connections = connections
    try await thread.run { _ = try connections.deleteConnections(matching: filters) }
  }

  /// Returns when the links are gone; one that is gone already is no error.
  /// - Parameters:
  ///   - owner: links that bear another mark stay.
  ///   - place: where the links are; nil is the host.
  func delete(_ names: [String], ownedBy owner: String? = nil, in place: HostNetwork? = nil) async throws {
    guard !names.isEmpty else { return }
    let host = place ?? host
    try await thread.run {
      for name in names {
        if let owner, try host.alias(of: name) != owner { continue }
        try host.deleteLink(name)
      }
    }
  }
}
