import APIMachinery

extension Registry {
  /// Whether writes of a resource take something out of a pool.
  func givesOut(_ target: ServedResource) -> Bool {
    services != nil && target.resource.plural == "services" && target.resource.group.isEmpty
  }

  /// What comes free with an object that is removed.
  func allocation(endedBy object: CachedObject) -> ServiceAllocation? {
    guard let services, object.key.hasPrefix(Self.servicesPrefix) else { return nil }
    return services.end(object)
  }

  private static let servicesPrefix = "\(StorageLayout.root)services/specs/"
}
