import Addressing
import Linux

/// What the kernel holds, read as values. The lists are read again while they change under way.
extension NetlinkSocket where Family == RouteFamily {
  /// Nil where there is no such link.
  public func link(_ reference: LinkReference) throws(NetlinkError) -> Link? {
    do throws(NetlinkError) {
      guard let message = try perform(.getLink(reference)).first else { return nil }
      return try Link(message)
    } catch {
      if error.errno == .noDevice { return nil }
      throw error
    }
  }

  /// All links, or those of one kind or with one master.
  public func links(kind: String? = nil, masterIndex: UInt32? = nil) throws(NetlinkError) -> [Link] {
    try decode(.dumpLinks(kind: kind, masterIndex: masterIndex)) {
      (message) throws(NetlinkError) in
      try Link(message)
    }
  }

  /// Addresses, of all links or of one, of both families or of one.
  public func addresses(linkIndex: UInt32 = 0, family: IPFamily? = nil) throws(NetlinkError) -> [InterfaceAddress] {
    try decode(.dumpAddresses(linkIndex: linkIndex, family: family)) { (message) throws(NetlinkError) in
      guard IPFamily(number: try message.header(at: 0, UInt8.self)) != nil else { return nil }
      return try InterfaceAddress(message)
    }
  }

  /// Routes, of both families or of one, of all tables or of one, through all links or one.
  public func routes(
    family: IPFamily? = nil, table: UInt32? = nil, linkIndex: UInt32? = nil
  ) throws(NetlinkError) -> [Route] {
    do {
      return try decode(.dumpRoutes(family: family, table: table, linkIndex: linkIndex)) {
        (message) throws(NetlinkError) in try Route(message)
      }
    } catch {
      // A table that has never had a route is not there.
      if error.errno == .noEntry, table != nil { return [] }
      throw error
    }
  }

  /// The route that a packet to `address` would take; nil where there is none.
  public func route(to address: IPAddress) throws(NetlinkError) -> Route? {
    do throws(NetlinkError) {
      guard let message = try perform(.lookUpRoute(to: address)).first else { return nil }
      return try Route(message)
    } catch {
      if error.errno == .networkUnreachable { return nil }
      throw error
    }
  }

  /// Neighbours, of all links or of one.
  public func neighbours(linkIndex: UInt32? = nil, family: IPFamily? = nil) throws(NetlinkError) -> [Neighbour] {
    try decode(.dumpNeighbours(linkIndex: linkIndex, family: family)) { (message) throws(NetlinkError) in
      try Neighbour(message)
    }
  }

  /// Forwarding entries: of everything, of one bridge, or of one port or device.
  public func forwarding(bridgeIndex: UInt32? = nil, linkIndex: UInt32 = 0) throws(NetlinkError) -> [Neighbour] {
    try decode(.dumpForwarding(bridgeIndex: bridgeIndex, linkIndex: linkIndex)) { (message) throws(NetlinkError) in
      try Neighbour(message)
    }
  }

  /// Rules that choose a table, in the kernel's order.
  public func rules(family: IPFamily) throws(NetlinkError) -> [RoutingRule] {
    try decode(.dumpRules(family: family)) { (message) throws(NetlinkError) in try RoutingRule(message) }
  }
}
