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

  /// Nil for what is none of these. A link "removed" from a bridge's own family is a port that left the bridge, not a
  /// link that is gone, and is nil, too.
  public init?(_ message: NetlinkMessage) throws(NetlinkError) {
    let family = try message.header(at: 0, UInt8.self)
    switch message.type {
    case RouteMessage.newLink where family == AddressFamily.unspecified: self = .link(try Link(message))
    case RouteMessage.deleteLink where family == AddressFamily.unspecified: self = .linkRemoved(try Link(message))
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
}
