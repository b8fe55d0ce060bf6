/// A container's endpoint on a network: moby's `network.EndpointSettings`.
public struct EndpointSettings: JSONObject, Hashable {
  public static let goType = "network.EndpointSettings"

  public var ipamConfig: EndpointIPAMConfig?
  public var links: [String]?
  public var aliases: [String]?
  public var macAddress = ""
  public var driverOpts: [String: String]?
  /// The endpoint with the highest priority provides the default route.
  public var gwPriority = 0
  public var networkID = ""
  public var endpointID = ""
  public var gateway = ""
  public var ipAddress = ""
  public var ipPrefixLen = 0
  public var ipv6Gateway = ""
  public var globalIPv6Address = ""
  public var globalIPv6PrefixLen = 0
  public var dnsNames: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("IPAMConfig", &ipamConfig)
    visit("Links", &links)
    visit("Aliases", &aliases)
    visit("MacAddress", &macAddress)
    visit("DriverOpts", &driverOpts)
    visit("GwPriority", &gwPriority)
    visit("NetworkID", &networkID)
    visit("EndpointID", &endpointID)
    visit("Gateway", &gateway)
    visit("IPAddress", &ipAddress)
    visit("IPPrefixLen", &ipPrefixLen)
    visit("IPv6Gateway", &ipv6Gateway)
    visit("GlobalIPv6Address", &globalIPv6Address)
    visit("GlobalIPv6PrefixLen", &globalIPv6PrefixLen)
    visit("DNSNames", &dnsNames)
  }
}

/// Addresses that a user asks for.
public struct EndpointIPAMConfig: JSONObject, Hashable {
  public static let goType = "network.EndpointIPAMConfig"

  public var ipv4Address = ""
  public var ipv6Address = ""
  public var linkLocalIPs: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("IPv4Address", &ipv4Address, .omitEmpty)
    visit("IPv6Address", &ipv6Address, .omitEmpty)
    visit("LinkLocalIPs", &linkLocalIPs, .omitEmpty)
  }
}

/// Endpoint settings by network, in a create request.
public struct NetworkingConfig: JSONObject, Hashable {
  public static let goType = "network.NetworkingConfig"

  public var endpointsConfig: [String: EndpointSettings?]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("EndpointsConfig", &endpointsConfig)
  }
}
