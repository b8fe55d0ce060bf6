import Netlink
import NetworkModel

/// Which links one namespace has, as far as it was announced, and what news of them gives reason to look.
struct LinkPicture: Sendable {
  /// What a link is to us.
  enum Role: Sendable, Hashable {
    /// A network's; nil where the network has no link of this name any more: it was renamed.
    case network(String, LinkPlan?)
    /// One of somebody else's that a network needs.
    case base(ofNetwork: String)
    /// An endpoint's end on this side.
    case endpoint(String, LinkPlan?)

    var plan: LinkPlan? {
      switch self {
      case .network(_, let plan), .endpoint(_, let plan): plan
      case .base: nil
      }
    }

    var target: RepairTarget {
      switch self {
      case .network(let id, _), .base(let id): .network(id)
      case .endpoint(let id, _): .endpoint(id)
      }
    }
  }

  /// What is to be looked at.
  struct Suspicion: Sendable, Hashable {
    var targets: Set<RepairTarget> = []
    /// Networks whose endpoints are all to be looked at: the link that carries them is another one now.
    var membersOf: Set<String> = []
    /// All networks' settings.
    var settings = false
    /// A network's link has come, so that its settings can be watched.
    var hasNewLinks = false

    var isEmpty: Bool { targets.isEmpty && membersOf.isEmpty && !settings && !hasNewLinks }
  }

  private var names: [UInt32: String] = [:]
  private var indices: [String: UInt32] = [:]

  init() {}

  init(_ links: [Link]) { for link in links { note(link.name, link.index) } }

  private mutating func note(_ name: String, _ index: UInt32) {
    if let old = names[index], old != name, indices[old] == index { indices[old] = nil }
    names[index] = name
    indices[name] = index
  }

  /// Takes the news in, and tells what they give reason to look at.
  /// - Parameter roles: what a link is to us, by its name and alias.
  mutating func suspicion(_ news: LinkNews, _ roles: (_ name: String, _ alias: String?) -> [Role]) -> Suspicion {
    var suspicion = Suspicion()
    let before = indices
    for (index, link) in news.gone {
      if let name = names.removeValue(forKey: index), indices[name] == index { indices[name] = nil }
      for role in roles(link.name, link.alias) {
        suspicion.targets.insert(role.target)
        if case .network(let id) = role.target { suspicion.membersOf.insert(id) }
      }
    }
    for (index, link) in news.links { note(link.name, index) }
    for (index, link) in news.links {
      for role in roles(link.name, link.alias) {
        let isNew = before[link.name] != index
        switch role {
        case .base(let network):
          if isNew {
            suspicion.targets.insert(role.target)
            suspicion.membersOf.insert(network)
          }
        case .network(let network, let plan):
          if isNew { suspicion.hasNewLinks = true }
          if differs(link, from: plan) { suspicion.targets.insert(role.target) }
          if isNew, link.alias != plan?.owner { suspicion.membersOf.insert(network) }
        case .endpoint(_, let plan): if differs(link, from: plan) { suspicion.targets.insert(role.target) }
        }
      }
    }
    for (index, options) in news.ports {
      guard let name = names[index] else { continue }
      for role in roles(name, nil) where role.plan.map({ differs(options, from: $0) }) ?? false {
        suspicion.targets.insert(role.target)
      }
    }
    for index in news.stripped {
      guard let name = names[index] else { continue }
      for case .network(let id, _) in roles(name, nil) { suspicion.targets.insert(.network(id)) }
    }
    suspicion.settings = news.stopsForwarding
    return suspicion
  }

  private func differs(_ port: BridgePortOptions, from plan: LinkPlan) -> Bool {
    (port.isolated ?? plan.isIsolated) != plan.isIsolated || (port.hairpin ?? plan.isHairpin) != plan.isHairpin
      || (port.learning ?? plan.learns) != plan.learns
  }

  private func differs(_ link: Link, from plan: LinkPlan?) -> Bool {
    guard let plan else { return true }
    var alone = NamespacePlan()
    alone.links = [plan]
    var state = NamespaceState()
    state.links[link.name] = NamespaceState.Link(link, master: link.masterIndex.flatMap { names[$0] })
    return !alone.differences(from: state).isEmpty
  }
}
