/// What can be set on a bridge (ip-link(8), type bridge). Nil leaves the kernel's value alone.
public struct BridgeOptions: Sendable, Equatable {
  /// Hundredths of a second that a port listens, then learns, before it forwards (with STP).
  public var forwardDelay: UInt32?
  /// Hundredths of a second between STP's hellos.
  public var helloTime: UInt32?
  /// Hundredths of a second after which STP's knowledge is old.
  public var maximumAge: UInt32?
  /// Hundredths of a second after which a learnt address is forgotten; 0 learns nothing (floods).
  public var ageingTime: UInt32?
  /// Spanning tree: 0 off, 1 in the kernel, 2 by a daemon.
  public var spanningTree: UInt32?
  /// The bridge's rank in the spanning tree; lower wins.
  public var priority: UInt16?
  /// Ports keep VLANs apart.
  public var vlanFiltering: Bool?
  /// The VLAN of frames without a tag.
  public var defaultVLAN: UInt16?
  /// Which of 01:80:c2:00:00:0X are forwarded, a bit each.
  public var groupForwardMask: UInt16?
  /// Sends multicast only to ports that asked for it.
  public var multicastSnooping: Bool?
  /// Asks who wants multicast.
  public var multicastQuerier: Bool?
  /// 0 never, 1 where a router was seen, 2 always.
  public var multicastRouter: UInt8?
  /// How many groups are remembered.
  public var multicastHashMaximum: UInt32?
  /// Whether bridged packets pass iptables' hooks.
  public var callsIptables: Bool?
  /// Whether bridged packets pass ip6tables' hooks.
  public var callsIp6tables: Bool?
  /// Whether bridged packets pass arptables' hooks.
  public var callsArptables: Bool?

  /// Nothing set.
  public init() {}

  private enum Key {
    static let forwardDelay = AttributeType(1, "IFLA_BR_FORWARD_DELAY")
    static let helloTime = AttributeType(2, "IFLA_BR_HELLO_TIME")
    static let maximumAge = AttributeType(3, "IFLA_BR_MAX_AGE")
    static let ageingTime = AttributeType(4, "IFLA_BR_AGEING_TIME")
    static let spanningTree = AttributeType(5, "IFLA_BR_STP_STATE")
    static let priority = AttributeType(6, "IFLA_BR_PRIORITY")
    static let vlanFiltering = AttributeType(7, "IFLA_BR_VLAN_FILTERING")
    static let groupForwardMask = AttributeType(9, "IFLA_BR_GROUP_FWD_MASK")
    static let multicastRouter = AttributeType(22, "IFLA_BR_MCAST_ROUTER")
    static let multicastSnooping = AttributeType(23, "IFLA_BR_MCAST_SNOOPING")
    static let multicastQuerier = AttributeType(25, "IFLA_BR_MCAST_QUERIER")
    static let multicastHashMaximum = AttributeType(27, "IFLA_BR_MCAST_HASH_MAX")
    static let callsIptables = AttributeType(36, "IFLA_BR_NF_CALL_IPTABLES")
    static let callsIp6tables = AttributeType(37, "IFLA_BR_NF_CALL_IP6TABLES")
    static let callsArptables = AttributeType(38, "IFLA_BR_NF_CALL_ARPTABLES")
    static let defaultVLAN = AttributeType(39, "IFLA_BR_VLAN_DEFAULT_PVID")
  }

  func write(to writer: inout MessageWriter) {
    writer.optional(Key.forwardDelay, forwardDelay)
    writer.optional(Key.helloTime, helloTime)
    writer.optional(Key.maximumAge, maximumAge)
    writer.optional(Key.ageingTime, ageingTime)
    writer.optional(Key.spanningTree, spanningTree)
    writer.optional(Key.priority, priority)
    writer.optional(Key.vlanFiltering, vlanFiltering)
    writer.optional(Key.defaultVLAN, defaultVLAN)
    writer.optional(Key.groupForwardMask, groupForwardMask)
    writer.optional(Key.multicastSnooping, multicastSnooping)
    writer.optional(Key.multicastQuerier, multicastQuerier)
    writer.optional(Key.multicastRouter, multicastRouter)
    writer.optional(Key.multicastHashMaximum, multicastHashMaximum)
    writer.optional(Key.callsIptables, callsIptables)
    writer.optional(Key.callsIp6tables, callsIp6tables)
    writer.optional(Key.callsArptables, callsArptables)
  }

  init(_ attributes: Attributes) {
    forwardDelay = attributes[Key.forwardDelay]?.u32
    helloTime = attributes[Key.helloTime]?.u32
    maximumAge = attributes[Key.maximumAge]?.u32
    ageingTime = attributes[Key.ageingTime]?.u32
    spanningTree = attributes[Key.spanningTree]?.u32
    priority = attributes[Key.priority]?.u16
    vlanFiltering = attributes[Key.vlanFiltering]?.bool
    defaultVLAN = attributes[Key.defaultVLAN]?.u16
    groupForwardMask = attributes[Key.groupForwardMask]?.u16
    multicastSnooping = attributes[Key.multicastSnooping]?.bool
    multicastQuerier = attributes[Key.multicastQuerier]?.bool
    multicastRouter = attributes[Key.multicastRouter]?.u8
    multicastHashMaximum = attributes[Key.multicastHashMaximum]?.u32
    callsIptables = attributes[Key.callsIptables]?.bool
    callsIp6tables = attributes[Key.callsIp6tables]?.bool
    callsArptables = attributes[Key.callsArptables]?.bool
  }
}
