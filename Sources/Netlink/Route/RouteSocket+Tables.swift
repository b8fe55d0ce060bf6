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

  /// Creates a link and returns its index.
  public func createLink(_ link: NewLink) throws(NetlinkError) -> UInt32 {
    let name = link.settings.name.map { LinkReference.name($0) }
    if let name, link.settings.namespace == nil {
      let answers = try exchange([.createLink(link), .getLink(name)])
      if let error = answers[0].error ?? answers[1].error { throw error }
      if let message = answers[1].replies.first { return try Link(message).index }
    } else {
      // The name, or the namespace, is the kernel's to tell.
      let request = NetlinkRequest.createLink(link).echoing
      if let message = try perform(request).first { return try Link(message).index }
    }
    throw NetlinkError(.unanswered, "create link: the kernel did not tell its index")
  }

  public func links(kind: String? = nil, masterIndex: UInt32? = nil) throws(NetlinkError) -> [Link] {
    try decode(.dumpLinks(kind: kind, masterIndex: masterIndex)) { (message) throws(NetlinkError) in
      try Link(message)
    }
  }

  public func addresses(linkIndex: UInt32 = 0, family: IPFamily? = nil) throws(NetlinkError) -> [InterfaceAddress] {
    try decode(.dumpAddresses(linkIndex: linkIndex, family: family)) { (message) throws(NetlinkError) in
      guard IPFamily(number: try message.header(at: 0, UInt8.self)) != nil else { return nil }
      return try InterfaceAddress(message)
    }
  }

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
      if error.errno == Errno(rawValue: 101) /* ENETUNREACH */ { return nil }
      throw error
    }
  }

  public func neighbours(linkIndex: UInt32? = nil, family: IPFamily? = nil) throws(NetlinkError) -> [Neighbour] {
    try decode(.dumpNeighbours(linkIndex: linkIndex, family: family)) { (message) throws(NetlinkError) in
      try Neighbour(message)
    }
  }

  public func forwarding(bridgeIndex: UInt32? = nil, linkIndex: UInt32 = 0) throws(NetlinkError) -> [Neighbour] {
    try decode(.dumpForwarding(bridgeIndex: bridgeIndex, linkIndex: linkIndex)) { (message) throws(NetlinkError) in
      try Neighbour(message)
    }
  }

  public func rules(family: IPFamily) throws(NetlinkError) -> [RoutingRule] {
    try decode(.dumpRules(family: family)) { (message) throws(NetlinkError) in try RoutingRule(message) }
  }
}
