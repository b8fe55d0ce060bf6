import Addressing

/// One direction of a connection as the kernel tracks it.
public struct ConntrackTuple: Sendable, Hashable {
  /// Who sends.
  public let source: IPAddress
  /// Who receives.
  public let destination: IPAddress
  /// IANA's protocol number.
  public let protocolNumber: UInt8
  /// Nil for protocols without ports.
  public let sourcePort: Port?
  /// Nil for protocols without ports.
  public let destinationPort: Port?

  /// The protocol where it is one with ports.
  public var transport: TransportProtocol? { TransportProtocol(number: protocolNumber) }

  init?(_ attribute: Attribute?) throws(NetlinkError) {
    guard let outer = try attribute?.nested(), let ip = try outer[1]?.nested(), let proto = try outer[2]?.nested(),
      let source = (ip[1] ?? ip[3]).flatMap({ IPAddress(bytes: $0.payload) }),
      let destination = (ip[2] ?? ip[4]).flatMap({ IPAddress(bytes: $0.payload) }), let number = proto[1]?.u8
    else { return nil }
    self.source = source
    self.destination = destination
    protocolNumber = number
    sourcePort = proto[2]?.u16BigEndian.map { Port($0) }
    destinationPort = proto[3]?.u16BigEndian.map { Port($0) }
  }
}

/// A tracked connection (ctnetlink; linux/netfilter/nfnetlink_conntrack.h).
public struct ConntrackEntry: Sendable, Hashable {
  /// IPS_*.
  public struct Status: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let expected = Status(rawValue: 1)
    public static let seenReply = Status(rawValue: 2)
    public static let assured = Status(rawValue: 4)
    public static let confirmed = Status(rawValue: 8)
    public static let sourceTranslated = Status(rawValue: 0x10)
    public static let destinationTranslated = Status(rawValue: 0x20)
  }

  /// As the first packet looked before any translation.
  public let original: ConntrackTuple
  /// As answers look before they are translated back: its source is the server that a translated connection reached.
  public let reply: ConntrackTuple
  /// What has happened to it.
  public let status: Status
  /// Seconds until it is forgotten.
  public let timeout: UInt32
  /// The connection's mark.
  public let mark: UInt32
  /// Zones keep equal tuples apart; 0 is the usual one.
  public let zone: UInt16
  /// Tells an entry from a later one with the same tuple.
  public let identifier: UInt32
  /// The state of a TCP connection (TCP_CONNTRACK_*): 3 is established.
  public let tcpState: UInt8?
  /// Where the host counts (net.netfilter.nf_conntrack_acct).
  public let originalPackets: UInt64?
  /// Where the host counts.
  public let replyPackets: UInt64?
  /// The original tuple as the kernel wrote it: deleting gives it back whole, ICMP's fields included.
  let tuple: [UInt8]

  /// Reads an IPCTNL_MSG_CT_NEW or _DELETE; nil for what is not IP.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    let attributes = try message.attributes(after: 4)
    guard let original = try ConntrackTuple(attributes[Key.original]),
      let reply = try ConntrackTuple(attributes[Key.reply])
    else { return nil }
    self.original = original
    self.reply = reply
    tuple = attributes[Key.original]?.bytes ?? []
    status = Status(rawValue: attributes[Key.status]?.u32BigEndian ?? 0)
    timeout = attributes[Key.timeout]?.u32BigEndian ?? 0
    mark = attributes[Key.mark]?.u32BigEndian ?? 0
    zone = attributes[Key.zone]?.u16BigEndian ?? 0
    identifier = attributes[Key.identifier]?.u32BigEndian ?? 0
    tcpState = try attributes[Key.protocolInfo]?.nested()[1]?.nested()[1]?.u8
    originalPackets = try attributes[Key.originalCounters]?.nested()[1]?.u64BigEndian
    replyPackets = try attributes[Key.replyCounters]?.nested()[1]?.u64BigEndian
  }

  enum Key {
    static let original = AttributeType(1, "CTA_TUPLE_ORIG")
    static let reply = AttributeType(2, "CTA_TUPLE_REPLY")
    static let status = AttributeType(3, "CTA_STATUS")
    static let protocolInfo = AttributeType(4, "CTA_PROTOINFO")
    static let timeout = AttributeType(7, "CTA_TIMEOUT")
    static let mark = AttributeType(8, "CTA_MARK")
    static let originalCounters = AttributeType(9, "CTA_COUNTERS_ORIG")
    static let replyCounters = AttributeType(10, "CTA_COUNTERS_REPLY")
    static let identifier = AttributeType(12, "CTA_ID")
    static let zone = AttributeType(18, "CTA_ZONE")
  }
}
