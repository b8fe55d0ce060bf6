import Addressing

/// What a container asks for when it joins a network.
public struct EndpointOptions: Sendable, Hashable {
  /// The name under which messages speak of the endpoint: the container's.
  public var name: String
  public var address: IPv4Address?
  public var address6: IPv6Address?
  public var mac: MACAddress?
  public var ports: [PortBinding]

  public init(
    name: String, address: IPv4Address? = nil, address6: IPv6Address? = nil, mac: MACAddress? = nil,
    ports: [PortBinding] = []
  ) {
    self.name = name
    self.address = address
    self.address6 = address6
    self.mac = mac
    self.ports = ports
  }
}

/// An endpoint: one sandbox's place on one network. It lives exactly as long as what the kernel holds for it.
public struct EndpointRecord: Sendable, Hashable, Codable {
  /// 64 hexadecimal digits.
  public var id: String
  public var name: String
  public var networkID: String
  public var sandboxID: String
  /// The link in the sandbox (`eth0`); empty on networks without links.
  public var interface: String
  /// The link on the host; empty on networks without links.
  public var hostInterface: String
  public var mac: MACAddress?
  public var address: IPv4CIDR?
  public var address6: IPv6CIDR?
  public var gateway: IPv4Address?
  public var gateway6: IPv6Address?
  public var mtu: Int
  public var ports: [PublishedPort]

  public init(
    id: String, name: String, networkID: String, sandboxID: String, interface: String = "", hostInterface: String = "",
    mac: MACAddress? = nil, address: IPv4CIDR? = nil, address6: IPv6CIDR? = nil, gateway: IPv4Address? = nil,
    gateway6: IPv6Address? = nil, mtu: Int = 0, ports: [PublishedPort] = []
  ) {
    self.id = id
    self.name = name
    self.networkID = networkID
    self.sandboxID = sandboxID
    self.interface = interface
    self.hostInterface = hostInterface
    self.mac = mac
    self.address = address
    self.address6 = address6
    self.gateway = gateway
    self.gateway6 = gateway6
    self.mtu = mtu
    self.ports = ports
  }
}
