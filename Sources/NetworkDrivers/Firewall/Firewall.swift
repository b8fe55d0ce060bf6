import NetworkModel

/// The rules of one instance on this host. Calls block.
protocol Firewall: Sendable {
  /// Brings the host to hold exactly these fragments, whatever it holds now.
  func reconcile(_ fragments: [FirewallFragment]) throws
  /// Adds one object's entries.
  func add(_ fragment: FirewallFragment) throws
  /// Removes one object's entries; those that are gone already are no error.
  func remove(_ fragment: FirewallFragment) throws
  /// Those entries of the fragments that the kernel does not hold.
  func missing(_ fragments: [FirewallFragment]) throws -> [FirewallEntry]
  /// Removes everything of this instance.
  func removeAll() throws
}
