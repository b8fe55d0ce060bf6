import Addressing

/// A link as the kernel describes it.
public struct Link: Sendable, Equatable {
  /// Whether a link can carry packets (RFC 2863).
  public enum OperationalState: UInt8, Sendable {
    case unknown, notPresent, down, lowerLayerDown, testing, dormant, up
  }

  /// The kernel's number in this namespace.
  public let index: UInt32
  /// Unique in its namespace.
  public let name: String
  /// Other names by which it can be found.
  public let alternativeNames: [String]
  /// The kernel's name of its kind (`bridge`, `veth`); nil for hardware and loopback.
  public let kind: String?
  /// IFF_* (netdevice(7)).
  public let flags: UInt32
  /// Whether it can carry packets now.
  public let operationalState: OperationalState
  /// Bytes.
  public let mtu: UInt32
  /// Nil for links without a hardware address of six bytes.
  public let address: MACAddress?
  /// The bridge (or other master) that it is a port of.
  public let masterIndex: UInt32?
  /// The link below, or a veth's peer; in another namespace where `parentNamespace` is there.
  public let parentIndex: UInt32?
  /// The id by which this namespace knows the one of `parentIndex`.
  public let parentNamespace: Int32?
  /// Free text.
  public let alias: String?
  /// Links can be grouped by a number; 0 is the usual group.
  public let group: UInt32
  /// Packets.
  public let transmitQueueLength: UInt32
  /// How many users want it promiscuous.
  public let promiscuity: UInt32
  /// Its counters.
  public let statistics: LinkStatistics?
  /// What kind of port it is (`bridge`), where it has a master.
  public let portKind: String?
  /// For a bridge.
  public let bridge: BridgeOptions?
  /// For a bridge's port.
  public let bridgePort: BridgePortOptions?
  /// For a VXLAN.
  public let vxlan: VXLANOptions?
  /// For a macvlan.
  public let macvlanMode: MacvlanMode?
  /// Nil where IPv6 is off.
  public let ipv6AddressGeneration: IPv6AddressGeneration?

  /// It is set to be up; see `isRunning`.
  public var isUp: Bool { flags & 0x1 != 0 }
  /// It is `lo`.
  public var isLoopback: Bool { flags & 0x8 != 0 }
  /// It has a carrier: a veth's peer is up, a cable is in.
  public var isRunning: Bool { flags & 0x40 != 0 }

  /// Reads an RTM_NEWLINK or RTM_DELLINK.
  public init(_ message: NetlinkMessage) throws(NetlinkError) {
    index = try message.header(at: 4, UInt32.self)
    flags = try message.header(at: 8, UInt32.self)
    let attributes = try message.attributes(after: 16)
    name = attributes[LinkAttribute.name]?.string ?? ""
    mtu = attributes[LinkAttribute.mtu]?.u32 ?? 0
    address = attributes[LinkAttribute.address].flatMap { MACAddress(bytes: $0.payload) }
    masterIndex = attributes[LinkAttribute.master]?.u32
    parentIndex = attributes[LinkAttribute.link]?.u32
    parentNamespace = attributes[LinkAttribute.linkNamespace]?.i32
    alias = attributes[LinkAttribute.alias]?.string
    group = attributes[LinkAttribute.group]?.u32 ?? 0
    transmitQueueLength = attributes[LinkAttribute.transmitQueueLength]?.u32 ?? 0
    promiscuity = attributes[LinkAttribute.promiscuity]?.u32 ?? 0
    operationalState = attributes[LinkAttribute.operationalState]?.u8.flatMap { .init(rawValue: $0) } ?? .unknown
    statistics = attributes[LinkAttribute.statistics].flatMap { LinkStatistics($0.payload) }
    alternativeNames =
      try attributes[LinkAttribute.properties]?.nested()
      .filter { $0.type == LinkAttribute.alternativeName.rawValue }.map(\.string) ?? []

    let info = try attributes[LinkAttribute.linkInfo]?.nested()
    let kind = info?[LinkAttribute.Info.kind]?.string
    let portKind = info?[LinkAttribute.Info.portKind]?.string
    let data = try info?[LinkAttribute.Info.data]?.nested()
    let portData = try info?[LinkAttribute.Info.portData]?.nested()
    self.kind = kind
    self.portKind = portKind
    bridge = kind == "bridge" ? data.map { BridgeOptions($0) } : nil
    vxlan = kind == "vxlan" ? data.flatMap { VXLANOptions($0) } : nil
    macvlanMode = kind == "macvlan" ? MacvlanMode(kernel: data?[1]?.u32) : nil
    bridgePort = portKind == "bridge" ? portData.map { BridgePortOptions($0) } : nil
    let inet6 = try attributes[LinkAttribute.familySpecific]?.nested()[.init(10, "AF_INET6")]?.nested()
    ipv6AddressGeneration = inet6?[LinkAttribute.addressGeneration]?.u8.flatMap { .init(rawValue: $0) }
  }
}
