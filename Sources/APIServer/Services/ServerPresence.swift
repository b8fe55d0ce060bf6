import APIMachinery
import KeyValueStore

/// Which servers of a cluster are there: each keeps its address and port in the store, with a lease where others use the same store
/// (kube-apiserver's lease endpoint reconciler).
struct ServerPresence: Sendable {
  private static let prefix = "\(StorageLayout.root)masterleases/"
  /// Seconds after which a server that is silent is taken out.
  private static let leaseTime: Int64 = 15
  private static let renewal = Duration.seconds(5)

  let store: ClusterStore
  /// Where this server is reached from other hosts.
  let own: ServerEndpoint
  /// Whether other servers use the same store.
  let isShared: Bool
  let report: @Sendable (String) -> Void

  /// Where all servers are, in their order.
  var endpoints: [ServerEndpoint] {
    Set(
      store.cache(of: Self.prefix).list(Self.prefix).objects.compactMap {
        ServerEndpoint($0.name, defaultPort: own.port)
      }
    ).sorted()
  }

  /// Something for each time that servers have come or gone.
  func changes() -> AsyncStream<Void> {
    let cache = store.cache(of: Self.prefix)
    return AsyncStream { continuation in
      let task = Task {
        while !Task.isCancelled {
          let watch = cache.listAndWatch(Self.prefix).watch
          continuation.yield()
          while await watch.next() != nil { continuation.yield() }
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Says that this server is there, until the task is cancelled.
  func announce() async {
    guard isShared else {
      do { try await announceAlone() } catch { report("announcing this server: \(error)") }
      return
    }
    var lease: Lease?
    while !Task.isCancelled {
      do {
        if let current = lease {
          try await store.store.keepAlive(current)
        } else {
          let new = try await store.store.grantLease(seconds: Self.leaseTime)
          _ = try await store.store.commit([mutation], where: [], lease: new)
          lease = new
        }
      } catch {
        // It is said anew, whatever the store still knows of it.
        lease = nil
        if !Task.isCancelled, error.code != .leaseGone { report("announcing this server: \(error)") }
      }
      try? await Task.sleep(for: Self.renewal)
    }
    guard let lease else { return }
    // The task is over: this one is not, and takes the address out before anybody is sent here in vain.
    await Task.detached { [store, report] in
      do { try await store.store.revoke(lease) } catch {
        report("taking this server's address out, which ends with its lease otherwise: \(error)")
      }
    }.value
  }

  private var mutation: Mutation {
    // The kind is the store's own: it is not served.
    let object: JSONObject = [
      "kind": "ServerPresence", "apiVersion": "v1", "metadata": ["name": .string(own.description)],
    ]
    return .put(key: Self.prefix + own.description, value: CachedObject.stored(object).bytes)
  }

  /// The only server of a store: the others are what it was before.
  private func announceAlone() async throws {
    let known = store.cache(of: Self.prefix).list(Self.prefix).objects
    guard known.map(\.name) != [own.description] else { return }
    let old = known.filter { $0.name != own.description }.map { Mutation.delete(key: $0.key) }
    _ = try await store.commit([mutation] + old, where: [])
  }
}
