import APIServer
import Synchronization

/// The registry for what the registry itself is made with.
final class LateRegistry: Sendable {
  private let value = Mutex<Registry?>(nil)

  func set(_ registry: Registry) { value.withLock { $0 = registry } }

  /// Asked for when there are requests, which is after it was set.
  var registry: Registry {
    guard let registry = value.withLock({ $0 }) else { preconditionFailure("asked for before there is a registry") }
    return registry
  }
}
