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

  public init(
    subnet: IPCIDR, range: IPCIDR? = nil, gateway: IPAddress, auxiliary: [String: IPAddress] = [:],
    isChosen: Bool = false
  ) {
    self.subnet = subnet
    self.range = range
    self.gateway = gateway
    self.auxiliary = auxiliary
    self.isChosen = isChosen
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
  /// Where ports are published when the binding names no address (`host_binding_ipv4`); nil is everywhere.
  public var hostBinding: IPAddress?

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
}

/// A network: a set of endpoints that can reach each other.
public struct NetworkRecord: Sendable, Hashable, Codable {
  /// 64 hexadecimal digits.
  public var id: String
  public var name: String
  public var driver: DriverName
  /// When it was made, in nanoseconds since 1970.
  public var created: Int64
  public var subnets: [SubnetRecord]
  public var bridge: BridgeSettings?
  public var isInternal: Bool
  public var labels: [String: String]

  public init(
    id: String, name: String, driver: DriverName, created: Int64, subnets: [SubnetRecord] = [],
    bridge: BridgeSettings? = nil, isInternal: Bool = false, labels: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.driver = driver
    self.created = created
    self.subnets = subnets
    self.bridge = bridge
    self.isInternal = isInternal
    self.labels = labels
  }

  /// The first subnet of a family.
  public func subnet(_ family: IPFamily) -> SubnetRecord? { subnets.first { $0.subnet.family == family } }
}
