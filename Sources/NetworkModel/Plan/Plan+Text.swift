import Addressing

extension ObjectPlan {
  /// The plan as lines for people and golden files, in a fixed order.
  public var text: String {
    var lines = ["\(firewall.key)"]
    for (title, part) in [
      ("host", host.lines), ("segment", segment.lines), ("sandbox", sandbox.lines),
      ("firewall", firewall.entries.map(\.text)),
    ] where !part.isEmpty {
      lines += ["  \(title)"] + part.map { "    \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension NamespacePlan {
  /// A line for each thing that the namespace shall hold.
  public var lines: [String] {
    var lines = requiredLinks.map { "needs link \($0)" }
    lines += links.map { "link \($0.text)" }
    lines += sysctls.map(\.text)
    lines += addresses.map(\.text)
    lines += routes.map(\.text)
    lines += neighbours.map(\.text)
    lines += forwarding.map(\.text)
    return lines
  }
}

extension SysctlPlan {
  public var text: String { "sysctl \(path) = \(value)" + (isOptional ? " (if there)" : "") }
}

extension AddressPlan {
  public var text: String { "address \(address) on \(link)" }
}

extension RoutePlan {
  public var text: String {
    "route \(destination.map { "\($0)" } ?? "default")" + (gateway.map { " via \($0)" } ?? "") + " on \(link)"
  }
}

extension NeighbourPlan {
  public var text: String { "neighbour \(address) is \(mac) on \(link)" }
}

extension ForwardingPlan {
  public var text: String { "\(mac) is behind \(remote) on \(link)" }
}

extension LinkPlan {
  fileprivate var text: String {
    var words = [name]
    switch kind {
    case .bridge: words.append("bridge")
    case .dummy: words.append("dummy")
    case .macvlan(let parent, let mode): words.append("macvlan \(mode.rawValue) on \(parent)")
    case .vlan(let vlan): words.append("VLAN \(vlan.id) on \(vlan.link)")
    case .vxlan(let identifier, let local): words.append("VXLAN \(identifier) from \(local)")
    case .veth(let peer, let mac): words.append("veth to \(peer) \(mac) in the sandbox")
    }
    if mtu != 0 { words.append("mtu \(mtu)") }
    if let mac { words.append("address \(mac)") }
    if let master { words.append("port of \(master)") }
    if isIsolated { words.append("isolated") }
    if isHairpin { words.append("hairpin") }
    if !learns { words.append("learns nothing") }
    if hasLinkLocal { words.append("link-local") }
    words.append("owner \(owner)")
    return words.joined(separator: ", ")
  }
}

extension FirewallEntry {
  /// The entry in a sentence.
  public var text: String {
    switch self {
    case .bridge(let name, let subnets, let interContainer):
      "bridge \(name) with \(subnets.map { "\($0)" }.joined(separator: " and ")), containers "
        + (interContainer ? "reach each other" : "do not reach each other")
    case .confine(let bridge): "nothing gets into \(bridge) from elsewhere, nor out of it"
    case .unprotected(let bridge, let family): "every \(family.rawValue) port on \(bridge) can be reached"
    case .echo(let bridge, let family): "\(family.rawValue) on \(bridge) answers pings"
    case .open(let bridge, let address, let port):
      "\(Self.host(address)):\(port) on \(bridge) can be reached"
    case .openFrom(let link, let bridge, let address, let port):
      "\(Self.host(address)):\(port) on \(bridge) can be reached from \(link)"
    case .masquerade(let bridge, let family): "masquerade \(family.rawValue) out of \(bridge)"
    case .leaveAs(let address, let bridge): "what leaves \(bridge) comes from \(address)"
    case .publish(let key, let target):
      "publish \(Self.host(key.address)):\(key.port) to \(Self.host(target.address)):\(target.port)"
    }
  }

  private static func host(_ address: IPAddress) -> String { address.family == .v6 ? "[\(address)]" : "\(address)" }
}
