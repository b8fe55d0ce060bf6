import APIMachinery
import ClusterAPI
import Synchronization

/// Which resources are encrypted in the store, and how. Another configuration may take the place of this one while the server
/// runs: from then on it writes, and reads what is to come.
public final class ResourceEncryption: Sendable {
  /// Built-in resources by what their keys begin with, which has no group for most of them.
  private let resources: [Substring: GroupResource]
  private let configuration: Mutex<EncryptionConfiguration>

  public init(_ configuration: EncryptionConfiguration, _ kinds: BuiltinKinds) {
    self.configuration = Mutex(configuration)
    var resources: [Substring: GroupResource] = [:]
    for resource in kinds.resources where resource.storedAs == nil {
      resources[Substring(StorageLayout.prefix(of: resource))] = resource.groupResource
    }
    self.resources = resources
  }

  public func replace(by configuration: EncryptionConfiguration) {
    self.configuration.withLock { $0 = configuration }
  }

  /// Nil for a key that is no object's, or that of one which is stored as it is.
  func transformers(forKey key: String) -> ValueTransformers? {
    guard let prefix = StorageLayout.prefix(ofKey: key), let resource = resource(prefix) else { return nil }
    return configuration.withLock { $0.transformers(for: resource) }
  }

  /// The resource whose keys begin so.
  private func resource(_ prefix: Substring) -> GroupResource? {
    if let resource = resources[prefix] { return resource }
    let parts = prefix.dropFirst(StorageLayout.root.count).split(separator: "/")
    guard parts.count == 2, parts[0].contains(".") else { return nil }
    return GroupResource(group: String(parts[0]), resource: String(parts[1]))
  }
}
