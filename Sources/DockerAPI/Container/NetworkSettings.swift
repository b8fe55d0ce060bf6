/// A container's place on its networks: moby's `container.NetworkSettings`. The address fields outside of
/// ``networks`` repeat those of the default bridge.
public struct NetworkSettings: JSONObject, Hashable {
  public static let goType = "container.NetworkSettings"

  public var bridge = ""
  public var sandboxID = ""
  public var sandboxKey = ""
  public var ports: PortMap = [:]
  public var hairpinMode = false
  public var linkLocalIPv6Address = ""
  public var linkLocalIPv6PrefixLen = 0
  public var secondaryIPAddresses: [NetworkAddress]?
  public var secondaryIPv6Addresses: [NetworkAddress]?
  public var endpointID = ""
  public var gateway = ""
  public var globalIPv6Address = ""
  public var globalIPv6PrefixLen = 0
  public var ipAddress = ""
  public var ipPrefixLen = 0
  public var ipv6Gateway = ""
  public var macAddress = ""
  /// Endpoints by the name of their network.
  public var networks: [String: EndpointSettings] = [:]

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Bridge", &bridge)
    visit("SandboxID", &sandboxID)
    visit("SandboxKey", &sandboxKey)
    visit("Ports", &ports)
    visit("HairpinMode", &hairpinMode)
    visit("LinkLocalIPv6Address", &linkLocalIPv6Address)
    visit("LinkLocalIPv6PrefixLen", &linkLocalIPv6PrefixLen)
    visit("SecondaryIPAddresses", &secondaryIPAddresses)
    visit("SecondaryIPv6Addresses", &secondaryIPv6Addresses)
    visit("EndpointID", &endpointID)
    visit("Gateway", &gateway)
    visit("GlobalIPv6Address", &globalIPv6Address)
    visit("GlobalIPv6PrefixLen", &globalIPv6PrefixLen)
    visit("IPAddress", &ipAddress)
    visit("IPPrefixLen", &ipPrefixLen)
    visit("IPv6Gateway", &ipv6Gateway)
    visit("MacAddress", &macAddress)
    visit("Networks", &networks)
  }
}

/// An address with its prefix length.
public struct NetworkAddress: JSONObject, Hashable {
  public static let goType = "network.Address"

  public var addr = ""
  public var prefixLen = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Addr", &addr)
    visit("PrefixLen", &prefixLen)
  }
}
