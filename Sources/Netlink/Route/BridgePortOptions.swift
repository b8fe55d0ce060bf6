/// What can be set on a port of a bridge (ip-link(8), bridge_slave). Nil leaves the kernel's value alone.
public struct BridgePortOptions: Sendable, Equatable {
  /// STP's state: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking.
  public var state: UInt8?
  /// The port's rank in the spanning tree.
  public var priority: UInt16?
  /// The port's cost in the spanning tree.
  public var cost: UInt32?
  /// Sends a frame back out of the port it came in by.
  public var hairpin: Bool?
  /// Shuts the port when the spanning tree's packets come in by it.
  public var guardsBPDU: Bool?
  /// The root of the spanning tree cannot be behind this port.
  public var blocksRoot: Bool?
  /// Stops multicast at once when the station leaves the group.
  public var fastLeave: Bool?
  /// Learns addresses from what comes in.
  public var learning: Bool?
  /// Sends frames for unknown addresses here, too.
  public var unicastFlood: Bool?
  /// Sends unknown multicast here, too.
  public var multicastFlood: Bool?
  /// Sends broadcasts here, too.
  public var broadcastFlood: Bool?
  /// Sends multicast to each station by itself.
  public var multicastToUnicast: Bool?
  /// 0 never, 1 where a router was seen, 2 always.
  public var multicastRouter: UInt8?
  /// Answers ARP for stations behind other ports.
  public var proxyARP: Bool?
  /// Answers ARP and neighbour discovery from the bridge's own tables instead of flooding.
  public var suppressesNeighbours: Bool?
  /// Talks only to ports that are not isolated.
  public var isolated: Bool?
  /// Takes no frames from addresses that are not in the forwarding table.
  public var locked: Bool?

  /// Nothing set.
  public init() {}

  private enum Key {
    static let state = AttributeType(1, "IFLA_BRPORT_STATE")
    static let priority = AttributeType(2, "IFLA_BRPORT_PRIORITY")
    static let cost = AttributeType(3, "IFLA_BRPORT_COST")
    static let hairpin = AttributeType(4, "IFLA_BRPORT_MODE")
    static let guardsBPDU = AttributeType(5, "IFLA_BRPORT_GUARD")
    static let blocksRoot = AttributeType(6, "IFLA_BRPORT_PROTECT")
    static let fastLeave = AttributeType(7, "IFLA_BRPORT_FAST_LEAVE")
    static let learning = AttributeType(8, "IFLA_BRPORT_LEARNING")
    static let unicastFlood = AttributeType(9, "IFLA_BRPORT_UNICAST_FLOOD")
    static let proxyARP = AttributeType(10, "IFLA_BRPORT_PROXYARP")
    static let multicastRouter = AttributeType(25, "IFLA_BRPORT_MULTICAST_ROUTER")
    static let multicastFlood = AttributeType(27, "IFLA_BRPORT_MCAST_FLOOD")
    static let multicastToUnicast = AttributeType(28, "IFLA_BRPORT_MCAST_TO_UCAST")
    static let broadcastFlood = AttributeType(30, "IFLA_BRPORT_BCAST_FLOOD")
    static let suppressesNeighbours = AttributeType(32, "IFLA_BRPORT_NEIGH_SUPPRESS")
    static let isolated = AttributeType(33, "IFLA_BRPORT_ISOLATED")
    static let locked = AttributeType(39, "IFLA_BRPORT_LOCKED")
  }

  func write(to writer: inout MessageWriter) {
    writer.optional(Key.state, state)
    writer.optional(Key.priority, priority)
    writer.optional(Key.cost, cost)
    writer.optional(Key.hairpin, hairpin)
    writer.optional(Key.guardsBPDU, guardsBPDU)
    writer.optional(Key.blocksRoot, blocksRoot)
    writer.optional(Key.fastLeave, fastLeave)
    writer.optional(Key.learning, learning)
    writer.optional(Key.unicastFlood, unicastFlood)
    writer.optional(Key.multicastFlood, multicastFlood)
    writer.optional(Key.broadcastFlood, broadcastFlood)
    writer.optional(Key.multicastToUnicast, multicastToUnicast)
    writer.optional(Key.multicastRouter, multicastRouter)
    writer.optional(Key.proxyARP, proxyARP)
    writer.optional(Key.suppressesNeighbours, suppressesNeighbours)
    writer.optional(Key.isolated, isolated)
    writer.optional(Key.locked, locked)
  }

  init(_ attributes: Attributes) {
    state = attributes[Key.state]?.u8
    priority = attributes[Key.priority]?.u16
    cost = attributes[Key.cost]?.u32
    hairpin = attributes[Key.hairpin]?.bool
    guardsBPDU = attributes[Key.guardsBPDU]?.bool
    blocksRoot = attributes[Key.blocksRoot]?.bool
    fastLeave = attributes[Key.fastLeave]?.bool
    learning = attributes[Key.learning]?.bool
    unicastFlood = attributes[Key.unicastFlood]?.bool
    multicastFlood = attributes[Key.multicastFlood]?.bool
    broadcastFlood = attributes[Key.broadcastFlood]?.bool
    multicastToUnicast = attributes[Key.multicastToUnicast]?.bool
    multicastRouter = attributes[Key.multicastRouter]?.u8
    proxyARP = attributes[Key.proxyARP]?.bool
    suppressesNeighbours = attributes[Key.suppressesNeighbours]?.bool
    isolated = attributes[Key.isolated]?.bool
    locked = attributes[Key.locked]?.bool
  }
}
