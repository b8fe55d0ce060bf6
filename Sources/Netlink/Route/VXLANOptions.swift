import Addressing

/// What defines a VXLAN (RFC 7348; ip-link(8), type vxlan). Nil leaves the kernel's default.
public struct VXLANOptions: Sendable, Equatable {
  /// The network identifier, 24 bits.
  public var identifier: UInt32
  /// Where frames for unknown addresses go: a multicast group or one remote address.
  public var remote: IPAddress?
  /// The source address of the outer packets.
  public var local: IPAddress?
  /// The link that carries the outer packets.
  public var parentIndex: UInt32?
  /// The UDP destination port. The kernel's own default is 8472; IANA's is 4789.
  public var port: Port?
  /// Learns remote hosts from what they send.
  public var learning: Bool?
  /// Answers ARP from the neighbour table.
  public var proxy: Bool?
  /// Tells listeners of destinations that the forwarding table (L2) or neighbour table (L3) lacks.
  public var reportsL2Misses: Bool?
  /// Tells listeners of neighbours that the neighbour table lacks.
  public var reportsL3Misses: Bool?
  /// Of the outer packets; 0 inherits.
  public var timeToLive: UInt8?
  /// Of the outer packets; 1 inherits.
  public var typeOfService: UInt8?
  /// Seconds.
  public var ageing: UInt32?
  /// The outer UDP packets carry a checksum (IPv4).
  public var checksum: Bool?
  /// Outer packets over IPv6 go without a checksum.
  public var zeroChecksum6Transmit: Bool?
  /// Outer packets over IPv6 are taken without a checksum.
  public var zeroChecksum6Receive: Bool?

  /// A VXLAN with the kernel's defaults.
  public init(identifier: UInt32) { self.identifier = identifier }

  private enum Key {
    static let identifier = AttributeType(1, "IFLA_VXLAN_ID")
    static let group = AttributeType(2, "IFLA_VXLAN_GROUP")
    static let link = AttributeType(3, "IFLA_VXLAN_LINK")
    static let local = AttributeType(4, "IFLA_VXLAN_LOCAL")
    static let timeToLive = AttributeType(5, "IFLA_VXLAN_TTL")
    static let typeOfService = AttributeType(6, "IFLA_VXLAN_TOS")
    static let learning = AttributeType(7, "IFLA_VXLAN_LEARNING")
    static let ageing = AttributeType(8, "IFLA_VXLAN_AGEING")
    static let proxy = AttributeType(11, "IFLA_VXLAN_PROXY")
    static let l2Miss = AttributeType(13, "IFLA_VXLAN_L2MISS")
    static let l3Miss = AttributeType(14, "IFLA_VXLAN_L3MISS")
    static let port = AttributeType(15, "IFLA_VXLAN_PORT")
    static let group6 = AttributeType(16, "IFLA_VXLAN_GROUP6")
    static let local6 = AttributeType(17, "IFLA_VXLAN_LOCAL6")
    static let checksum = AttributeType(18, "IFLA_VXLAN_UDP_CSUM")
    static let zeroChecksum6Transmit = AttributeType(19, "IFLA_VXLAN_UDP_ZERO_CSUM6_TX")
    static let zeroChecksum6Receive = AttributeType(20, "IFLA_VXLAN_UDP_ZERO_CSUM6_RX")
  }

  func write(to writer: inout MessageWriter) {
    writer.attribute(Key.identifier, identifier)
    if let remote { writer.attribute(remote.family == .v4 ? Key.group : Key.group6, bytes: remote.bytes) }
    if let local { writer.attribute(local.family == .v4 ? Key.local : Key.local6, bytes: local.bytes) }
    writer.optional(Key.link, parentIndex)
    if let port { writer.attribute(Key.port, bigEndian: port.rawValue) }
    writer.optional(Key.learning, learning)
    writer.optional(Key.proxy, proxy)
    writer.optional(Key.l2Miss, reportsL2Misses)
    writer.optional(Key.l3Miss, reportsL3Misses)
    writer.optional(Key.timeToLive, timeToLive)
    writer.optional(Key.typeOfService, typeOfService)
    writer.optional(Key.ageing, ageing)
    writer.optional(Key.checksum, checksum)
    writer.optional(Key.zeroChecksum6Transmit, zeroChecksum6Transmit)
    writer.optional(Key.zeroChecksum6Receive, zeroChecksum6Receive)
  }

  init?(_ attributes: Attributes) {
    guard let identifier = attributes[Key.identifier]?.u32 else { return nil }
    self.identifier = identifier
    remote = (attributes[Key.group] ?? attributes[Key.group6]).flatMap { IPAddress(bytes: $0.payload) }
    local = (attributes[Key.local] ?? attributes[Key.local6]).flatMap { IPAddress(bytes: $0.payload) }
    parentIndex = attributes[Key.link]?.u32
    port = attributes[Key.port]?.u16BigEndian.map { Port($0) }
    learning = attributes[Key.learning]?.bool
    proxy = attributes[Key.proxy]?.bool
    reportsL2Misses = attributes[Key.l2Miss]?.bool
    reportsL3Misses = attributes[Key.l3Miss]?.bool
    timeToLive = attributes[Key.timeToLive]?.u8
    typeOfService = attributes[Key.typeOfService]?.u8
    ageing = attributes[Key.ageing]?.u32
    checksum = attributes[Key.checksum]?.bool
    zeroChecksum6Transmit = attributes[Key.zeroChecksum6Transmit]?.bool
    zeroChecksum6Receive = attributes[Key.zeroChecksum6Receive]?.bool
  }
}
