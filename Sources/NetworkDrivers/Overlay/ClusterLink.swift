import Addressing
import AsyncWork
import KeyValueStore
import NetworkModel
import Synchronization

/// This host's tie to the cluster: who it is there, the store, and the lease that tells that it lives.
final class ClusterLink: Sendable {
  let configuration: ClusterConfiguration
  let store: EtcdStore
  /// This host's id in the cluster; stays the same for the life of its data directory.
  let host: String
  private struct State {
    var lease: Lease?
    var vtep: IPAddress?
    /// Nil before the first try.
    var isConnected: Bool?
  }
  private let state = Mutex(State())
  /// Ends when the store has been tried for the first time, with success or without.
  let attempts: AsyncStream<Void>
  private let attempted: AsyncStream<Void>.Continuation

  init(_ configuration: ClusterConfiguration, host: String) {
    self.configuration = configuration
    self.host = host
    store = EtcdStore(configuration.store)
    (attempts, attempted) = AsyncStream.makeStream()
  }

  /// The lease that this host's keys are bound to; nil before the first.
  var lease: Lease? { state.withLock { $0.lease } }

  /// Whether the store answered last time.
  var isConnected: Bool { state.withLock { $0.isConnected == true } }

  /// Where this host's tunnels end; nil before it was looked up.
  var vtep: IPAddress? { state.withLock { $0.vtep } }

  func setVTEP(_ address: IPAddress) { state.withLock { $0.vtep = address } }

  /// Whether it had answered once, or was tried, and does not answer now.
  var isLost: Bool { state.withLock { $0.isConnected == false } }

  /// - Returns: whether that is news.
  @discardableResult
  func setConnected(_ isConnected: Bool) -> Bool {
    state.withLock { state in
      defer { state.isConnected = isConnected }
      return state.isConnected != isConnected
    }
  }

  func markAttempted() { attempted.finish() }

  /// Sees to it that there is a lease with its full time left; a new one where the old one has ended.
  func renewLease() async throws(StoreError) -> Lease {
    if let lease {
      do throws(StoreError) {
        try await store.keepAlive(lease)
        return lease
      } catch { if error.code != .leaseGone { throw error } }
    }
    let new = try await store.grantLease(seconds: configuration.timeToLive)
    state.withLock { $0.lease = new }
    return new
  }

  /// A lease for the time when no engine is there to keep one alive.
  func takeLongLease() async throws(StoreError) -> Lease {
    let new = try await store.grantLease(seconds: configuration.absence)
    state.withLock { $0.lease = new }
    return new
  }

  /// The store's refusal in the words of networks.
  func failure(_ error: StoreError, _ what: String) -> NetworkError {
    NetworkError(
      .unavailable,
      "\(what): \(error.message). Containers that run are not affected; look after the store \(configuration.store) and "
        + "try again", cause: error)
  }
}
