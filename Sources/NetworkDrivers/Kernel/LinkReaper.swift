import AsyncWork
import Linux
import Netlink
import Synchronization

/// Deletes links, and what connection tracking remembers of them, on a thread of its own. The kernel takes a link out of
/// sight at once, announces it, and then waits for every processor before the call returns, some tens of milliseconds:
/// nobody shall wait for that.
final class LinkReaper: Sendable {
  private let thread: OwnedThread
  private let host: HostNetwork
  private let connections: NetfilterSocket
  private let namespace: FileDescriptor?
  private struct State {
    var reactor: Reactor?
    /// Links whose deletion has been asked for and not yet answered.
    var pending: Set<String> = []
  }
  private let state = Mutex(State())

  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  init(in namespace: FileDescriptor?) throws {
    self.namespace = namespace
    host = try HostNetwork(in: namespace)
    connections = try NetfilterSocket(in: namespace)
    thread = try OwnedThread(name: "apus-links")
  }

  deinit { thread.stop() }

  /// From now on the kernel's announcements are listened to; without, deletions wait for the kernel's answer.
  func listen(on reactor: Reactor) { state.withLock { $0.reactor = reactor } }

  /// Deletes tracked connections. The kernel gives the whole table for that, which may be long.
  func forget(_ filters: [ConntrackFilter]) async throws {
    guard !filters.isEmpty else { return }
    let connections = connections
    try await thread.run { _ = try connections.deleteConnections(matching: filters) }
  }

  /// Links that are on their way out: their addresses and routes are nobody's any more.
  var pending: Set<String> { state.withLock { $0.pending } }

  /// Returns when all deletions that were asked for are answered, so that names can be used again.
  func drain() async throws { try await thread.run {} }

  /// Asks for links to be deleted and does not wait for it. Must be called in the host's network namespace.
  /// - Parameter owner: links that bear another mark stay.
  func deleteLater(_ names: [String], ownedBy owner: String) throws {
    let names = try names.filter { try host.alias(of: $0) == owner }
    submit(names) { error in
      if let error { Diagnostics.warn("deleting \(names.joined(separator: ", ")): \(error)") }
    }
  }

  /// Returns when the links are out of sight; one that is gone already is no error.
  func delete(_ names: [String]) async throws {
    guard !names.isEmpty else { return }
    guard let reactor = state.withLock({ $0.reactor }) else {
      let host = host
      return try await thread.run { try host.deleteLinks(names) }
    }
    // Subscribed before it is asked for: the announcement may come before we would listen.
    let announcements = try NetlinkSubscription<RouteFamily>([.links], in: namespace)
    let outcome = FirstOutcome()
    submit(names) { error in outcome.settle(error.map { .failure($0) } ?? .success(())) }
    let listener = Task {
      do {
        var expected = Set(names)
        while !expected.isEmpty {
          try await reactor.waitReadable(announcements.descriptor)
          reading: while true {
            switch try announcements.next() {
            case .nothing: break reading
            // Then the answer must do.
            case .lost: return
            case .messages(let messages):
              for message in messages {
                if case .linkRemoved(let link) = try RouteEvent(message) { expected.remove(link.name) }
              }
            }
          }
        }
        outcome.settle(.success(()))
      } catch { return }
    }
    defer { listener.cancel() }
    try await outcome.value()
  }

  /// Deletes links of another place than the host, and returns when they are gone; one that is gone already is no error.
  func delete(_ names: [String], in place: HostNetwork) async throws {
    try await thread.run { try place.deleteLinks(names) }
  }

  private func submit(_ names: [String], _ finish: @escaping @Sendable ((any Error)?) -> Void) {
    if names.isEmpty { return finish(nil) }
    state.withLock { $0.pending.formUnion(names) }
    let host = host
    let queued = thread.submit { [self] in
      var failure: (any Error)?
      do { try host.deleteLinks(names) } catch { failure = error }
      state.withLock { $0.pending.subtract(names) }
      finish(failure)
    }
    if !queued { finish(CancellationError()) }
  }
}

/// Whatever comes first of several outcomes.
private final class FirstOutcome: Sendable {
  private struct State {
    var outcome: Result<Void, any Error>?
    var waiter: CheckedContinuation<Void, any Error>?
  }
  private let state = Mutex(State())

  func settle(_ outcome: Result<Void, any Error>) {
    let waiter: CheckedContinuation<Void, any Error>? = state.withLock { state in
      if state.outcome != nil { return nil }
      state.outcome = outcome
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(with: outcome)
  }

  func value() async throws {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = state.withLock { state in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(with: outcome) }
    }
  }
}
