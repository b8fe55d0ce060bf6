import Addressing

/// Which connections are meant. Every field that is set must match; one that sets nothing matches nothing, because
/// "all connections" is never meant here.
public struct ConntrackFilter: Sendable, Hashable {
  public var transport: TransportProtocol?
  public var originalSource: IPAddress?
  public var originalDestination: IPAddress?
  public var originalSourcePort: Port?
  public var originalDestinationPort: Port?
  /// The server that a translated connection reached.
  public var replySource: IPAddress?
  public var replyDestination: IPAddress?
  public var replySourcePort: Port?
  public var replyDestinationPort: Port?
  public var zone: UInt16?
  public var mark: UInt32?

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

  public var isEmpty: Bool { self == ConntrackFilter() }

  public func matches(_ entry: ConntrackEntry) -> Bool {
    func same<T: Equatable>(_ wanted: T?, _ value: T?) -> Bool { wanted == nil || wanted == value }
    return !isEmpty && same(transport?.number, entry.original.protocolNumber)
      && same(originalSource, entry.original.source) && same(originalDestination, entry.original.destination)
      && same(originalSourcePort, entry.original.sourcePort)
      && same(originalDestinationPort, entry.original.destinationPort)
      && same(replySource, entry.reply.source) && same(replyDestination, entry.reply.destination)
      && same(replySourcePort, entry.reply.sourcePort) && same(replyDestinationPort, entry.reply.destinationPort)
      && same(zone, entry.zone) && same(mark, entry.mark)
  }
}
