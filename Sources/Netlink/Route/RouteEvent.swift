import Addressing

/// A change that the kernel announced to a `NetlinkSubscription<RouteFamily>`.
public enum RouteEvent: Sendable {
  /// New or changed.
  case link(Link)
  case linkRemoved(Link)
  case address(InterfaceAddress)
  case addressRemoved(InterfaceAddress)
  case route(Route)
  case routeRemoved(Route)
  case neighbour(Neighbour)
  case neighbourRemoved(Neighbour)
  case rule(RoutingRule)
  case ruleRemoved(RoutingRule)
  /// A bridge's port has other settings; the port by its link's index.
  case port(UInt32, BridgePortOptions)
  /// Forwarding was switched on or off: for one link by its index, or nil for all links.
  case forwarding(IPFamily, linkIndex: UInt32?, isOn: Bool)

  /// Nil for what is none of these. A link "removed" from a bridge's own family is a port that left the bridge, not a
  /// link that is gone, and is nil, too.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    let family = try message.header(at: 0, UInt8.self)
    switch message.type {
    case RouteMessage.newLink where family == AddressFamily.unspecified: self = .link(try Link(message))
    case RouteMessage.deleteLink where family == AddressFamily.unspecified: self = .linkRemoved(try Link(message))
    case RouteMessage.newLink where family == AddressFamily.bridge:
      guard let port = try message.attributes(after: 16)[LinkAttribute.protocolInfo] else { return nil }
      self = .port(try message.header(at: 4, UInt32.self), BridgePortOptions(try port.nested()))
    case RouteMessage.newSettings:
      guard let change = try Self.forwarding(message, family) else { return nil }
      self = change
    case RouteMessage.newAddress: self = .address(try InterfaceAddress(message))
    case RouteMessage.deleteAddress: self = .addressRemoved(try InterfaceAddress(message))
    case RouteMessage.newNeighbour: self = .neighbour(try Neighbour(message))
    case RouteMessage.deleteNeighbour: self = .neighbourRemoved(try Neighbour(message))
    case RouteMessage.newRoute:
      guard let route = try Route(message) else { return nil }
      self = .route(route)
    case RouteMessage.deleteRoute:
      guard let route = try Route(message) else { return nil }
      self = .routeRemoved(route)
    case RouteMessage.newRule:
      guard let rule = try RoutingRule(message) else { return nil }
      self = .rule(rule)
    case RouteMessage.deleteRule:
      guard let rule = try RoutingRule(message) else { return nil }
      self = .ruleRemoved(rule)
    default: return nil
    }
  }

  /// What RTM_NEWNETCONF says of forwarding (linux/netconf.h): the link's number is -1 for all links, and -2 for the
  /// settings that links yet to come begin with, which is no change of any link.
  private static func forwarding(_ message: NetlinkMessage, _ family: UInt8) throws(NetlinkError) -> RouteEvent? {
    let attributes = try message.attributes(after: 1)
    guard let family = IPFamily(number: family), let link = attributes[SettingsAttribute.linkIndex]?.i32, link != -2,
      let value = attributes[SettingsAttribute.forwarding]?.i32
    else { return nil }
    return .forwarding(family, linkIndex: link == -1 ? nil : UInt32(bitPattern: link), isOn: value != 0)
  }

  private enum SettingsAttribute {
    static let linkIndex = AttributeType(1, "NETCONFA_IFINDEX")
    static let forwarding = AttributeType(2, "NETCONFA_FORWARDING")
  }

  /// Whether a message says that a route is new: hosts that speak routing protocols hear many of these, and whoever looks
  /// for what is gone need not read them.
  public static func isNewRoute(_ message: NetlinkMessage) -> Bool { message.type == RouteMessage.newRoute }
}
