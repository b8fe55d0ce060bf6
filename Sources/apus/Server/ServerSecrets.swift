import APIServer
import AsyncWork
import ContainerEngine
import KeyValueStore
import PKI

/// Where a server has its authorities and keys from: its own directory, or the store that it shares with others.
struct ServerSecrets: Sendable {
  let files: ClusterFiles
  /// Nil where this server is the only one of its cluster.
  private let shared: SharedSecrets?

  /// - Parameter directory: of this server's own authorities and keys; what was there before the store was shared is what
  ///   the first server begins with.
  /// - Throws: where the servers' token is missing or is another one.
  static func load(
    _ flags: any ServerFlags, _ store: any RevisionedStore, directory: String, _ pool: BlockingPool
  ) async throws -> ServerSecrets {
    let issuers = flags.authentication.issuers
    guard flags.datastore.isShared else {
      return try await pool.run {
        ServerSecrets(files: try ClusterFiles(directory: directory, issuers: issuers), shared: nil)
      }
    }
    let token = try await flags.sharedSecret.secret(pool)
    let shared = SharedSecrets(store, token: token) { derive in try await pool.run(derive) }
    let secrets = try await shared.load {
      Log.info("this server is the first of its cluster: it makes the authorities and keys of all")
      return try await pool.run { try ClusterFiles.first(of: directory) }
    }
    return ServerSecrets(files: try ClusterFiles(secrets, issuers: issuers), shared: shared)
  }

  /// Makes authorities and keys in time, and follows what other servers make, for as long as its task lives.
  /// - Parameters:
  ///   - changed: is told who is trusted, and first who signs, each time that this changes.
  ///   - proxyChanged: is told each time that the authorities of the front proxy change.
  func run(
    _ pool: BlockingPool, changed: @escaping @Sendable (_ bundle: String) async throws -> Void,
    proxyChanged: @escaping @Sendable () -> Void
  ) async throws {
    guard let shared else {
      return try await runAlone(pool, changed: changed, proxyChanged: proxyChanged)
    }
    try await shared.run(files.shared) { change in
      if change.areFrontProxies { proxyChanged() }
      if let bundle = change.authorities { try await changed(bundle) }
    } failed: {
      Log.warning("the cluster's authorities and keys are not kept up: \($0)")
    }
  }

  private func runAlone(
    _ pool: BlockingPool, changed: @escaping @Sendable (_ bundle: String) async throws -> Void,
    proxyChanged: @escaping @Sendable () -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { [files] group in
      group.addTask {
        try await files.authorities.run {
          try await pool.run($0)
        } changed: {
          try await changed($0)
        } failed: {
          Log.warning("the cluster's authorities are not kept up: \($0)")
        }
      }
      group.addTask {
        try await files.frontProxy.authorities.run {
          try await pool.run($0)
        } changed: { _ in
          proxyChanged()
        } failed: {
          Log.warning("the front proxy's authority is not renewed: \($0)")
        }
      }
      group.addTask {
        try await files.tokenKeys.run {
          try await pool.run($0)
        } failed: {
          Log.warning("the key that signs tokens is not renewed: \($0)")
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
