import Addressing

/// Which connections are meant. Every field that is set must match; one that sets nothing matches nothing, because
/// "all connections" is never meant here.
public struct ConntrackFilter: Sendable, Hashable {
  /// The protocol.
  public var transport: TransportProtocol?
  /// The client.
  public var originalSource: IPAddress?
  /// The address that the client asked for.
  public var originalDestination: IPAddress?
  /// The client's port.
  public var originalSourcePort: Port?
  /// The port that the client asked for.
  public var originalDestinationPort: Port?
  /// The server that a translated connection reached.
  public var replySource: IPAddress?
  /// Whom the server answers.
  public var replyDestination: IPAddress?
  /// The server's own port.
  public var replySourcePort: Port?
  /// The port that the server answers to.
  public var replyDestinationPort: Port?
  /// Whether the destination was translated.
  public var isDestinationTranslated: Bool?
  /// Whether anybody has answered yet.
  public var hasReply: Bool?
  /// The zone.
  public var zone: UInt16?
  /// The whole mark.
  public var mark: UInt32?

  /// A filter for a protocol, or one that sets nothing yet.
  public init(transport: TransportProtocol? = nil) { self.transport = transport }

  /// Connections that an address takes part in, at either end, before or after translation.
  public static func involving(_ address: IPAddress) -> [ConntrackFilter] {
    let fields: [WritableKeyPath<ConntrackFilter, IPAddress?>] = [
      \.originalSource, \.originalDestination, \.replySource, \.replyDestination,
    ]
    return fields.map { field in
      var filter = ConntrackFilter()
      filter[keyPath: field] = address
      return filter
    }
  }

  /// True when nothing is set.
  public var isEmpty: Bool { self == ConntrackFilter() }

  /// True when every field that is set agrees.
  public func matches(_ entry: ConntrackEntry) -> Bool {
    func same<T: Equatable>(_ wanted: T?, _ value: T?) -> Bool { wanted == nil || wanted == value }
    return !isEmpty && same(transport?.number, entry.original.protocolNumber)
      && same(originalSource, entry.original.source) && same(originalDestination, entry.original.destination)
      && same(originalSourcePort, entry.original.sourcePort)
      && same(originalDestinationPort, entry.original.destinationPort)
      && same(replySource, entry.reply.source) && same(replyDestination, entry.reply.destination)
      && same(replySourcePort, entry.reply.sourcePort) && same(replyDestinationPort, entry.reply.destinationPort)
      && same(isDestinationTranslated, entry.status.contains(.destinationTranslated))
      && same(hasReply, entry.status.contains(.seenReply))
      && same(zone, entry.zone) && same(mark, entry.mark)
  }
}
