import Addressing
import Linux

/// A namespace joined to a bridge by a veth pair, as one value: what the two ends are called and what the inner end gets.
/// Making it takes two round trips to the kernel in the namespace and one outside, whatever it consists of.
public struct VethAttachment: Sendable {
  /// The end outside, a port of the bridge.
  public var hostName: String
  /// Nil lets the kernel choose one at random.
  public var hostAddress: MACAddress?
  /// Says whose it is.
  public var hostAlias: String?
  /// Nil leaves the outer end without a master.
  public var bridgeIndex: UInt32?
  /// For the port of the bridge.
  public var portOptions: BridgePortOptions?
  /// The end inside.
  public var innerName: String
  /// Nil lets the kernel choose one at random.
  public var innerAddress: MACAddress?
  /// Bytes, for both ends.
  public var mtu: UInt32?
  /// Of the inner end.
  public var addresses: [IPCIDR]
  /// Next hops of default routes, at most one a family.
  public var gateways: [IPAddress]
  /// Further routes of the inner end; their link is filled in.
  public var routes: [Route]

  /// A pair with nothing on it yet.
  public init(hostName: String, innerName: String, bridgeIndex: UInt32? = nil) {
    self.hostName = hostName
    self.innerName = innerName
    self.bridgeIndex = bridgeIndex
    addresses = []
    gateways = []
    routes = []
  }

  /// The kernel's numbers of the two ends, each in its own namespace.
  public struct Indices: Sendable, Equatable {
    /// The outer end, in the bridge's namespace.
    public let host: UInt32
    /// The inner end, in the other namespace.
    public let inner: UInt32
  }

  /// Makes the pair with the inner end born in the namespace, and configures it there.
  /// - Parameters:
  ///   - host: a socket in the bridge's namespace.
  ///   - inner: a socket in the other namespace, which `namespace` is a handle on.
  /// - Throws: the first refusal; nothing is left behind then.
  public func attach(
    host: RouteSocket, inner: RouteSocket, namespace: FileDescriptor
  ) throws(NetlinkError) -> Indices {
    let outside = try host.exchange(hostRequests(namespace: namespace))
    if let error = outside[0].error { throw error }
    do throws(NetlinkError) {
      for answer in outside { if let error = answer.error { throw error } }
      guard let link = outside.lazy.compactMap(\.replies.first).first else {
        throw NetlinkError(.unanswered, "create link \(hostName): the kernel did not tell its index")
      }
      let inside = try inner.exchange(upRequests())
      for answer in inside { if let error = answer.error { throw error } }
      guard let innerLink = inside.lazy.compactMap(\.replies.first).first else {
        throw NetlinkError(.unanswered, "create link \(innerName): the kernel did not tell its index")
      }
      let indices = Indices(host: try Link(link).index, inner: try Link(innerLink).index)
      try inner.perform(addressRequests(innerIndex: indices.inner))
      return indices
    } catch {
      // The pair is ours and new: both ends go with one. What fails here is less telling than the first error.
      _ = try host.exchange([.deleteLink(.name(hostName))])
      throw error
    }
  }

  /// Outside: the pair, the port's options, and the outer end's index.
  func hostRequests(namespace: FileDescriptor) -> [NetlinkRequest] {
    let peer = LinkSettings(
      name: innerName, mtu: mtu, address: innerAddress, namespace: namespace)
    let settings = LinkSettings(
      name: hostName, isUp: true, mtu: mtu, address: hostAddress, masterIndex: bridgeIndex)
    var requests = NewLink(.veth(peer: peer), settings).namedRequests(alias: hostAlias)
    if let portOptions { requests.append(.setBridgePort(.name(hostName), portOptions)) }
    requests.append(.getLink(.name(hostName)))
    return requests
  }

  /// Inside: loopback and the inner end up, and its index.
  func upRequests() -> [NetlinkRequest] {
    [
      .setLink(.name("lo"), LinkSettings(isUp: true)),
      .setLink(.name(innerName), LinkSettings(isUp: true)),
      .getLink(.name(innerName)),
    ]
  }

  /// Inside: addresses, then the routes that need them.
  func addressRequests(innerIndex: UInt32) -> [NetlinkRequest] {
    var requests: [NetlinkRequest] = addresses.map { address in
      // IPAM has made sure that nobody else has the address: waiting a second for duplicates would only delay the start.
      .addAddress(
        InterfaceAddress(
          address, linkIndex: innerIndex, broadcast: address.v4?.broadcast,
          flags: address.family == .v6 ? .noDuplicateDetection : []))
    }
    for gateway in gateways { requests.append(.addRoute(.defaultRoute(via: gateway, linkIndex: innerIndex))) }
    for var route in routes {
      route.linkIndex = innerIndex
      requests.append(.addRoute(route))
    }
    return requests
  }
}
