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

  /// Why another configuration does not take over.
  public struct Refusal: Error, CustomStringConvertible {
    public let description: String
  }

  /// Asks the plugins that keep keys, and keeps asking them until ``stop()``.
  /// - Returns: what is wrong with them; nil: nothing.
  public func start() async -> String? { await Self.start(configuration.withLock { $0 }) }

  private static func start(_ configuration: EncryptionConfiguration) async -> String? {
    var problems: [String] = []
    for plugin in configuration.plugins {
      if let problem = await plugin.start() { problems.append("\(plugin.name): \(problem)") }
    }
    return problems.isEmpty ? nil : problems.joined(separator: ", ")
  }

  /// - Throws: `Refusal` where plugins of the other configuration are not in order; then the present one holds.
  public func replace(by configuration: EncryptionConfiguration) async throws(Refusal) {
    if let problem = await Self.start(configuration) {
      await Self.stop(configuration)
      throw Refusal(description: problem)
    }
    let old = self.configuration.withLock { present in
      defer { present = configuration }
      return present
    }
    await Self.stop(old)
  }

  public func stop() async { await Self.stop(configuration.withLock { $0 }) }

  private static func stop(_ configuration: EncryptionConfiguration) async {
    for plugin in configuration.plugins { await plugin.stop() }
  }

  /// How many plugins keep keys.
  public var pluginCount: Int { configuration.withLock { $0.plugins.count } }

  /// What is wrong with one plugin; nil: nothing.
  public func problem(ofPlugin index: Int) async -> String? {
    let plugins = configuration.withLock { $0.plugins }
    return index < plugins.count ? await plugins[index].problem() : nil
  }

  /// What is wrong with the plugins; nil: nothing.
  public func problem() async -> String? {
    var problems: [String] = []
    for (index, plugin) in configuration.withLock({ $0.plugins }).enumerated() {
      if let problem = await plugin.problem() { problems.append("kms-provider-\(index): \(problem)") }
    }
    return problems.isEmpty ? nil : problems.joined(separator: ", ")
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
