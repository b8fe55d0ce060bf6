import ArgumentParser
import KeyValueStore

/// Where the cluster's state is kept: a file of this host, or etcd.
enum Datastore {
  /// - Parameter directory: of the embedded store's file.
  static func open(_ options: ServerOptions, in directory: String) async throws -> any RevisionedStore {
    guard !options.datastoreEndpoint.isEmpty else { return try await SQLiteStore(path: directory + "/state.db") }
    let endpoints = try options.datastoreEndpoint.map { text in
      guard let endpoint = EtcdConfiguration.Endpoint(text) else {
        throw ValidationError("--datastore-endpoint \(text): it must be https://HOST:PORT or http://HOST:PORT")
      }
      return endpoint
    }
    let usesTLS = options.datastoreCafile != nil || options.datastoreCertfile != nil
    return try EtcdStore(
      EtcdConfiguration(
        endpoints: endpoints,
        tls: usesTLS
          ? .init(
            authorities: options.datastoreCafile, certificate: options.datastoreCertfile,
            key: options.datastoreKeyfile) : nil))
  }
}
