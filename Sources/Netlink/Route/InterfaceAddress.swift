import Addressing

/// An address of a link.
public struct InterfaceAddress: Sendable, Hashable {
  /// How far an address is valid (rtnetlink(7), rtm_scope).
  public enum Scope: UInt8, Sendable {
    case global = 0
    case site = 200
    case link = 253
    case host = 254
    case nowhere = 255
  }

  /// IFA_F_* (rtnetlink(7)).
  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let secondary = Flags(rawValue: 0x01)
    /// No duplicate address detection: an IPv6 address is usable at once.
    public static let noDuplicateDetection = Flags(rawValue: 0x02)
    public static let duplicateDetectionFailed = Flags(rawValue: 0x08)
    public static let tentative = Flags(rawValue: 0x40)
    public static let permanent = Flags(rawValue: 0x80)
    /// The kernel makes no route for the prefix.
    public static let noPrefixRoute = Flags(rawValue: 0x200)
  }

  /// The link that has it.
  public var linkIndex: UInt32
  /// The link's own address with its prefix.
  public var address: IPCIDR
  /// The address of the other end of a point-to-point link.
  public var peer: IPAddress?
  /// The directed broadcast address.
  public var broadcast: IPv4Address?
  /// How far it is valid.
  public var scope: Scope
  /// What is special about it.
  public var flags: Flags
  /// An alias name that begins with the link's (IPv4).
  public var label: String?

  /// An address for a link.
  public init(
    _ address: IPCIDR, linkIndex: UInt32, broadcast: IPv4Address? = nil, scope: Scope = .global, flags: Flags = [],
    label: String? = nil
  ) {
    self.address = address
    self.linkIndex = linkIndex
    self.broadcast = broadcast
    self.scope = scope
    self.flags = flags
    self.label = label
  }

  fileprivate enum Key {
    static let address = AttributeType(1, "IFA_ADDRESS")
    static let local = AttributeType(2, "IFA_LOCAL")
    static let label = AttributeType(3, "IFA_LABEL")
    static let broadcast = AttributeType(4, "IFA_BROADCAST")
    static let flags = AttributeType(8, "IFA_FLAGS")
  }

  /// Reads an RTM_NEWADDR or RTM_DELADDR.
  public init(_ message: NetlinkMessage) throws(NetlinkError) {
    let prefixLength = try message.header(at: 1, UInt8.self)
    let shortFlags = try message.header(at: 2, UInt8.self)
    scope = Scope(rawValue: try message.header(at: 3, UInt8.self)) ?? .global
    linkIndex = try message.header(at: 4, UInt32.self)
    let attributes = try message.attributes(after: 8)
    let remote = attributes[Key.address].flatMap { IPAddress(bytes: $0.payload) }
    let local = attributes[Key.local].flatMap { IPAddress(bytes: $0.payload) }
    guard let own = local ?? remote, let address = IPCIDR(own, prefixLength: Int(prefixLength)) else {
      throw .malformed("an address without an address")
    }
    self.address = address
    peer = remote != own ? remote : nil
    broadcast = attributes[Key.broadcast].flatMap { IPv4Address(bytes: $0.payload) }
    label = attributes[Key.label]?.string
    flags = Flags(rawValue: attributes[Key.flags]?.u32 ?? UInt32(shortFlags))
  }

  fileprivate func request(_ type: UInt16, _ flags: RequestFlags, _ verb: String) -> NetlinkRequest {
    NetlinkRequest(type, flags, purpose: "\(verb) address \(address) of link number \(linkIndex)") {
      $0.append(address.family.number)
      $0.append(UInt8(address.prefixLength))
      $0.append(UInt8(0))
      $0.append(scope.rawValue)
      $0.append(linkIndex)
      $0.attribute(Key.local, bytes: address.address.bytes)
      $0.attribute(Key.address, bytes: (peer ?? address.address).bytes)
      if let broadcast { $0.attribute(Key.broadcast, bytes: broadcast.bytes) }
      $0.optional(Key.label, label)
      if !self.flags.isEmpty { $0.attribute(Key.flags, self.flags.rawValue) }
    }
  }
}

extension IPFamily {
  /// AF_INET or AF_INET6.
  var number: UInt8 { self == .v4 ? AddressFamily.inet : AddressFamily.inet6 }

  init?(number: UInt8) {
    switch number {
    case AddressFamily.inet: self = .v4
    case AddressFamily.inet6: self = .v6
    default: return nil
    }
  }
}

extension NetlinkRequest {
  /// Adds an address; fails with EEXIST where the link has it.
  public static func addAddress(_ address: InterfaceAddress) -> NetlinkRequest {
    address.request(RouteMessage.newAddress, [.create, .exclusive, .acknowledge], "add")
  }

  /// Adds an address or changes the one that is there.
  public static func replaceAddress(_ address: InterfaceAddress) -> NetlinkRequest {
    address.request(RouteMessage.newAddress, [.create, .replace, .acknowledge], "replace")
  }

  /// Deletes an address; fails with EADDRNOTAVAIL where the link does not have it.
  public static func deleteAddress(_ address: InterfaceAddress) -> NetlinkRequest {
    address.request(RouteMessage.deleteAddress, .acknowledge, "delete")
  }

  /// Asks for addresses, of all links or of one, of both families or of one.
  public static func dumpAddresses(linkIndex: UInt32 = 0, family: IPFamily? = nil) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getAddress, .dump, purpose: "list addresses") {
      $0.append(family?.number ?? AddressFamily.unspecified)
      $0.append([0, 0, 0])
      $0.append(linkIndex)
    }
  }
}
