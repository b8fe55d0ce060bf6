import Addressing
import Netlink

/// What the kernel has announced of one namespace since the last look, each thing only as it was said last: most of it is
/// the echo of what we have done ourselves, and ends as it was planned.
struct LinkNews: Sendable {
  /// New or changed links, by index.
  private(set) var links: [UInt32: Link] = [:]
  /// Links that are gone, by index.
  private(set) var gone: [UInt32: Link] = [:]
  /// Settings of bridges' ports, by the index of the port's link.
  private(set) var ports: [UInt32: BridgePortOptions] = [:]
  /// Links that have lost an address or a route, by index.
  private(set) var stripped: Set<UInt32> = []
  /// Forwarding was switched off for all links.
  private(set) var stopsForwarding = false
  /// Entries of neighbour and forwarding tables that were set.
  private(set) var setEntries: [Neighbour] = []
  /// Entries that are gone.
  private(set) var goneEntries: [Neighbour] = []
  /// Something was announced that nobody has read: everything must be looked at.
  var isIncomplete = false

  var isEmpty: Bool {
    links.isEmpty && gone.isEmpty && ports.isEmpty && stripped.isEmpty && !stopsForwarding && setEntries.isEmpty
      && goneEntries.isEmpty && !isIncomplete
  }

  mutating func take(_ event: RouteEvent) {
    switch event {
    case .link(let link):
      links[link.index] = link
      gone[link.index] = nil
    case .linkRemoved(let link):
      gone[link.index] = link
      links[link.index] = nil
      ports[link.index] = nil
      stripped.remove(link.index)
    case .port(let index, let options): ports[index] = options
    case .addressRemoved(let address): stripped.insert(address.linkIndex)
    case .routeRemoved(let route):
      // Of the host's own addresses' routes the address tells; neighbours' and default routes are no concern of ours.
      if route.table == Route.Table.main, !route.isDefault, let index = route.linkIndex { stripped.insert(index) }
    case .forwarding(_, linkIndex: nil, let isOn): if !isOn { stopsForwarding = true }
    case .neighbour(let entry): setEntries.append(entry)
    case .neighbourRemoved(let entry): goneEntries.append(entry)
    case .address, .route, .rule, .ruleRemoved, .forwarding: break
    }
  }
}
