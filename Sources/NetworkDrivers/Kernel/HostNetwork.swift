import Addressing
import Linux
import Netlink
import NetworkModel

/// Applies plans to the host's network namespace and to sandboxes. Calls block: one owned thread makes them.
final class HostNetwork: Sendable {
  let socket: RouteSocket
  private let namespace: FileDescriptor?
  /// Where the packets of tunnels go that end here.
  private let underlay: HostNetwork?
  private let switches: IPv6Switches?

  /// Opens its socket in the calling thread's network namespace, or in `namespace`.
  init(in namespace: FileDescriptor? = nil, underlay: HostNetwork? = nil) throws {
    socket = try RouteSocket(in: namespace)
    switches = try IPv6Switches(in: namespace)
    self.namespace = namespace
    self.underlay = underlay
  }

  /// Brings the links, addresses and settings of a network to be as planned, whatever is there now. Links that it made
  /// are gone again when it fails.
  func ensure(_ plan: NamespacePlan) throws {
    for name in plan.requiredLinks where try socket.link(.name(name)) == nil {
      throw NetworkError(
        .invalid,
        "invalid subinterface vlan name \(name), example formatting is eth0.10: there is no link \(name) on this host")
    }
    var made: [String] = []
    var foreign: Set<String> = []
    do {
      for link in plan.links {
        let existing = try socket.link(.name(link.name))
        if let existing {
          guard link.kind.kernelNames.contains(existing.kind ?? "") else {
            throw NetworkError(
              .forbidden, "existing interface \(link.name) is not a \(link.kind.kernelNames[0]): choose another name")
          }
          if existing.alias != link.owner {
            if let alias = existing.alias, Owner.isAnyones(alias) {
              throw NetworkError(
                .conflict,
                "link \(link.name) exists and is not ours (its alias is \"\(alias)\"): choose another name for it, or "
                  + "remove it")
            }
            // A bridge or a VLAN that somebody else made serves as it is, and stays when the network goes.
            foreign.insert(link.name)
            if case .bridge = link.kind { try socket.perform(.setLink(.name(link.name), LinkSettings(isUp: true))) }
            continue
          }
        } else {
          try make(link)
          made.append(link.name)
        }
        try settle(link)
      }
      try write(plan.sysctls)
      for link in Set(plan.addresses.map(\.link)).union(plan.links.map(\.name)) {
        guard let index = try socket.link(.name(link))?.index else { continue }
        let wanted = plan.addresses.filter { $0.link == link }.map(\.address)
        let there = try socket.addresses(linkIndex: index)
        let gone = there.filter { !wanted.contains($0.address) && !$0.address.address.isLinkLocal }
        if !foreign.contains(link) { try socket.perform(gone.map { .deleteAddress($0) }) }
        let new = wanted.filter { address in !there.contains { $0.address == address } }
        try socket.perform(new.map { .addAddress(Self.interfaceAddress($0, index)) })
      }
    } catch {
      // A link half made is nobody's afterwards.
      for name in made { _ = try socket.exchange([.deleteLink(.name(name))]) }
      throw error
    }
  }

  /// How a link comes by IPv6 addresses of its own; nil leaves that as it is. A link whose packets are smaller than IPv6
  /// allows (1280 bytes, RFC 8200, section 5) has none, and the kernel refuses to hear of it.
  private static func addressGeneration(of link: LinkPlan) -> IPv6AddressGeneration? {
    link.hasLinkLocal || (1..<1280).contains(link.mtu) ? nil : IPv6AddressGeneration.none
  }

  /// Gives a link that is there what the plan says of it.
  func settle(_ link: LinkPlan) throws {
    var settings = LinkSettings(isUp: true, mtu: link.mtu == 0 ? nil : UInt32(link.mtu), address: link.mac)
    settings.alias = link.owner
    settings.ipv6AddressGeneration = Self.addressGeneration(of: link)
    if let master = link.master { settings.masterIndex = try index(of: master, "bridge") }
    try socket.perform(.setLink(.name(link.name), settings))
    if !link.learns {
      var port = BridgePortOptions()
      port.learning = false
      try socket.perform(.setBridgePort(.name(link.name), port))
    }
  }

  /// Makes a link of a network that is not there.
  func make(_ link: LinkPlan) throws {
    var settings = LinkSettings(name: link.name, mtu: link.mtu == 0 ? nil : UInt32(link.mtu))
    settings.address = link.mac
    settings.alias = link.owner
    switch link.kind {
    case .bridge: _ = try socket.createLink(NewLink(.bridge(BridgeOptions()), settings))
    case .dummy:
      do { _ = try socket.createLink(NewLink(.plain("dummy"), settings)) } catch {
        // A kernel without dummy links: a bridge without ports leads nowhere as well.
        guard error.errno == .notSupported else { throw error }
        _ = try socket.createLink(NewLink(.bridge(BridgeOptions()), settings))
      }
    case .vlan(let vlan):
      guard let parent = try socket.link(.name(vlan.link)) else {
        throw NetworkError(.invalid, "parent interface was not found on the host: \(vlan.link)")
      }
      _ = try socket.createLink(NewLink(.vlan(vlan.id), settings, parentIndex: parent.index))
    case .vxlan(let identifier, let local):
      var options = VXLANOptions(identifier: identifier)
      options.local = local
      options.port = Port(OverlaySettings.port)
      options.learning = false
      options.proxy = true
      // Its packets travel where it is made, whatever namespace it is made for.
      settings.namespace = namespace
      _ = try (underlay ?? self).socket.createLink(NewLink(.vxlan(options), settings))
    case .veth, .macvlan:
      throw NetworkError(.failed, "link \(link.name) belongs to an endpoint and not to a network")
    }
  }

  /// Makes an endpoint: its links in one batch, the rest in one batch in the sandbox.
  /// - Parameter moved: a link that has been moved into the sandbox for it.
  func create(_ plan: ObjectPlan, sandbox: FileDescriptor, moved: String? = nil) throws {
    for link in plan.host.links {
      guard case .veth(let peerName, let peerMAC) = link.kind else { continue }
      var master: UInt32?
      if let name = link.master { master = try index(of: name, "bridge") }
      let peer = LinkSettings(
        name: peerName, mtu: UInt32(link.mtu), address: peerMAC, namespace: sandbox)
      let own = LinkSettings(name: link.name, mtu: UInt32(link.mtu), masterIndex: master)
      try socket.perform(.createLink(NewLink(.veth(peer: peer), own)))
      var marks = LinkSettings()
      marks.alias = link.owner
      // A bridge's port needs no IPv6 of its own. With it the kernel keeps a route for each, all in one list, and goes
      // through it whenever one comes.
      if !link.hasLinkLocal, switches?.turnOff(link.name) != true {
        marks.ipv6AddressGeneration = Self.addressGeneration(of: link)
      }
      var marking = NetlinkRequest.setLink(.name(link.name), marks)
      if link.isIsolated || link.isHairpin {
        var port = BridgePortOptions()
        port.isolated = link.isIsolated
        port.hairpin = link.isHairpin
        marking = .setBridgePort(.name(link.name), port, marks)
      }
      // Up comes last and alone: of each change to a link that is up the kernel tells everybody.
      try socket.perform([marking, .setLink(.name(link.name), LinkSettings(isUp: true))])
    }
    for link in plan.sandbox.links {
      guard case .macvlan(let parent, let mode) = link.kind else { continue }
      let settings = LinkSettings(
        name: link.name, mtu: link.mtu == 0 ? nil : UInt32(link.mtu), address: link.mac, namespace: sandbox)
      try socket.perform(
        .createLink(NewLink(.macvlan(mode.kernel), settings, parentIndex: try index(of: parent, "parent link"))))
    }
    try configure(plan.sandbox, plan.interfaces + [moved].compactMap { $0 }, sandbox)
  }

  func index(of name: String, _ what: String) throws -> UInt32 {
    guard let link = try socket.link(.name(name)) else {
      throw NetworkError(.failed, "\(what) \(name) is gone: try again in a moment, when it is there again")
    }
    return link.index
  }

  /// Changes the default routes of a sandbox from `old` to `new`.
  static func replaceDefaultRoutes(_ old: [RoutePlan], by new: [RoutePlan], in sandbox: FileDescriptor) throws {
    let gone = old.filter { !new.contains($0) }
    let coming = new.filter { !old.contains($0) }
    if gone.isEmpty && coming.isEmpty { return }
    let inside = try RouteSocket(in: sandbox)
    func route(_ plan: RoutePlan) throws -> Route? {
      guard let gateway = plan.gateway, let link = try inside.link(.name(plan.link)) else { return nil }
      return .defaultRoute(via: gateway, linkIndex: link.index)
    }
    for plan in gone {
      guard let route = try route(plan) else { continue }
      do { try inside.perform(.deleteRoute(route)) } catch {
        // The container may have changed its routes itself.
        if error.errno != .noProcess { throw error }
      }
    }
    for plan in coming { if let route = try route(plan) { try inside.perform(.replaceRoute(route)) } }
  }

  /// Deletes links that were born in a sandbox.
  static func deleteLinks(_ names: [String], in sandbox: FileDescriptor) throws {
    if names.isEmpty { return }
    try delete(names, RouteSocket(in: sandbox))
  }

  /// Deletes all that can be deleted, and throws the first of what was in the way. One that is gone already is no error.
  private static func delete(_ names: [String], _ socket: RouteSocket) throws(NetlinkError) {
    var failure: NetlinkError?
    for name in names {
      do throws(NetlinkError) { try socket.perform(.deleteLink(.name(name))) } catch {
        if error.errno != .noDevice { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
  }

  private func configure(_ plan: NamespacePlan, _ interfaces: [String], _ sandbox: FileDescriptor) throws {
    if interfaces.isEmpty && plan.addresses.isEmpty { return }
    if !plan.sysctls.isEmpty { try Namespaces.inside(sandbox, .network) { try write(plan.sysctls) } }
    let inside = try RouteSocket(in: sandbox)
    var indices: [String: UInt32] = [:]
    // A veth cannot be born up: its other end is not there yet.
    for name in Set(interfaces + plan.addresses.map(\.link) + plan.routes.map(\.link)) {
      let answers = try inside.exchange([.setLink(.name(name), LinkSettings(isUp: true)), .getLink(.name(name))])
      if let error = answers[0].error ?? answers[1].error { throw error }
      guard let link = try answers[1].replies.first.map({ try Link($0) }) else {
        throw NetworkError(.failed, "link \(name) is not in its sandbox")
      }
      indices[name] = link.index
    }
    var batch: [NetlinkRequest] = []
    for address in plan.addresses {
      if let index = indices[address.link] { batch.append(.addAddress(Self.interfaceAddress(address.address, index))) }
    }
    for route in plan.routes {
      guard let index = indices[route.link] else { continue }
      if let destination = route.destination {
        batch.append(.addRoute(Route(destination, via: route.gateway, linkIndex: index)))
      } else if let gateway = route.gateway {
        batch.append(.addRoute(.defaultRoute(via: gateway, linkIndex: index)))
      }
    }
    for neighbour in plan.neighbours {
      if let index = indices[neighbour.link] {
        batch.append(.replaceNeighbour(Neighbour(neighbour.address, hardwareAddress: neighbour.mac, linkIndex: index)))
      }
    }
    try inside.perform(batch)
  }

  /// Deletes a link; one that is gone already is no error.
  func deleteLink(_ name: String) throws { try deleteLinks([name]) }

  /// Deletes links, whatever becomes of those before them, and throws the first failure. One that is gone already is none.
  func deleteLinks(_ names: [String]) throws { try Self.delete(names, socket) }

  /// The mark on a link; nil where there is no such link, or no mark on it.
  func alias(of name: String) throws -> String? { try socket.link(.name(name))?.alias }

  /// The links of this namespace.
  func links() throws -> [Link] { try socket.links() }

  /// Networks that the host already reaches: subnets for containers must keep out of them. What is local to a link is on
  /// each of them.
  func routedNetworks(except bridges: Set<String>) throws -> [IPCIDR] {
    let own = Set(try bridges.compactMap { $0.isEmpty ? nil : try socket.link(.name($0))?.index })
    return try socket.routes(table: Route.Table.main)
      .filter { !$0.isDefault && ($0.linkIndex.map { !own.contains($0) } ?? true) }.map(\.destination)
      .filter { $0.family == .v4 || !$0.address.isLinkLocal }
  }

  /// The address under which this host reaches the world: that of the link of its default route.
  func mainAddress() throws -> IPAddress? {
    let routes = try socket.routes(family: .v4, table: Route.Table.main)
    guard let route = routes.first(where: \.isDefault), let link = route.linkIndex else { return nil }
    if let source = route.preferredSource { return source }
    return try socket.addresses(linkIndex: link, family: .v4).first?.address.address
  }

  /// Brings up loopback in a new sandbox and keeps IPv6 off its future links, until an endpoint brings an IPv6 address.
  static func prepare(_ sandbox: FileDescriptor) throws {
    try RouteSocket(in: sandbox).perform(.setLink(.name("lo"), LinkSettings(isUp: true)))
    try Namespaces.inside(sandbox, .network) {
      try Sysctl.write(SysctlPlan("ipv6/conf/default/disable_ipv6", "1", isOptional: true))
    }
  }

  private func write(_ sysctls: [SysctlPlan]) throws {
    for sysctl in sysctls { try Sysctl.write(sysctl) }
  }

  static func interfaceAddress(_ address: IPCIDR, _ index: UInt32) -> InterfaceAddress {
    switch address {
    case .v4(let cidr): InterfaceAddress(address, linkIndex: index, broadcast: cidr.broadcast)
    // Nobody else can have an address that we gave out: it is usable at once.
    case .v6: InterfaceAddress(address, linkIndex: index, flags: .noDuplicateDetection)
    }
  }
}

extension ObjectPlan {
  /// The links that the sandbox gets.
  var interfaces: [String] {
    sandbox.links.map(\.name)
      + (host.links + segment.links).compactMap { link in
        if case .veth(let peer, _) = link.kind { peer } else { nil }
      }
  }
}

extension MacvlanSettings.Mode {
  fileprivate var kernel: MacvlanMode {
    switch self {
    case .bridge: .bridge
    case .private: .isolated
    case .vepa: .vepa
    case .passthru: .passthrough
    }
  }
}
