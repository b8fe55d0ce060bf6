import Addressing

/// A packet that exists only as a value: what rules can see of it.
public struct VirtualPacket: Sendable, Hashable, CustomStringConvertible {
  public var source: IPAddress
  public var destination: IPAddress
  public var transport: TransportProtocol
  public var sourcePort: Port
  public var destinationPort: Port
  /// Whether it belongs to a connection that is known already.
  public var isReply = false
  /// What happened to the connection's addresses so far.
  public var isDestinationTranslated = false
  public var isMasqueraded = false

  public init(
    _ transport: TransportProtocol, from source: IPAddress, _ sourcePort: Port = 40000, to destination: IPAddress,
    _ destinationPort: Port
  ) {
    self.transport = transport
    self.source = source
    self.sourcePort = sourcePort
    self.destination = destination
    self.destinationPort = destinationPort
  }

  public var description: String {
    "\(transport) \(source) \(sourcePort) -> \(destination) \(destinationPort)"
  }

  /// The bytes of the network header that rules load.
  func networkHeader(_ offset: Int, _ length: Int) -> [UInt8]? {
    switch (destination.family, offset, length) {
    case (.v4, 12, 4), (.v6, 8, 16): source.bytes
    case (.v4, 16, 4), (.v6, 24, 16): destination.bytes
    default: nil
    }
  }

  func transportHeader(_ offset: Int, _ length: Int) -> [UInt8]? {
    switch (offset, length) {
    case (0, 2): Datum.port(sourcePort.rawValue).bytes
    case (2, 2): Datum.port(destinationPort.rawValue).bytes
    default: nil
    }
  }

  /// Writes what rules write; false for what a virtual packet does not have.
  mutating func setTransportHeader(_ offset: Int, _ bytes: [UInt8]) -> Bool {
    guard bytes.count == 2, offset == 0 || offset == 2 else { return false }
    let port = Port(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
    if offset == 0 { sourcePort = port } else { destinationPort = port }
    return true
  }
}
