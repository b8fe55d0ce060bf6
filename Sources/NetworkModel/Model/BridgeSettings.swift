import Addressing

/// How the containers of a bridge network and the world beyond the host reach each other
/// (`com.docker.network.bridge.gateway_mode_ipv4`, `…_ipv6`).
public enum GatewayMode: String, Sendable, Hashable, Codable, CaseIterable {
  /// Ports are published on the host, what leaves gets an address of the host, and nothing else gets in.
  case nat
  /// The same, except that every port can be reached at the container's own address.
  case unprotectedNAT = "nat-unprotected"
  /// No translation: what is published can be reached at the container's own address, and nothing else gets in.
  case routed
  /// The host has no address on the bridge; for internal networks.
  case isolated

  /// Whether addresses and ports are translated.
  public var translates: Bool { self == .nat || self == .unprotectedNAT }
}

/// What a bridge network is made of.
public struct BridgeSettings: Sendable, Hashable, Codable {
  /// The link's name, at most 15 bytes.
  public var bridgeName: String
  public var mtu: Int
  /// Whether containers on the bridge reach each other (`enable_icc`).
  public var interContainer: Bool
  /// Whether packets that leave get an address of the host (`enable_ip_masquerade`).
  public var masquerade: Bool
  /// Which address that is (`com.docker.network.host_ipv4`, `…host_ipv6`); nil leaves it to the route.
  public var hostAddress4: IPv4Address?
  public var hostAddress6: IPv6Address?
  /// Where ports are published when the binding names no address (`host_binding_ipv4`); nil is everywhere.
  public var hostBinding: IPAddress?
  /// The host has no IPv4 address on the bridge, or one that somebody else manages (`inhibit_ipv4`).
  public var inhibitsIPv4 = false
  /// Links of the host from which published ports can be reached at the containers' own addresses too
  /// (`trusted_host_interfaces`).
  public var trustedLinks: [String] = []
  public var gatewayMode4 = GatewayMode.nat
  public var gatewayMode6 = GatewayMode.nat
  /// What the links of containers are called, before their number (`container_iface_prefix`).
  public var interfacePrefix = "eth"

  public init(
    bridgeName: String, mtu: Int = 1500, interContainer: Bool = true, masquerade: Bool = true,
    hostBinding: IPAddress? = nil
  ) {
    self.bridgeName = bridgeName
    self.mtu = mtu
    self.interContainer = interContainer
    self.masquerade = masquerade
    self.hostBinding = hostBinding
  }

  /// Whether the host's link gets the gateway's address.
  public func hasHostAddress(_ family: IPFamily) -> Bool {
    gatewayMode(family) != .isolated && !(family == .v4 && inhibitsIPv4)
  }

  /// The address with which packets of a family leave, where somebody chose one.
  public func hostAddress(_ family: IPFamily) -> IPAddress? {
    switch family {
    case .v4: hostAddress4.map { .v4($0) }
    case .v6: hostAddress6.map { .v6($0) }
    }
  }

  public func gatewayMode(_ family: IPFamily) -> GatewayMode { family == .v4 ? gatewayMode4 : gatewayMode6 }
}
