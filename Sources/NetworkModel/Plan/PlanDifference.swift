import Addressing

/// One thing that a namespace does not hold as it is planned. The same differences are told to people and repaired.
public enum PlanDifference: Sendable, Hashable {
  case linkMissing(LinkPlan)
  /// A link of somebody else's that a plan needs.
  case requiredLinkMissing(String)
  /// The link is there under another name: its mark is on it.
  case linkRenamed(LinkPlan, now: String)
  /// A link of another kind has the name.
  case otherKind(LinkPlan, kind: String)
  /// The mark of its owner is not on it.
  case linkUnmarked(LinkPlan)
  case linkDown(String)
  /// Bytes.
  case otherMTU(String, is: Int, wanted: Int)
  case otherMAC(String, is: MACAddress?, wanted: MACAddress)
  case noPort(LinkPlan, of: String)
  /// A bridge's port whose settings are others.
  case otherPort(LinkPlan)
  /// Nil where there is no such setting.
  case sysctl(SysctlPlan, is: String?)
  case addressMissing(AddressPlan)
  case routeMissing(RoutePlan)
  case neighbourMissing(NeighbourPlan)
  case forwardingMissing(ForwardingPlan)

  /// In a sentence.
  public var text: String {
    switch self {
    case .linkMissing(let link): "link \(link.name) is missing"
    case .requiredLinkMissing(let name): "link \(name) is missing"
    case .linkRenamed(let link, let now): "link \(link.name) is called \(now)"
    case .otherKind(let link, let kind):
      "link \(link.name) is no \(link.kind.kernelNames[0])" + (kind.isEmpty ? "" : " but a \(kind)")
    case .linkUnmarked(let link): "link \(link.name) does not bear the mark \(link.owner)"
    case .linkDown(let name): "link \(name) is down"
    case .otherMTU(let name, let there, let wanted): "link \(name) has MTU \(there) instead of \(wanted)"
    case .otherMAC(let name, let there, let wanted):
      "link \(name) has address \(there.map { "\($0)" } ?? "none") instead of \(wanted)"
    case .noPort(let link, let master): "link \(link.name) is not a port of \(master)"
    case .otherPort(let link): "port \(link.name) has other settings"
    case .sysctl(let plan, nil): "sysctl \(plan.path) is not there"
    case .sysctl(let plan, let there?): "sysctl \(plan.path) is \(there) instead of \(plan.value)"
    case .addressMissing(let plan): "\(plan.text) is missing"
    case .routeMissing(let plan): "\(plan.text) is missing"
    case .neighbourMissing(let plan): "\(plan.text) is missing"
    case .forwardingMissing(let plan): "\(plan.text): missing"
    }
  }

  /// The link that it is about; nil for settings.
  public var link: String? {
    switch self {
    case .linkMissing(let link), .linkRenamed(let link, _), .otherKind(let link, _), .linkUnmarked(let link),
      .noPort(let link, _), .otherPort(let link):
      link.name
    case .requiredLinkMissing(let name), .linkDown(let name), .otherMTU(let name, _, _), .otherMAC(let name, _, _):
      name
    case .sysctl: nil
    case .addressMissing(let plan): plan.link
    case .routeMissing(let plan): plan.link
    case .neighbourMissing(let plan): plan.link
    case .forwardingMissing(let plan): plan.link
    }
  }
}

extension LinkPlan.Kind {
  /// What the kernel calls links that serve as this kind, first the usual one.
  public var kernelNames: [String] {
    switch self {
    case .bridge: ["bridge"]
    // A kernel without dummy links gets a bridge without ports, which leads nowhere as well.
    case .dummy: ["dummy", "bridge"]
    case .vlan: ["vlan"]
    case .veth: ["veth"]
    case .macvlan: ["macvlan"]
    case .vxlan: ["vxlan"]
    }
  }

  /// Whether a link of this kind that somebody else has made serves as well. Such a link is its maker's to look after.
  public var mayBeForeign: Bool {
    switch self {
    case .bridge, .dummy, .vlan: true
    case .veth, .macvlan, .vxlan: false
    }
  }
}

extension NamespacePlan {
  /// What a namespace does not hold of this plan, in the order in which it would be put right. Pure.
  ///
  /// Of a link that somebody else has made (see `foreignLinks`) nothing is expected but that it is up and has the plan's
  /// addresses.
  public func differences(from state: NamespaceState) -> [PlanDifference] {
    var found = requiredLinks.filter { state.links[$0] == nil }.map(PlanDifference.requiredLinkMissing)
    for link in links { found += link.differences(from: state) }
    for sysctl in sysctls {
      let there = state.sysctls[sysctl.path]
      if there != sysctl.value, there != nil || !sysctl.isOptional { found.append(.sysctl(sysctl, is: there)) }
    }
    // What is on a link that is missing is missing with it, and need not be told.
    func isThere(_ link: String) -> Bool { state.links[link] != nil }
    found += addresses.filter { isThere($0.link) && !state.addresses.contains($0) }.map { .addressMissing($0) }
    found += routes.filter { isThere($0.link) && !state.routes.contains($0) }.map { .routeMissing($0) }
    found += neighbours.filter { isThere($0.link) && !state.neighbours.contains($0) }.map { .neighbourMissing($0) }
    found += forwarding.filter { isThere($0.link) && !state.forwarding.contains($0) }.map { .forwardingMissing($0) }
    return found
  }

  /// Links that somebody else has made under names of the plan, whether they serve or not.
  public func foreignLinks(in state: NamespaceState) -> Set<String> {
    let foreign = links.filter { link in
      state.links[link.name].map { link.isForeign($0) || !link.kind.kernelNames.contains($0.kind) } ?? false
    }
    return Set(foreign.map(\.name))
  }

  /// Routes that the kernel makes by itself with the addresses of this plan, for as long as nobody takes them away. None
  /// for links that somebody has put under another master: their routes are where that one has them.
  public func impliedRoutes(in state: NamespaceState) -> [RoutePlan] {
    addresses.compactMap { address in
      let cidr = address.address
      guard cidr.prefixLength < cidr.address.bytes.count * 8, let link = state.links[address.link], link.isUp,
        link.master == links.first(where: { $0.name == address.link })?.master, state.addresses.contains(address)
      else { return nil }
      return RoutePlan(destination: cidr.network, gateway: nil, link: address.link)
    }
  }
}

extension LinkPlan {
  fileprivate func isForeign(_ there: NamespaceState.Link) -> Bool {
    kind.mayBeForeign && kind.kernelNames.contains(there.kind) && there.owner != owner
  }

  fileprivate func differences(from state: NamespaceState) -> [PlanDifference] {
    guard let there = state.links[name] else {
      let renamed = state.links.values.filter { $0.owner == owner && kind.kernelNames.contains($0.kind) }
        .min { $0.name < $1.name }
      return [renamed.map { .linkRenamed(self, now: $0.name) } ?? .linkMissing(self)]
    }
    guard kind.kernelNames.contains(there.kind) else { return [.otherKind(self, kind: there.kind)] }
    let isForeign = isForeign(there)
    var found: [PlanDifference] = []
    // Stations are born in their sandbox, which marks them well enough.
    if case .macvlan = kind {} else if !isForeign, there.owner != owner { found.append(.linkUnmarked(self)) }
    if !there.isUp { found.append(.linkDown(name)) }
    if isForeign { return found }
    if mtu != 0, there.mtu != mtu { found.append(.otherMTU(name, is: there.mtu, wanted: mtu)) }
    if let mac, there.mac != mac { found.append(.otherMAC(name, is: there.mac, wanted: mac)) }
    guard let master else { return found }
    if there.master != master {
      found.append(.noPort(self, of: master))
    } else if there.isIsolated != isIsolated || there.isHairpin != isHairpin || there.learns != learns {
      found.append(.otherPort(self))
    }
    return found
  }
}
