import Addressing
import Linux
import Netlink
import NetworkModel

/// What a look at a plan has come to.
struct Repair: Sendable, Equatable {
  /// What was otherwise and is as planned again, in the order in which it was put right.
  var done: [PlanDifference] = []
  /// What is otherwise and not ours to change.
  var obstacles: [PlanDifference] = []
}

/// Puts right what somebody else has changed: reads what there is of a plan, and changes what differs and nothing else.
/// Links that are not ours stay as they are.
extension HostNetwork {
  /// How often a plan is compared with the kernel for one repair: what is put right first (a link) shows what else is
  /// missing (its addresses, then their routes).
  private static let rounds = 4

  /// Brings a network's part of this namespace to be as planned. Must be called in the namespace.
  /// - Throws: what the kernel refuses; and where it does not stay as it is put.
  func repair(_ plan: NamespacePlan) throws -> Repair {
    var repair = Repair()
    var made: Set<String> = []
    for _ in 0..<Self.rounds {
      let (ours, others) = try damage(to: plan)
      repair.obstacles = others
      if ours.isEmpty { return repair }
      for difference in ours { try putRight(difference) }
      // That a link which is made anew lacks everything need not be told.
      repair.done += ours.filter { !repair.done.contains($0) && !$0.isAbout(made) }
      for case .linkMissing(let link) in ours { made.insert(link.name) }
    }
    let (rest, others) = try damage(to: plan)
    repair.obstacles = others
    if rest.isEmpty { return repair }
    throw NetworkError(
      .failed,
      "it does not stay as it is put: \(rest.map(\.text).joined(separator: "; ")): somebody else changes it too")
  }

  /// What of a plan is otherwise: what is ours to put right, and what is not.
  private func damage(to plan: NamespacePlan) throws -> (ours: [PlanDifference], others: [PlanDifference]) {
    let comparison = PlanComparison(socket)
    let state = try comparison.state(of: plan)
    let foreign = plan.foreignLinks(in: state)
    var differences = plan.differences(from: state)
    let implied = plan.impliedRoutes(in: state)
    for link in Set(implied.map(\.link)) {
      let there = try comparison.routes(through: link)
      differences += implied.filter { $0.link == link && !there.contains($0) }.map { .routeMissing($0) }
    }
    // Nothing can be said of the settings of a link that is on its way, nor can it become a port of such a one.
    let coming = Set(plan.links.map(\.name)).subtracting(state.links.keys)
    differences.removeAll { difference in
      switch difference {
      case .sysctl(_, nil): difference.isAbout(coming)
      case .noPort(_, let master): coming.contains(master)
      default: false
      }
    }
    func isOurs(_ difference: PlanDifference) -> Bool {
      switch difference {
      case .requiredLinkMissing, .otherKind, .sysctl(_, nil): false
      default: !difference.isAbout(foreign)
      }
    }
    return (differences.filter(isOurs), differences.filter { !isOurs($0) })
  }

  /// Changes one thing. What somebody else has put right meanwhile is no error.
  func putRight(_ difference: PlanDifference) throws {
    switch difference {
    case .linkMissing(let link):
      try make(link)
      do { try settle(link) } catch {
        // A link half made is nobody's afterwards.
        _ = try socket.exchange([.deleteLink(.name(link.name))])
        throw error
      }
    case .linkRenamed(let link, let now): try rename(now, to: link)
    case .linkUnmarked(let link):
      var settings = LinkSettings()
      settings.alias = link.owner
      try socket.perform(.setLink(.name(link.name), settings))
    case .linkDown(let name): try socket.perform(.setLink(.name(name), LinkSettings(isUp: true)))
    case .otherMTU(let name, _, let wanted):
      try socket.perform(.setLink(.name(name), LinkSettings(mtu: UInt32(wanted))))
    case .otherMAC(let name, _, let wanted): try socket.perform(.setLink(.name(name), LinkSettings(address: wanted)))
    case .noPort(let link, let master):
      let bridge = try index(of: master, "bridge")
      try socket.perform([
        .setLink(.name(link.name), LinkSettings(isUp: true, masterIndex: bridge)),
        .setBridgePort(.name(link.name), BridgePortOptions(link)),
      ])
    case .otherPort(let link): try socket.perform(.setBridgePort(.name(link.name), BridgePortOptions(link)))
    case .sysctl(let sysctl, _): try Sysctl.write(sysctl)
    case .addressMissing(let address):
      let index = try index(of: address.link, "link")
      try add(.addAddress(Self.interfaceAddress(address.address, index)))
    case .routeMissing(let route):
      guard let destination = route.destination else { return }
      var kernels = Route(destination, linkIndex: try index(of: route.link, "link"), origin: .kernel)
      // As the kernel makes them, so that it takes them away with the address.
      if destination.family == .v6 { kernels.metric = 256 }
      kernels.preferredSource = try preferredSource(for: destination, on: route.link)
      try add(.addRoute(kernels))
    case .requiredLinkMissing, .otherKind, .neighbourMissing, .forwardingMissing: break
    }
  }

  private func add(_ request: NetlinkRequest) throws {
    do { try socket.perform(request) } catch { if error.errno != .exists { throw error } }
  }

  /// The source address that an IPv4 route of the kernel's carries: the link's own one in the subnet.
  private func preferredSource(for destination: IPCIDR, on link: String) throws -> IPAddress? {
    guard destination.family == .v4, let index = try socket.link(.name(link))?.index else { return nil }
    return try socket.addresses(linkIndex: index, family: .v4).first { $0.address.network == destination }?
      .address.address
  }

  private func rename(_ now: String, to link: LinkPlan) throws {
    guard let there = try socket.link(.name(now)), there.alias == link.owner else { return }
    let rename = NetlinkRequest.setLink(.index(there.index), LinkSettings(name: link.name))
    do { try socket.perform(rename) } catch {
      // Kernels before 6.2 rename no link that is up.
      guard error.errno == .busy else { throw error }
      try socket.perform([.setLink(.index(there.index), LinkSettings(isUp: false)), rename])
      try socket.perform(.setLink(.index(there.index), LinkSettings(isUp: true)))
    }
  }

  // MARK: endpoints

  /// Brings an endpoint's links to be as planned: its end on the host, as a port of its bridge; where it has lost its
  /// link, a new one in its sandbox, with the addresses and routes of the plan. What else a container does to its own
  /// side is its own affair.
  /// - Parameter sandbox: a handle on the endpoint's sandbox.
  func repairEndpoint(_ plan: ObjectPlan, sandbox: FileDescriptor) throws -> Repair {
    let state = try PlanComparison(socket).state(of: plan.host)
    let differences = plan.host.differences(from: state)
    // Without its bridge or parent it has nowhere to be; the network's own repair comes back to it.
    for link in plan.host.links + plan.sandbox.links where try !hasBase(link) { return Repair() }
    let lost = try differences.filter(\.isLoss) + lostStations(plan, sandbox)
    if !lost.isEmpty {
      try removeRemains(of: plan, in: sandbox)
      do { try create(plan, sandbox: sandbox) } catch {
        // What was half made goes, and nothing else: somebody may have taken the name meanwhile.
        for link in plan.host.links where try leads(from: link, into: sandbox) { try deleteLink(link.name) }
        try Self.deleteLinks(plan.sandbox.links.map(\.name), in: sandbox)
        throw error
      }
      return Repair(done: lost)
    }
    for case .linkUnmarked(let link) in differences where try !leads(from: link, into: sandbox) {
      return Repair(obstacles: differences)
    }
    let others = differences.filter { if case .otherKind = $0 { true } else { false } }
    if !others.isEmpty { return Repair(obstacles: others) }
    for difference in differences { try putRight(difference) }
    return Repair(done: differences)
  }

  private func hasBase(_ link: LinkPlan) throws -> Bool {
    if case .macvlan(let parent, _) = link.kind { return try socket.link(.name(parent)) != nil }
    guard let master = link.master else { return true }
    return try socket.link(.name(master))?.kind == "bridge"
  }

  /// Links that were born in the sandbox and are not there any more.
  private func lostStations(_ plan: ObjectPlan, _ sandbox: FileDescriptor) throws -> [PlanDifference] {
    if plan.sandbox.links.isEmpty { return [] }
    var stations = NamespacePlan()
    stations.links = plan.sandbox.links
    return try PlanComparison(in: sandbox).differences(stations).filter(\.isLoss)
  }

  /// Whether a veth's other end is the endpoint's link in its sandbox.
  private func leads(from link: LinkPlan, into sandbox: FileDescriptor) throws -> Bool {
    guard case .veth(let peer, let mac) = link.kind, let own = try socket.link(.name(link.name)),
      let inside = try RouteSocket(in: sandbox).link(.name(peer))
    else { return false }
    return inside.kind == "veth" && inside.parentIndex == own.index && own.parentIndex == inside.index
      && inside.address == mac
  }

  /// An end in the sandbox whose other end has been taken to another place leads nowhere any more: it goes, so that its
  /// name is free. A link that is not the endpoint's stays, and keeps the name.
  private func removeRemains(of plan: ObjectPlan, in sandbox: FileDescriptor) throws {
    for case .veth(let peer, let mac) in plan.host.links.map(\.kind) {
      let inside = try RouteSocket(in: sandbox)
      guard let there = try inside.link(.name(peer)) else { continue }
      guard there.kind == "veth", there.address == mac else {
        throw NetworkError(.conflict, "the sandbox has a link \(peer) that is not the endpoint's")
      }
      try inside.perform(.deleteLink(.index(there.index)))
    }
  }
}

extension PlanDifference {
  /// Whether it is about one of these links, or a setting of one.
  fileprivate func isAbout(_ links: Set<String>) -> Bool {
    if case .sysctl(let sysctl, _) = self { return links.contains { sysctl.path.contains("/\($0)/") } }
    return link.map { links.contains($0) } ?? false
  }

  fileprivate var isLoss: Bool { if case .linkMissing = self { true } else { false } }
}

extension BridgePortOptions {
  /// What a plan says of a port.
  init(_ link: LinkPlan) {
    self.init()
    isolated = link.isIsolated
    hairpin = link.isHairpin
    learning = link.learns
  }
}
