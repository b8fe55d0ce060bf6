import Glibc
import KeyValueStore
import Linux

/// Measures one engine of the store and prints one JSON object: creates, gets, a list, a watch, an opening.
///   StoreFigures sqlite FILE OBJECTS
///   StoreFigures etcd URL OBJECTS
/// The store must be empty. Keys and sizes are those of small objects of a cluster.
let arguments = CommandLine.arguments
guard arguments.count == 4, let objects = Int(arguments[3]), objects > 0 else {
  StandardError.write("usage: StoreFigures sqlite FILE | etcd URL OBJECTS\n")
  exit(2)
}
let location = arguments[2]

@Sendable func open() async throws -> any RevisionedStore {
  if arguments[1] == "sqlite" { return try await SQLiteStore(path: location) }
  guard let endpoint = EtcdConfiguration.Endpoint(location) else {
    throw StoreError(.failed, "\(location) is no address of etcd")
  }
  return try EtcdStore(EtcdConfiguration(endpoints: [endpoint]))
}

do {
  let figures = try await Figures(objects: objects, open: open).measure()
  print("{" + figures.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}")
} catch {
  StandardError.write("\(error)\n")
  exit(1)
}
