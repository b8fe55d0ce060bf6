import ArgumentParser
import AsyncWork
import KeyValueStore
import Linux

/// The flags about where the cluster's state is kept.
struct DatastoreOptions: ParsableArguments {
  @Option(
    help: "An etcd cluster that keeps the state instead of a file: https://HOST:PORT; repeatable.")
  var datastoreEndpoint: [String] = []
  @Option(help: "Authorities of the etcd cluster's certificates (PEM).") var datastoreCafile: String?
  @Option(help: "Certificate shown to etcd (PEM).") var datastoreCertfile: String?
  @Option(help: "Key of that certificate (PEM).") var datastoreKeyfile: String?
  @Option(help: "User of etcd's own, where it asks for one.") var datastoreUsername: String?
  @Option(help: "A file with that user's password.") var datastorePasswordFile: String?

  /// Whether the state is kept where other servers may keep theirs too.
  var isShared: Bool { !datastoreEndpoint.isEmpty }

  /// Where etcd's members are.
  private func endpoints() throws -> [EtcdConfiguration.Endpoint] {
    try datastoreEndpoint.map { text in
      // A name alone could be anything: a file, or a kind of store that there is not.
      guard text.hasPrefix("https://") || text.hasPrefix("http://"),
        let endpoint = EtcdConfiguration.Endpoint(text)
      else {
        throw ValidationError(
          "--datastore-endpoint \(text): it must be https://HOST:PORT or http://HOST:PORT")
      }
      return endpoint
    }
  }

  /// How etcd is reached.
  func etcd(_ pool: BlockingPool) async throws -> EtcdConfiguration {
    let usesTLS = datastoreCafile != nil || datastoreCertfile != nil || datastoreKeyfile != nil
    let tls = EtcdConfiguration.TLS(
      authorities: datastoreCafile, certificate: datastoreCertfile, key: datastoreKeyfile)
    return EtcdConfiguration(
      endpoints: try endpoints(), tls: usesTLS ? tls : nil, credentials: try await credentials(pool)
    )
  }

  private func credentials(_ pool: BlockingPool) async throws -> EtcdConfiguration.Credentials? {
    guard let user = datastoreUsername, let path = datastorePasswordFile else { return nil }
    let text = try await pool.run { try FileSystem.readText(path) }
    // Editors end a file with a line break; a password has none.
    let password = text.prefix { $0 != "\n" && $0 != "\r\n" }
    guard !password.isEmpty else {
      throw ValidationError("--datastore-password-file \(path): it holds no password")
    }
    return .init(user: user, password: String(password))
  }

  func validate() throws {
    _ = try endpoints()
    guard (datastoreUsername == nil) == (datastorePasswordFile == nil) else {
      throw ValidationError(
        "--datastore-username and --datastore-password-file go together: give both")
    }
    guard datastoreUsername?.isEmpty != true else {
      throw ValidationError("--datastore-username: it is empty")
    }
    guard !isShared else { return }
    let others = [
      datastoreCafile, datastoreCertfile, datastoreKeyfile, datastoreUsername,
      datastorePasswordFile,
    ]
    guard others.allSatisfy({ $0 == nil }) else {
      throw ValidationError(
        "--datastore-… flags say how etcd is reached: name it by --datastore-endpoint")
    }
  }
}
