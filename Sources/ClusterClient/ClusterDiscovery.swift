import APIMachinery

/// What a cluster serves at one time, with the resources of API servers behind this one, and what of that could not be learned.
public struct ClusterDiscovery: Sendable {
  /// One version of each resource.
  public var resources: [ClusterResource]
  /// Versions of groups that are registered, and of which nobody could tell what they have; sorted.
  public var failures: [Failure]

  /// Why nothing is known of a version.
  public struct Failure: Sendable, Hashable {
    public var groupVersion: GroupVersion
    public var message: String

    public init(_ groupVersion: GroupVersion, _ message: String) {
      self.groupVersion = groupVersion
      self.message = message
    }
  }

  public init(resources: [ClusterResource], failures: [Failure] = []) {
    self.resources = resources
    self.failures = failures
  }

  /// All failures, in the words of the reference client; nil where there are none.
  public var problem: String? {
    guard !failures.isEmpty else { return nil }
    let list = failures.map { "\($0.groupVersion.apiVersion): \($0.message)" }.joined(separator: ", ")
    return
      "Discovery failed for some groups, \(failures.count) failing: unable to retrieve the complete list of server APIs: \(list)"
  }
}

extension ClusterClient {
  /// What is served by this server, where there are no others behind it.
  public func discovery() -> ClusterDiscovery { ClusterDiscovery(resources: resources()) }
}
