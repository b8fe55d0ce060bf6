import Addressing

/// What a container asks for when it joins a network.
public struct EndpointOptions: Sendable, Hashable {
  /// The name under which messages speak of the endpoint: the container's.
  public var name: String
  public var address: IPv4Address?
  public var address6: IPv6Address?
  /// The sandbox wants no IPv6 on this link, whatever the network has.
  public var leavesIPv6Out = false
  public var mac: MACAddress?
  public var ports: [PortBinding]
  /// Further addresses of the link that nobody gives out (`--link-local-ip`).
  public var linkLocal: [IPAddress] = []
  /// The endpoint with the highest priority gives its sandbox the default route.
  public var gatewayPriority = 0
  /// Settings of the kernel for the link (`com.docker.network.endpoint.sysctls`).
  public var settings: [LinkSetting] = []
  /// What the link is to be called (`com.docker.network.endpoint.ifname`).
  public var interface: String?
  /// What the container offers, published or not; for plugins.
  public var exposed: [TransportPort] = []
  /// Options that only a plugin can understand.
  public var driverOptions: [String: String] = [:]
  /// The names by which others find the endpoint, for networks that span hosts.
  public var names: [String] = []
  /// The engine's own endpoint, which gives a sandbox on overlay networks its way out.
  public var isGateway = false

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

/// A setting under /proc/sys/net for one link, whose name stands as `IFNAME` in the path.
public struct LinkSetting: Sendable, Hashable, Codable {
  /// Relative to /proc/sys/net, with slashes.
  public var path: String
  public var value: String

  /// Reads `net.ipv4.conf.IFNAME.log_martians=1`; nil for what is not about a link.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let words = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard words.count == 5, words[0] == "net", ["ipv4", "ipv6", "mpls"].contains(words[1]),
      ["conf", "neigh"].contains(words[2]), words[3].uppercased() == "IFNAME",
      !words[4].isEmpty,
      words[4].utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    else { return nil }
    // The docker command makes small letters of the placeholder.
    path = "\(words[1])/\(words[2])/IFNAME/\(words[4])"
    value = String(parts[1])
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
  /// The link on the host; empty where there is none (macvlan, networks without links).
  public var hostInterface: String
  public var mac: MACAddress?
  public var address: IPv4CIDR?
  public var address6: IPv6CIDR?
  public var gateway: IPv4Address?
  public var gateway6: IPv6Address?
  public var mtu: Int
  public var ports: [PublishedPort]
  public var linkLocal: [IPAddress] = []
  public var gatewayPriority = 0
  public var settings: [LinkSetting] = []
  /// Ports that can be reached at the endpoint's own address, on networks that route (`GatewayMode.routed`).
  public var openPorts: [TransportPort] = []
  /// What a plugin made of it; nil on networks of our own drivers.
  public var remote: RemoteEndpoint?
  /// The names by which others find the endpoint, on networks that span hosts.
  public var names: [String] = []
  /// The engine's own endpoint, which gives a sandbox on overlay networks its way out; no container knows of it.
  public var isGateway = false

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
