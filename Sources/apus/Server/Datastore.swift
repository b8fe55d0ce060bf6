import AsyncWork
import KeyValueStore

/// Where the cluster's state is kept: a file of this host, or etcd.
enum Datastore {
  /// - Parameter directory: of the embedded store's file.
  static func open(
    _ options: DatastoreOptions, in directory: String, _ pool: BlockingPool
  ) async throws -> any RevisionedStore {
    guard options.isShared else { return try await SQLiteStore(path: directory + "/state.db") }
    return try EtcdStore(try await options.etcd(pool))
  }
}
