/// A network, in `GET /networks` and `GET /networks/{id}`: moby's `network.Inspect`.
public struct NetworkInspect: JSONObject, Hashable {
  public static let goType = "network.Inspect"

  public var name = ""
  public var id = ""
  public var created = Timestamp()
  public var scope = ""
  public var driver = ""
  public var enableIPv4 = false
  public var enableIPv6 = false
  public var ipam = NetworkIPAM()
  public var isInternal = false
  public var attachable = false
  public var ingress = false
  public var configFrom = ConfigReference()
  public var configOnly = false
  /// Endpoints by container identifier; empty in a list.
  public var containers: [String: EndpointResource] = [:]
  public var options: [String: String]?
  public var labels: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name)
    visit("Id", &id)
    visit("Created", &created)
    visit("Scope", &scope)
    visit("Driver", &driver)
    visit("EnableIPv4", &enableIPv4)
    visit("EnableIPv6", &enableIPv6)
    visit("IPAM", &ipam)
    visit("Internal", &isInternal)
    visit("Attachable", &attachable)
    visit("Ingress", &ingress)
    visit("ConfigFrom", &configFrom)
    visit("ConfigOnly", &configOnly)
    visit("Containers", &containers)
    visit("Options", &options)
    visit("Labels", &labels)
  }
}

/// How a network manages its addresses.
public struct NetworkIPAM: JSONObject, Hashable {
  public static let goType = "network.IPAM"

  public var driver = ""
  public var options: [String: String]?
  public var config: [IPAMPool]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Driver", &driver)
    visit("Options", &options)
    visit("Config", &config)
  }
}

/// One pool of addresses: moby's `network.IPAMConfig`.
public struct IPAMPool: JSONObject, Hashable {
  public static let goType = "network.IPAMConfig"

  public var subnet = ""
  public var ipRange = ""
  public var gateway = ""
  public var auxiliaryAddresses: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Subnet", &subnet, .omitEmpty)
    visit("IPRange", &ipRange, .omitEmpty)
    visit("Gateway", &gateway, .omitEmpty)
    visit("AuxiliaryAddresses", &auxiliaryAddresses, .omitEmpty)
  }
}

/// The network from which another takes its configuration.
public struct ConfigReference: JSONObject, Hashable {
  public static let goType = "network.ConfigReference"

  public var network = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Network", &network)
  }
}

/// A container's endpoint as a network shows it; addresses with their prefix length.
public struct EndpointResource: JSONObject, Hashable {
  public static let goType = "network.EndpointResource"

  public var name = ""
  public var endpointID = ""
  public var macAddress = ""
  public var ipv4Address = ""
  public var ipv6Address = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name)
    visit("EndpointID", &endpointID)
    visit("MacAddress", &macAddress)
    visit("IPv4Address", &ipv4Address)
    visit("IPv6Address", &ipv6Address)
  }
}
