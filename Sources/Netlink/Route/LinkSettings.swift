import Addressing
import Linux

/// Which link is meant.
public enum LinkReference: Sendable, Hashable, CustomStringConvertible {
  case index(UInt32)
  case name(String)

  public var description: String {
    switch self {
    case .index(let index): "number \(index)"
    case .name(let name): name
    }
  }
}

/// How IPv6 link-local addresses of a link come about (IFLA_INET6_ADDR_GEN_MODE).
public enum IPv6AddressGeneration: UInt8, Sendable {
  case fromHardwareAddress = 0
  case none = 1
  case stablePrivacy = 2
  case random = 3
}

/// Settings that every kind of link has. Nil leaves the kernel's value alone.
public struct LinkSettings: Sendable {
  /// At most 15 bytes. Setting it on a link that is referred to by index renames the link.
  public var name: String?
  /// Up or down.
  public var isUp: Bool?
  /// Bytes.
  public var mtu: UInt32?
  /// The hardware address.
  public var address: MACAddress?
  /// The index of the bridge (or other master) that the link becomes a port of; 0 frees it.
  public var masterIndex: UInt32?
  /// Moves the link into the namespace behind this descriptor, or makes it there.
  public var namespace: FileDescriptor?
  /// Free text that `ip link` shows; empty removes it.
  public var alias: String?
  /// Takes packets for any station.
  public var isPromiscuous: Bool?
  /// Takes packets for any group.
  public var takesAllMulticast: Bool?
  /// Packets.
  public var transmitQueueLength: UInt32?
  /// A number that groups links.
  public var group: UInt32?
  /// Decide it before the link is up: an address that is there stays.
  public var ipv6AddressGeneration: IPv6AddressGeneration?

  /// The settings that are common; the rest are properties.
  public init(
    name: String? = nil, isUp: Bool? = nil, mtu: UInt32? = nil, address: MACAddress? = nil, masterIndex: UInt32? = nil,
    namespace: FileDescriptor? = nil
  ) {
    self.name = name
    self.isUp = isUp
    self.mtu = mtu
    self.address = address
    self.masterIndex = masterIndex
    self.namespace = namespace
  }

  /// The flags to set and which of them are meant (ifi_flags, ifi_change).
  var flags: (value: UInt32, mask: UInt32) {
    var value: UInt32 = 0
    var mask: UInt32 = 0
    for (wanted, bit) in [(isUp, 0x1), (isPromiscuous, 0x100), (takesAllMulticast, 0x200)] as [(Bool?, UInt32)] {
      guard let wanted else { continue }
      mask |= bit
      if wanted { value |= bit }
    }
    return (value, mask)
  }

  func write(to writer: inout MessageWriter) {
    writer.optional(LinkAttribute.name, name)
    writer.optional(LinkAttribute.mtu, mtu)
    if let address { writer.attribute(LinkAttribute.address, bytes: address.bytes) }
    writer.optional(LinkAttribute.master, masterIndex)
    if let namespace { writer.attribute(LinkAttribute.namespace, descriptor: namespace) }
    writer.optional(LinkAttribute.alias, alias)
    writer.optional(LinkAttribute.transmitQueueLength, transmitQueueLength)
    writer.optional(LinkAttribute.group, group)
    if let mode = ipv6AddressGeneration {
      writer.nested(LinkAttribute.familySpecific) {
        $0.nested(AttributeType(UInt16(AddressFamily.inet6), "AF_INET6")) {
          $0.attribute(LinkAttribute.addressGeneration, mode.rawValue)
        }
      }
    }
  }
}

/// A link to create.
public struct NewLink: Sendable {
  /// What it is.
  public var kind: LinkKind
  /// What every link has.
  public var settings: LinkSettings
  /// The link below (macvlan, ipvlan).
  public var parentIndex: UInt32?

  /// A link of a kind.
  public init(_ kind: LinkKind, _ settings: LinkSettings, parentIndex: UInt32? = nil) {
    self.kind = kind
    self.settings = settings
    self.parentIndex = parentIndex
  }
}
