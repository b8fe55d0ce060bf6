import Addressing

/// A rule that chooses a routing table (ip-rule(8)). Nil matches everything.
public struct RoutingRule: Sendable, Hashable {
  /// What a rule does (FR_ACT_*).
  public enum Action: UInt8, Sendable {
    case lookUp = 1
    case goTo = 2
    case nothing = 3
    case blackhole = 6
    case unreachable = 7
    case prohibit = 8
  }

  /// Rules of the two families are apart.
  public var family: IPFamily
  /// Lower numbers are asked first; nil lets the kernel choose.
  public var priority: UInt32?
  /// Where the packet comes from.
  public var source: IPCIDR?
  /// Where it goes.
  public var destination: IPCIDR?
  /// The name of the link that it came in by.
  public var incomingLink: String?
  /// The name of the link that its socket is bound to.
  public var outgoingLink: String?
  /// The packet's mark.
  public var mark: UInt32?
  /// Which bits of the mark count.
  public var markMask: UInt32?
  /// Its protocol.
  public var transport: TransportProtocol?
  /// Its source port.
  public var sourcePorts: PortRange?
  /// Its destination port.
  public var destinationPorts: PortRange?
  /// The table to look in.
  public var table: UInt32
  /// What is done with a packet that matches.
  public var action: Action
  /// Ignores routes of the table whose prefix is this long or shorter.
  public var suppressedPrefixLength: UInt32?
  /// Matches what it would not match.
  public var isInverted: Bool

  /// A rule for every packet of a family.
  public init(family: IPFamily, table: UInt32, priority: UInt32? = nil) {
    self.family = family
    self.table = table
    self.priority = priority
    action = .lookUp
    isInverted = false
  }

  private enum Key {
    static let destination = AttributeType(1, "FRA_DST")
    static let source = AttributeType(2, "FRA_SRC")
    static let incoming = AttributeType(3, "FRA_IIFNAME")
    static let priority = AttributeType(6, "FRA_PRIORITY")
    static let mark = AttributeType(10, "FRA_FWMARK")
    static let suppressedPrefixLength = AttributeType(14, "FRA_SUPPRESS_PREFIXLEN")
    static let table = AttributeType(15, "FRA_TABLE")
    static let markMask = AttributeType(16, "FRA_FWMASK")
    static let outgoing = AttributeType(17, "FRA_OIFNAME")
    static let transport = AttributeType(22, "FRA_IP_PROTO")
    static let sourcePorts = AttributeType(23, "FRA_SPORT_RANGE")
    static let destinationPorts = AttributeType(24, "FRA_DPORT_RANGE")
  }

  /// Reads an RTM_NEWRULE or RTM_DELRULE; nil for families other than IPv4 and IPv6.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    guard let family = IPFamily(number: try message.header(at: 0, UInt8.self)) else { return nil }
    self.family = family
    let destinationLength = Int(try message.header(at: 1, UInt8.self))
    let sourceLength = Int(try message.header(at: 2, UInt8.self))
    let shortTable = try message.header(at: 4, UInt8.self)
    action = Action(rawValue: try message.header(at: 7, UInt8.self)) ?? .nothing
    isInverted = try message.header(at: 8, UInt32.self) & 0x2 != 0
    let attributes = try message.attributes(after: 12)
    func cidr(_ key: AttributeType, _ length: Int) -> IPCIDR? {
      attributes[key].flatMap { IPAddress(bytes: $0.payload) }.flatMap { IPCIDR($0, prefixLength: length) }
    }
    func ports(_ key: AttributeType) -> PortRange? {
      guard let payload = attributes[key]?.payload, let first = readNumber(payload, at: 0, UInt16.self),
        let last = readNumber(payload, at: 2, UInt16.self)
      else { return nil }
      return PortRange(Port(first), Port(last))
    }
    destination = cidr(Key.destination, destinationLength)
    source = cidr(Key.source, sourceLength)
    incomingLink = attributes[Key.incoming]?.string
    outgoingLink = attributes[Key.outgoing]?.string
    priority = attributes[Key.priority]?.u32
    markMask = attributes[Key.markMask]?.u32
    // The kernel leaves a mark of zero out.
    mark = attributes[Key.mark]?.u32 ?? (markMask == nil ? nil : 0)
    table = attributes[Key.table]?.u32 ?? UInt32(shortTable)
    suppressedPrefixLength = attributes[Key.suppressedPrefixLength]?.u32.flatMap { $0 == .max ? nil : $0 }
    transport = attributes[Key.transport]?.u8.flatMap { TransportProtocol(number: $0) }
    sourcePorts = ports(Key.sourcePorts)
    destinationPorts = ports(Key.destinationPorts)
  }

  fileprivate func request(_ type: UInt16, _ flags: RequestFlags, _ verb: String) -> NetlinkRequest {
    NetlinkRequest(type, flags, purpose: "\(verb) \(family.rawValue) rule for table \(table)") {
      $0.append(family.number)
      $0.append(UInt8(destination?.prefixLength ?? 0))
      $0.append(UInt8(source?.prefixLength ?? 0))
      $0.append(UInt8(0))
      $0.append(UInt8(truncatingIfNeeded: table < 256 ? table : 0))
      $0.append([0, 0])
      $0.append(action.rawValue)
      $0.append(UInt32(isInverted ? 0x2 : 0))
      if let destination { $0.attribute(Key.destination, bytes: destination.network.address.bytes) }
      if let source { $0.attribute(Key.source, bytes: source.network.address.bytes) }
      $0.optional(Key.incoming, incomingLink)
      $0.optional(Key.outgoing, outgoingLink)
      $0.optional(Key.priority, priority)
      $0.optional(Key.mark, mark)
      $0.optional(Key.markMask, markMask)
      $0.optional(Key.transport, transport?.number)
      for (key, ports) in [(Key.sourcePorts, sourcePorts), (Key.destinationPorts, destinationPorts)] {
        guard let ports else { continue }
        $0.attribute(key) {
          $0.append(ports.first.rawValue)
          $0.append(ports.last.rawValue)
        }
      }
      $0.optional(Key.suppressedPrefixLength, suppressedPrefixLength)
      $0.attribute(Key.table, table)
    }
  }
}

extension NetlinkRequest {
  /// Adds a rule; fails with EEXIST where there is the same one.
  public static func addRule(_ rule: RoutingRule) -> NetlinkRequest {
    rule.request(RouteMessage.newRule, [.create, .exclusive, .acknowledge], "add")
  }

  /// Deletes a rule; fails with ENOENT where there is none.
  public static func deleteRule(_ rule: RoutingRule) -> NetlinkRequest {
    rule.request(RouteMessage.deleteRule, .acknowledge, "delete")
  }

  /// Asks for the rules of a family.
  public static func dumpRules(family: IPFamily) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getRule, .dump, purpose: "list rules") {
      $0.append(family.number)
      $0.append([UInt8](repeating: 0, count: 11))
    }
  }
}
