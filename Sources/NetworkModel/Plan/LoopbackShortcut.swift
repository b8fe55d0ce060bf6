import Addressing

/// A published port as the host's own processes may reach it without translation: a connection to a loopback address is
/// sent to the container's own address from the beginning (`--loopback-shortcut`).
///
/// It stands on top of the firewall's entry for the port. Without it connections take that way, only slower.
public struct LoopbackShortcut: Sendable, Hashable {
  /// What is connected to, in 127/8.
  public var address: IPv4Address
  public var port: Port
  /// The container's.
  public var target: IPv4Address
  public var targetPort: Port

  public init(address: IPv4Address, port: Port, target: IPv4Address, targetPort: Port) {
    self.address = address
    self.port = port
    self.target = target
    self.targetPort = targetPort
  }

  /// In a sentence.
  public var text: String { "TCP to \(address):\(port) goes straight to \(target):\(targetPort)" }
}

extension FirewallFragment {
  /// One for each entry that leads TCP from a loopback address of the host to a container, or from all of its addresses:
  /// then from 127.0.0.1, which is what people ask for. Pure.
  public var loopbackShortcuts: [LoopbackShortcut] {
    entries.compactMap { entry in
      guard case .publish(let key, let target) = entry, key.port.transport == .tcp, let host = key.address.v4,
        let container = target.address.v4, host.isUnspecified || host.isLoopback
      else { return nil }
      return LoopbackShortcut(
        address: host.isUnspecified ? .loopback : host, port: key.port.port, target: container,
        targetPort: target.port)
    }
  }
}
