import Addressing
import Linux
import Netlink
import NetworkModel

/// Applies plans to the host's network namespace and to sandboxes. Calls block: one owned thread makes them.
final class HostNetwork: Sendable {
  private let socket: RouteSocket

  /// Opens its socket in the calling thread's network namespace, or in `namespace`.
  init(in namespace: FileDescriptor? = nil) throws { socket = try RouteSocket(in: namespace) }

  /// Brings the links, addresses and settings of a network to be as planned, whatever is there now.
  func ensure(_ plan: NamespacePlan) throws {
    for link in plan.links {
      let existing = try socket.link(.name(link.name))
      if let existing {
        guard existing.kind == "bridge", existing.alias == link.owner else {
          let what = existing.alias.map { " (its alias is \"\($0)\")" } ?? ""
          throw NetworkError(
            .conflict,
            "link \(link.name) exists and is not ours\(what): choose another bridge name with --bridge, or remove it")
        }
      } else {
        var settings = LinkSettings(name: link.name, mtu: UInt32(link.mtu))
        settings.address = link.mac
        _ = try socket.createLink(NewLink(.bridge(BridgeOptions()), settings))
      }
      var settings = LinkSettings(isUp: true, mtu: UInt32(link.mtu), address: link.mac)
      settings.alias = link.owner
      settings.ipv6AddressGeneration = link.hasLinkLocal ? nil : IPv6AddressGeneration.none
      do { try socket.perform(.setLink(.name(link.name), settings)) } catch {
        // A bridge half made is nobody's afterwards.
        if existing == nil { _ = try socket.exchange([.deleteLink(.name(link.name))]) }
        throw error
      }
    }
    try write(plan.sysctls)
    for link in Set(plan.addresses.map(\.link)) {
      guard let index = try socket.link(.name(link))?.index else { continue }
      let wanted = plan.addresses.filter { $0.link == link }.map(\.address)
      let there = try socket.addresses(linkIndex: index)
      let gone = there.filter { !wanted.contains($0.address) && !$0.address.address.isLinkLocal }
      try socket.perform(gone.map { .deleteAddress($0) })
      let new = wanted.filter { address in !there.contains { $0.address == address } }
      try socket.perform(new.map { .addAddress(Self.interfaceAddress($0, index)) })
    }
  }

  /// Makes an endpoint: its pair of links in one batch on the host, the rest in one batch in the sandbox.
  func create(_ plan: ObjectPlan, sandbox: FileDescriptor) throws {
    for link in plan.host.links {
      guard case .veth(let peerName, let peerMAC) = link.kind else { continue }
      var master: UInt32?
      if let name = link.master {
        guard let bridge = try socket.link(.name(name)) else {
          throw NetworkError(.failed, "bridge \(name) is gone: restart the engine to make it anew")
        }
        master = bridge.index
      }
      let peer = LinkSettings(
        name: peerName, mtu: UInt32(link.mtu), address: peerMAC, namespace: sandbox)
      let own = LinkSettings(name: link.name, mtu: UInt32(link.mtu), masterIndex: master)
      var marks = LinkSettings(isUp: true)
      marks.alias = link.owner
      marks.ipv6AddressGeneration = link.hasLinkLocal ? nil : IPv6AddressGeneration.none
      var batch: [NetlinkRequest] = [
        .createLink(NewLink(.veth(peer: peer), own)), .setLink(.name(link.name), marks),
      ]
      if link.isIsolated || link.isHairpin {
        var port = BridgePortOptions()
        port.isolated = link.isIsolated
        port.hairpin = link.isHairpin
        batch.append(.setBridgePort(.name(link.name), port))
      }
      try socket.perform(batch)
    }
    try configure(plan.sandbox, sandbox)
  }

  /// Puts links that are there under their masters again: a bridge that somebody deleted has lost its ports.
  func attach(_ links: [LinkPlan]) throws {
    for link in links {
      guard let name = link.master, let bridge = try socket.link(.name(name)),
        let own = try socket.link(.name(link.name)),
        own.masterIndex != bridge.index
      else { continue }
      try socket.perform(.setLink(.index(own.index), LinkSettings(isUp: true, masterIndex: bridge.index)))
    }
  }

  private func configure(_ plan: NamespacePlan, _ sandbox: FileDescriptor) throws {
    guard !plan.addresses.isEmpty || !plan.routes.isEmpty else { return }
    if !plan.sysctls.isEmpty { try Namespaces.inside(sandbox, .network) { try write(plan.sysctls) } }
    let inside = try RouteSocket(in: sandbox)
    var indices: [String: UInt32] = [:]
    // A veth cannot be born up: its other end is not there yet.
    for name in Set(plan.addresses.map(\.link) + plan.routes.map(\.link)) {
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
  func deleteLink(_ name: String) throws {
    do { try socket.perform(.deleteLink(.name(name))) } catch {
      if error.errno != .noDevice { throw error }
    }
  }

  /// The links of this namespace.
  func links() throws -> [Link] { try socket.links() }

  /// Networks that the host already reaches: subnets for containers must keep out of them.
  func routedNetworks(except bridge: String) throws -> [IPCIDR] {
    let own = try socket.link(.name(bridge))?.index
    return try socket.routes(table: Route.Table.main)
      .filter { !$0.isDefault && ($0.linkIndex == nil || $0.linkIndex != own) }.map(\.destination)
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

  private static func interfaceAddress(_ address: IPCIDR, _ index: UInt32) -> InterfaceAddress {
    switch address {
    case .v4(let cidr): InterfaceAddress(address, linkIndex: index, broadcast: cidr.broadcast)
    // Nobody else can have an address that we gave out: it is usable at once.
    case .v6: InterfaceAddress(address, linkIndex: index, flags: .noDuplicateDetection)
    }
  }
}
