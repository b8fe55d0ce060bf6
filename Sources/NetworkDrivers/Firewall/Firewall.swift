import AsyncWork
import Linux
import NetworkModel

/// The rules of one instance on this host. Calls block.
protocol Firewall: Sendable {
  /// Brings the host to hold exactly these fragments, whatever it holds now.
  /// - Returns: whether anything was not as it should be.
  @discardableResult func reconcile(_ fragments: [FirewallFragment]) throws -> Bool
  /// Adds one object's entries.
  func add(_ fragment: FirewallFragment) throws
  /// Removes one object's entries; those that are gone already are no error.
  func remove(_ fragment: FirewallFragment) throws
  /// Those entries of the fragments that the kernel does not hold.
  func missing(_ fragments: [FirewallFragment]) throws -> [FirewallEntry]
  /// Removes everything of this instance.
  func removeAll() throws
  /// Tells when it is time to look whether the rules are still there.
  /// - Parameter namespace: the host's network namespace; nil means the calling thread's.
  func watch(in namespace: FileDescriptor?) throws -> any FirewallWatch
}

/// Tells when somebody else may have changed our rules: a firewall that was reloaded, rules that were flushed.
protocol FirewallWatch: Sendable {
  /// Returns when it is time to look.
  func next(on reactor: Reactor) async throws
}
