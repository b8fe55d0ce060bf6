import Addressing

/// One subnet of a network with what is set aside in it.
public struct SubnetRecord: Sendable, Hashable, Codable {
  public var subnet: IPCIDR
  /// Where addresses are given out; nil means all of the subnet.
  public var range: IPCIDR?
  public var gateway: IPAddress
  /// Addresses that are never given out, by name.
  public var auxiliary: [String: IPAddress]
  /// Whether a person chose the subnet: only then may containers ask for addresses of their own.
  public var isChosen: Bool
  /// Whether a person chose the gateway of a subnet of theirs; otherwise it is not part of what they asked for.
  public var hasChosenGateway: Bool
  /// Where an IPAM plugin gave the subnet: the plugin's name for it, and for the space that it is from.
  public var poolID: String?
  public var addressSpace: String?
  /// Whether the gateway's address was asked of that plugin, and must be given back to it.
  public var takesGateway: Bool?
  /// Nobody answers to the gateway's address: the driver wants none.
  public var hasNoGateway: Bool?

  public init(
    subnet: IPCIDR, range: IPCIDR? = nil, gateway: IPAddress, auxiliary: [String: IPAddress] = [:],
    isChosen: Bool = false, hasChosenGateway: Bool = false
  ) {
    self.subnet = subnet
    self.range = range
    self.gateway = gateway
    self.auxiliary = auxiliary
    self.isChosen = isChosen
    self.hasChosenGateway = hasChosenGateway
  }
}

/// Which driver makes a network.
public struct DriverName: RawRepresentable, Sendable, Hashable, Codable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public static let bridge = DriverName(rawValue: "bridge")
  public static let host = DriverName(rawValue: "host")
  /// No link but loopback; docker's network of this driver is named `none`.
  public static let null = DriverName(rawValue: "null")
  public static let macvlan = DriverName(rawValue: "macvlan")
  public static let overlay = DriverName(rawValue: "overlay")
}

/// Who gives out a network's addresses (`--ipam-driver`, `--ipam-opt`).
public struct IPAMChoice: Sendable, Hashable, Codable {
  /// `default`, `null`, or a plugin's name.
  public var driver: String
  public var options: [String: String]
  public init(driver: String = "default", options: [String: String] = [:]) {
    self.driver = driver
    self.options = options
  }
}

/// A network: a set of endpoints that can reach each other.
public struct NetworkRecord: Sendable, Hashable, Codable {
  /// 64 hexadecimal digits.
  public var id: String
  public var name: String
  public var driver: DriverName
  /// When it was made, in nanoseconds since 1970.
  public var created: Int64
  public var hasIPv4: Bool
  public var subnets: [SubnetRecord]
  public var bridge: BridgeSettings?
  public var macvlan: MacvlanSettings?
  /// What a plugin's network is made of.
  public var remote: RemoteSettings?
  public var overlay: OverlaySettings?
  /// Endpoints reach each other and nobody else.
  public var isInternal: Bool
  /// Whether containers may join it by themselves where a cluster manages it.
  public var isAttachable = false
  /// Only a configuration that other networks take over (`--config-only`).
  public var isConfigurationOnly = false
  /// The name of the network whose configuration this one took over; empty for none.
  public var configuredFrom = ""
  public var ipam = IPAMChoice()
  /// Options as they were given, by docker's names.
  public var options: [String: String] = [:]
  public var labels: [String: String]

  public init(
    id: String, name: String, driver: DriverName, created: Int64, subnets: [SubnetRecord] = [],
    bridge: BridgeSettings? = nil, macvlan: MacvlanSettings? = nil, isInternal: Bool = false,
    labels: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.driver = driver
    self.created = created
    hasIPv4 = true
    self.subnets = subnets
    self.bridge = bridge
    self.macvlan = macvlan
    self.isInternal = isInternal
    self.labels = labels
  }

  /// The first subnet of a family.
  public func subnet(_ family: IPFamily) -> SubnetRecord? { subnets.first { $0.subnet.family == family } }

  /// Whether endpoints have a gateway of the family: somebody who answers to that address.
  public func givesGateway(_ family: IPFamily) -> Bool {
    // A plugin tells each endpoint's gateway itself. An overlay network leads to other hosts' containers; the way out is
    // the gateway network's.
    if isInternal || macvlan?.ownsParent == true || remote != nil || overlay != nil { return false }
    return bridge?.hasHostAddress(family) ?? true
  }

  /// The networks that every engine has: no request makes or removes one.
  public var isPredefined: Bool { ["bridge", "host", "none"].contains(name) }
}
