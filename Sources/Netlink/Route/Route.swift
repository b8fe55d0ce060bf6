import Addressing

/// A route (ip-route(8)).
public struct Route: Sendable, Hashable {
  /// What happens to a packet that the route is for (rtm_type).
  public enum Action: UInt8, Sendable {
    case unspecified, unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, `throw`, nat
  }

  /// Who made it (rtm_protocol); any other number is legal.
  public struct Origin: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let unspecified = Origin(rawValue: 0)
    public static let redirect = Origin(rawValue: 1)
    public static let kernel = Origin(rawValue: 2)
    public static let boot = Origin(rawValue: 3)
    public static let administrator = Origin(rawValue: 4)
    public static let routerAdvertisement = Origin(rawValue: 9)
    public static let dhcp = Origin(rawValue: 16)
  }

  /// The routing tables that have names.
  public enum Table {
    /// Asked last.
    public static let `default`: UInt32 = 253
    /// The usual one.
    public static let main: UInt32 = 254
    /// The host's own addresses, kept by the kernel.
    public static let local: UInt32 = 255
  }

  /// 0.0.0.0/0 or ::/0 is the default route.
  public var destination: IPCIDR
  /// The next hop; nil where the destination is on the link. For an IPv4 destination it may be an IPv6 address (RTA_VIA).
  public var gateway: IPAddress?
  /// The link that leads there.
  public var linkIndex: UInt32?
  /// The source address of packets that this host sends this way.
  public var preferredSource: IPAddress?
  /// The routing table.
  public var table: UInt32
  /// Lower is better; nil lets the kernel choose (0 for IPv4, 1024 for IPv6).
  public var metric: UInt32?
  /// How far the destination is.
  public var scope: InterfaceAddress.Scope
  /// What happens to the packet.
  public var action: Action
  /// Who made it.
  public var origin: Origin
  /// The gateway is reachable on the link even though no route says so.
  public var isOnLink: Bool
  /// The path's MTU in bytes.
  public var mtu: UInt32?
  /// The segment size that TCP announces, in bytes.
  public var advertisedSegmentSize: UInt32?

  /// The scope follows from the gateway: global with one, the link without.
  public init(
    _ destination: IPCIDR, via gateway: IPAddress? = nil, linkIndex: UInt32? = nil, preferredSource: IPAddress? = nil,
    table: UInt32 = Table.main, metric: UInt32? = nil, action: Action = .unicast, origin: Origin = .boot,
    isOnLink: Bool = false
  ) {
    self.destination = destination
    self.gateway = gateway
    self.linkIndex = linkIndex
    self.preferredSource = preferredSource
    self.table = table
    self.metric = metric
    self.action = action
    self.origin = origin
    self.isOnLink = isOnLink
    scope =
      switch action {
      case .local, .nat: .host
      case .unicast where gateway == nil && destination.family == .v4: .link
      case .broadcast, .multicast, .anycast: .link
      default: .global
      }
  }

  /// The default route.
  public static func defaultRoute(via gateway: IPAddress, linkIndex: UInt32) -> Route {
    let everything: IPCIDR =
      switch gateway {
      case .v4: .v4(everyIPv4)
      case .v6: .v6(everyIPv6)
      }
    return Route(everything, via: gateway, linkIndex: linkIndex)
  }

  /// It is for every destination.
  public var isDefault: Bool { destination.prefixLength == 0 }

  private static let everyIPv4 = IPv4CIDR(host: .any).supernet(prefixLength: 0)
  private static let everyIPv6 = IPv6CIDR(host: .any).supernet(prefixLength: 0)

  fileprivate enum Key {
    static let destination = AttributeType(1, "RTA_DST")
    static let outgoing = AttributeType(4, "RTA_OIF")
    static let gateway = AttributeType(5, "RTA_GATEWAY")
    static let priority = AttributeType(6, "RTA_PRIORITY")
    static let preferredSource = AttributeType(7, "RTA_PREFSRC")
    static let metrics = AttributeType(8, "RTA_METRICS")
    static let table = AttributeType(15, "RTA_TABLE")
    static let via = AttributeType(18, "RTA_VIA")
    static let mtu = AttributeType(2, "RTAX_MTU")
    static let advertisedSegmentSize = AttributeType(8, "RTAX_ADVMSS")
  }

  /// Reads an RTM_NEWROUTE or RTM_DELROUTE; nil for families other than IPv4 and IPv6.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    guard let family = IPFamily(number: try message.header(at: 0, UInt8.self)) else { return nil }
    let length = Int(try message.header(at: 1, UInt8.self))
    let shortTable = try message.header(at: 4, UInt8.self)
    origin = Origin(rawValue: try message.header(at: 5, UInt8.self))
    scope = InterfaceAddress.Scope(rawValue: try message.header(at: 6, UInt8.self)) ?? .global
    action = Action(rawValue: try message.header(at: 7, UInt8.self)) ?? .unspecified
    isOnLink = try message.header(at: 8, UInt32.self) & 0x4 != 0
    let attributes = try message.attributes(after: 12)
    let address =
      attributes[Key.destination].flatMap { IPAddress(bytes: $0.payload) } ?? (family == .v4 ? .v4(.any) : .v6(.any))
    guard let destination = IPCIDR(address, prefixLength: length) else {
      throw .malformed("a route with a prefix of \(length) bits")
    }
    self.destination = destination
    gateway =
      attributes[Key.gateway].flatMap { IPAddress(bytes: $0.payload) }
      ?? attributes[Key.via].flatMap { IPAddress(bytes: $0.payload.dropFirst(2)) }
    linkIndex = attributes[Key.outgoing]?.u32
    preferredSource = attributes[Key.preferredSource].flatMap { IPAddress(bytes: $0.payload) }
    table = attributes[Key.table]?.u32 ?? UInt32(shortTable)
    metric = attributes[Key.priority]?.u32
    let metrics = try attributes[Key.metrics]?.nested()
    mtu = metrics?[Key.mtu]?.u32
    advertisedSegmentSize = metrics?[Key.advertisedSegmentSize]?.u32
  }

  fileprivate func request(_ type: UInt16, _ flags: RequestFlags, _ verb: String) -> NetlinkRequest {
    var purpose = "\(verb) route to \(destination)"
    if let gateway { purpose += " via \(gateway)" }
    if let linkIndex { purpose += " on link number \(linkIndex)" }
    return NetlinkRequest(type, flags, purpose: purpose) {
      $0.append(destination.family.number)
      $0.append(UInt8(destination.prefixLength))
      $0.append(UInt8(0))
      $0.append(UInt8(0))
      $0.append(UInt8(truncatingIfNeeded: table < 256 ? table : 0))
      $0.append(origin.rawValue)
      // Deleting with a scope would miss a route whose scope the kernel chose.
      $0.append(type == RouteMessage.deleteRoute ? InterfaceAddress.Scope.nowhere.rawValue : scope.rawValue)
      $0.append(action.rawValue)
      $0.append(UInt32(isOnLink ? 0x4 : 0))
      if !isDefault { $0.attribute(Key.destination, bytes: destination.network.address.bytes) }
      $0.attribute(Key.table, table)
      if let gateway {
        if gateway.family == destination.family {
          $0.attribute(Key.gateway, bytes: gateway.bytes)
        } else {
          $0.attribute(Key.via) {
            $0.append(UInt16(gateway.family.number))
            $0.append(gateway.bytes)
          }
        }
      }
      $0.optional(Key.outgoing, linkIndex)
      if let preferredSource { $0.attribute(Key.preferredSource, bytes: preferredSource.bytes) }
      $0.optional(Key.priority, metric)
      if mtu != nil || advertisedSegmentSize != nil {
        $0.nested(Key.metrics) {
          $0.optional(Key.mtu, mtu)
          $0.optional(Key.advertisedSegmentSize, advertisedSegmentSize)
        }
      }
    }
  }
}

extension NetlinkRequest {
  /// Adds a route; fails with EEXIST where there is one to the same destination with the same metric.
  public static func addRoute(_ route: Route) -> NetlinkRequest {
    route.request(RouteMessage.newRoute, [.create, .exclusive, .acknowledge], "add")
  }

  /// Adds a route or takes the place of the one to the same destination with the same metric.
  public static func replaceRoute(_ route: Route) -> NetlinkRequest {
    route.request(RouteMessage.newRoute, [.create, .replace, .acknowledge], "replace")
  }

  /// Deletes a route; fails with ESRCH where there is none.
  public static func deleteRoute(_ route: Route) -> NetlinkRequest {
    route.request(RouteMessage.deleteRoute, .acknowledge, "delete")
  }

  /// Asks for routes: of both families or of one, of all tables or of one, through all links or one.
  public static func dumpRoutes(
    family: IPFamily? = nil, table: UInt32? = nil, linkIndex: UInt32? = nil
  ) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getRoute, .dump, purpose: "list routes") {
      $0.append(family?.number ?? AddressFamily.unspecified)
      $0.append([UInt8](repeating: 0, count: 11))
      $0.optional(Route.Key.table, table)
      $0.optional(Route.Key.outgoing, linkIndex)
    }
  }

  /// Asks which route a packet to `address` would take.
  public static func lookUpRoute(to address: IPAddress) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getRoute, .acknowledge, purpose: "look up the route to \(address)") {
      $0.append(address.family.number)
      $0.append(UInt8(address.bytes.count * 8))
      $0.append([UInt8](repeating: 0, count: 10))
      $0.attribute(Route.Key.destination, bytes: address.bytes)
    }
  }
}
