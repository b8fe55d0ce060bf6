import Addressing

/// A wish: a port of a container that shall be reachable at the host.
public struct PortBinding: Sendable, Hashable, Codable {
  public var container: TransportPort
  /// The address of the host to bind; nil means every address of both families.
  public var hostAddress: IPAddress?
  /// The host ports to choose from; nil means any free one of the ephemeral range.
  public var hostPorts: PortRange?

  public init(_ container: TransportPort, hostAddress: IPAddress? = nil, hostPorts: PortRange? = nil) {
    self.container = container
    self.hostAddress = hostAddress
    self.hostPorts = hostPorts
  }
}

/// A wish fulfilled: one address and port of the host that leads to one port of a container.
public struct PublishedPort: Sendable, Hashable, Codable, CustomStringConvertible {
  public var container: TransportPort
  public var hostAddress: IPAddress
  public var hostPort: Port
  /// User space leads on all packets, so that they pass the host's own input rules like those to any server of the
  /// host; the container sees the host as the client.
  public var passesInput = false
  /// Where packets go. Nil where no address of this family is there and only user space can lead on.
  public var target: IPAddress?

  public init(_ container: TransportPort, hostAddress: IPAddress, hostPort: Port, target: IPAddress?) {
    self.container = container
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.target = target
  }

  /// Whether the kernel can translate: both sides are of one family, and the host side is not `::1`, from where no
  /// packet can be routed to another link.
  public var isTranslatable: Bool {
    guard !passesInput, let target, target.family == hostAddress.family else { return false }
    return hostAddress.family == .v4 || !hostAddress.isLoopback
  }

  /// Whether user space must lead on packets of this port: what no rule can translate, and `[::1]`, which the kernel
  /// never forwards from, among all IPv6 addresses of the host.
  public var needsProxy: Bool { !isTranslatable || (hostAddress.family == .v6 && hostAddress.isUnspecified) }

  public var description: String {
    let host = hostAddress.family == .v6 ? "[\(hostAddress)]" : "\(hostAddress)"
    return "\(host):\(hostPort)->\(container)"
  }
}
