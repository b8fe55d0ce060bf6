import Addressing

/// An entry of the neighbour table (ARP, neighbour discovery) or of a forwarding table (a bridge's, a VXLAN's).
public struct Neighbour: Sendable, Hashable {
  /// How sure the kernel is of an entry (NUD_*).
  public struct State: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let incomplete = State(rawValue: 0x01)
    public static let reachable = State(rawValue: 0x02)
    public static let stale = State(rawValue: 0x04)
    public static let delay = State(rawValue: 0x08)
    public static let probe = State(rawValue: 0x10)
    public static let failed = State(rawValue: 0x20)
    public static let noARP = State(rawValue: 0x40)
    public static let permanent = State(rawValue: 0x80)
  }

  /// NTF_*.
  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The entry belongs to the device itself (a VXLAN's table).
    public static let device = Flags(rawValue: 0x02)
    /// The entry belongs to the master (the bridge).
    public static let master = Flags(rawValue: 0x04)
    /// Answer for this address.
    public static let proxy = Flags(rawValue: 0x08)
    public static let learnedOutside = Flags(rawValue: 0x10)
    public static let router = Flags(rawValue: 0x80)
  }

  /// The link behind which it is.
  public var linkIndex: UInt32
  /// The address that is resolved; nil in a bridge's table. In a VXLAN's table it is the remote host.
  public var destination: IPAddress?
  /// Nil while it is not known.
  public var hardwareAddress: MACAddress?
  /// How sure the kernel is.
  public var state: State
  /// Whose entry it is.
  public var flags: Flags
  /// True for forwarding tables (`bridge fdb`), false for neighbours (`ip neigh`).
  public var isForwarding: Bool
  /// The bridge of a forwarding entry.
  public var masterIndex: UInt32?
  /// The VLAN of a forwarding entry.
  public var vlan: UInt16?
  /// The remote host's network identifier and UDP port, in a VXLAN's table.
  public var networkIdentifier: UInt32?
  /// The remote host's UDP port, in a VXLAN's table.
  public var port: Port?

  /// A neighbour.
  public init(
    _ destination: IPAddress, hardwareAddress: MACAddress?, linkIndex: UInt32, state: State = .permanent,
    flags: Flags = []
  ) {
    self.destination = destination
    self.hardwareAddress = hardwareAddress
    self.linkIndex = linkIndex
    self.state = state
    self.flags = flags
    isForwarding = false
  }

  /// A forwarding entry of a bridge's port (`.master`) or of a device such as a VXLAN (`.device`, with a destination).
  public init(
    forwarding hardwareAddress: MACAddress, linkIndex: UInt32, destination: IPAddress? = nil,
    state: State = [.noARP, .permanent], flags: Flags
  ) {
    self.hardwareAddress = hardwareAddress
    self.linkIndex = linkIndex
    self.destination = destination
    self.state = state
    self.flags = flags
    isForwarding = true
  }

  fileprivate enum Key {
    static let destination = AttributeType(1, "NDA_DST")
    static let hardwareAddress = AttributeType(2, "NDA_LLADDR")
    static let vlan = AttributeType(5, "NDA_VLAN")
    static let port = AttributeType(6, "NDA_PORT")
    static let networkIdentifier = AttributeType(7, "NDA_VNI")
    static let linkIndex = AttributeType(8, "NDA_IFINDEX")
    static let master = AttributeType(9, "NDA_MASTER")
  }

  /// Reads an RTM_NEWNEIGH or RTM_DELNEIGH.
  public init(_ message: NetlinkMessage) throws(NetlinkError) {
    isForwarding = try message.header(at: 0, UInt8.self) == AddressFamily.bridge
    linkIndex = try message.header(at: 4, UInt32.self)
    state = State(rawValue: try message.header(at: 8, UInt16.self))
    flags = Flags(rawValue: try message.header(at: 10, UInt8.self))
    let attributes = try message.attributes(after: 12)
    destination = attributes[Key.destination].flatMap { IPAddress(bytes: $0.payload) }
    hardwareAddress = attributes[Key.hardwareAddress].flatMap { MACAddress(bytes: $0.payload) }
    masterIndex = attributes[Key.master]?.u32
    vlan = attributes[Key.vlan]?.u16
    networkIdentifier = attributes[Key.networkIdentifier]?.u32
    port = attributes[Key.port]?.u16BigEndian.map { Port($0) }
  }

  fileprivate func request(_ type: UInt16, _ flags: RequestFlags, _ verb: String) -> NetlinkRequest {
    let what =
      isForwarding
      ? "forwarding entry \(hardwareAddress.map { "\($0)" } ?? "")" : "neighbour \(destination.map { "\($0)" } ?? "")"
    return NetlinkRequest(type, flags, purpose: "\(verb) \(what) of link number \(linkIndex)") {
      $0.append(isForwarding ? AddressFamily.bridge : destination?.family.number ?? AddressFamily.unspecified)
      $0.append([0, 0, 0])
      $0.append(linkIndex)
      $0.append(state.rawValue)
      $0.append(self.flags.rawValue)
      $0.append(UInt8(0))
      if let destination { $0.attribute(Key.destination, bytes: destination.bytes) }
      if let hardwareAddress { $0.attribute(Key.hardwareAddress, bytes: hardwareAddress.bytes) }
      $0.optional(Key.vlan, vlan)
      if let port { $0.attribute(Key.port, bigEndian: port.rawValue) }
      $0.optional(Key.networkIdentifier, networkIdentifier)
    }
  }
}

extension NetlinkRequest {
  /// Adds an entry; fails with EEXIST where there is one.
  public static func addNeighbour(_ entry: Neighbour) -> NetlinkRequest {
    entry.request(RouteMessage.newNeighbour, [.create, .exclusive, .acknowledge], "add")
  }

  /// Adds an entry or changes the one that is there.
  public static func replaceNeighbour(_ entry: Neighbour) -> NetlinkRequest {
    entry.request(RouteMessage.newNeighbour, [.create, .replace, .acknowledge], "replace")
  }

  /// Adds one more destination to a forwarding entry: a VXLAN sends a copy to each (for the all-zero address).
  public static func appendNeighbour(_ entry: Neighbour) -> NetlinkRequest {
    entry.request(RouteMessage.newNeighbour, [.create, .append, .acknowledge], "append")
  }

  /// Deletes an entry; fails with ENOENT where there is none.
  public static func deleteNeighbour(_ entry: Neighbour) -> NetlinkRequest {
    entry.request(RouteMessage.deleteNeighbour, .acknowledge, "delete")
  }

  /// Asks for neighbours, of all links or of one.
  public static func dumpNeighbours(linkIndex: UInt32? = nil, family: IPFamily? = nil) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getNeighbour, .dump, purpose: "list neighbours") {
      $0.append(family?.number ?? AddressFamily.unspecified)
      $0.append([UInt8](repeating: 0, count: 11))
      $0.optional(Neighbour.Key.linkIndex, linkIndex)
    }
  }

  /// Asks for forwarding entries: of everything, of one bridge, or of one port or device.
  public static func dumpForwarding(bridgeIndex: UInt32? = nil, linkIndex: UInt32 = 0) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getNeighbour, .dump, purpose: "list forwarding entries") {
      $0.append(AddressFamily.bridge)
      $0.append([0, 0, 0])
      $0.append(linkIndex)
      $0.append(UInt32(0))
      $0.optional(Neighbour.Key.master, bridgeIndex)
    }
  }
}
