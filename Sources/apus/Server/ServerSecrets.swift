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
    _ options: ServerOptions, _ store: any RevisionedStore, directory: String, _ pool: BlockingPool
  ) async throws -> ServerSecrets {
    let issuer = options.authentication.serviceAccountIssuer
    guard !options.datastoreEndpoint.isEmpty else {
      return try await pool.run {
        ServerSecrets(files: try ClusterFiles(directory: directory, issuer: issuer), shared: nil)
      }
    }
    let token = try await options.sharedSecret.secret(pool)
    let shared = SharedSecrets(store, token: token) { derive in try await pool.run(derive) }
    let secrets = try await shared.load {
      Log.info("this server is the first of its cluster: it makes the authorities and keys of all")
      return try await pool.run { try ClusterFiles.first(of: directory) }
    }
    return ServerSecrets(files: ClusterFiles(secrets, issuer: issuer), shared: shared)
  }

  /// Makes authorities in time, and follows what other servers make, for as long as its task lives.
  /// - Parameter changed: is told who is trusted, and first who signs, each time that this changes.
  func run(
    _ pool: BlockingPool, changed: @escaping @Sendable (_ bundle: String) async throws -> Void
  ) async throws {
    let failed = { @Sendable (error: any Error) in Log.warning("the cluster's authorities are not kept up: \(error)") }
    if let shared { return try await shared.run(files.authorities, changed: changed, failed: failed) }
    try await files.authorities.run {
      try await pool.run($0)
    } changed: {
      try await changed($0)
    } failed: {
      failed($0)
    }
  }
}
