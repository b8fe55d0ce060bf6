import Addressing
import Linux
import Netlink
import NetworkModel
import Synchronization

/// An overlay network's namespace on this host. Calls block: the controller's thread makes them.
final class OverlaySegment: Sendable {
  /// The links in the namespace.
  let links: HostNetwork
  /// What becomes of them, and of the tables.
  let watch: LinkWatch
  private let namespace: FileDescriptor
  private let socket: RouteSocket
  /// What the kernel's tables hold; nil where that must be read first.
  private let held = Mutex<OverlayTables?>(nil)

  init(_ namespace: FileDescriptor, underlay: HostNetwork) throws {
    self.namespace = namespace
    watch = try LinkWatch(tables: true, in: namespace)
    links = try HostNetwork(in: namespace, underlay: underlay)
    socket = try RouteSocket(in: namespace)
  }

  /// Brings bridge and tunnel to be as planned.
  func ensure(_ plan: NamespacePlan) throws {
    for case .vxlan(let identifier, let local) in plan.links.map(\.kind) {
      // What defines a tunnel cannot be changed on one that is there.
      guard let there = try socket.link(.name(OverlayDriver.tunnelName)), let options = there.vxlan,
        options.identifier != identifier || options.local != local
      else { continue }
      try links.deleteLink(OverlayDriver.tunnelName)
      held.withLock { $0 = nil }
    }
    try Namespaces.inside(namespace, .network) { try links.ensure(plan) }
    // Neighbours are asked for by multicast, which must reach the tunnel's end of the bridge though nobody there asked
    // for it.
    var options = BridgeOptions()
    options.multicastSnooping = false
    try socket.perform(.setBridge(.name(OverlayDriver.bridgeName), options))
  }

  /// Brings the tunnel's tables to be as given: only the difference is sent, in one batch.
  func apply(_ tables: OverlayTables) throws {
    guard let tunnel = try socket.link(.name(OverlayDriver.tunnelName))?.index else {
      throw NetworkError(.failed, "the tunnel of an overlay network is gone: it is made again in a moment")
    }
    let before = try held.withLock { $0 } ?? read(tunnel)
    let changes = tables.changes(from: before)
    if changes.isEmpty {
      held.withLock { $0 = tables }
      return
    }
    held.withLock { $0 = nil }
    var gone: [NetlinkRequest] = []
    for (mac, vtep) in changes.removedForwarding {
      gone += [
        .deleteNeighbour(Neighbour(forwarding: mac, linkIndex: tunnel, destination: vtep, flags: .device)),
        .deleteNeighbour(Neighbour(forwarding: mac, linkIndex: tunnel, state: .noARP, flags: .master)),
      ]
    }
    for (address, mac) in changes.removedNeighbours {
      gone.append(.deleteNeighbour(Neighbour(address, hardwareAddress: mac, linkIndex: tunnel)))
    }
    var coming: [NetlinkRequest] = []
    for (mac, vtep) in changes.setForwarding {
      coming += [
        .replaceNeighbour(Neighbour(forwarding: mac, linkIndex: tunnel, destination: vtep, flags: .device)),
        // The bridge knows as well, and floods nothing to its other ports.
        .replaceNeighbour(Neighbour(forwarding: mac, linkIndex: tunnel, state: .noARP, flags: .master)),
      ]
    }
    for (address, mac) in changes.setNeighbours {
      coming.append(.replaceNeighbour(Neighbour(address, hardwareAddress: mac, linkIndex: tunnel)))
    }
    for (index, answer) in try socket.exchange(gone + coming).enumerated() {
      guard let error = answer.error else { continue }
      // What shall go may have gone by itself.
      if index < gone.count, error.errno == .noEntry { continue }
      throw error
    }
    held.withLock { $0 = tables }
  }

  private func read(_ tunnel: UInt32) throws -> OverlayTables {
    var tables = OverlayTables()
    for entry in try socket.neighbours(linkIndex: tunnel) where entry.state.contains(.permanent) {
      if let address = entry.destination, let mac = entry.hardwareAddress { tables.neighbours[address] = mac }
    }
    for entry in try socket.forwarding(linkIndex: tunnel) where entry.linkIndex == tunnel {
      if let mac = entry.hardwareAddress, let vtep = entry.destination { tables.forwarding[mac] = vtep }
    }
    return tables
  }

  /// Puts bridge, tunnel and tables right where somebody has changed them.
  /// - Parameter tables: what the tunnel's tables shall hold; nil leaves them as they are.
  func repair(_ plan: NamespacePlan, tables: OverlayTables?) throws -> Repair {
    var repair = try Namespaces.inside(namespace, .network) { try links.repair(plan) }
    if !repair.done.isEmpty {
      var options = BridgeOptions()
      options.multicastSnooping = false
      try socket.perform(.setBridge(.name(OverlayDriver.bridgeName), options))
    }
    guard let tables else { return repair }
    var entries = NamespacePlan()
    (entries.neighbours, entries.forwarding) = tables.plan(link: OverlayDriver.tunnelName)
    let differences = try PlanComparison(in: namespace).differences(entries)
    if differences.isEmpty && repair.done.isEmpty { return repair }
    held.withLock { $0 = nil }
    try apply(tables)
    repair.done += differences
    return repair
  }

  /// Whether somebody has changed an entry of the tables that we have set.
  func isDamaged(by news: LinkNews) -> Bool {
    guard let held = held.withLock({ $0 }) else { return false }
    let isGone = news.goneEntries.contains { entry in
      entry.isForwarding
        ? entry.hardwareAddress.map { held.forwarding[$0] != nil } ?? false
        : entry.destination.map { held.neighbours[$0] != nil } ?? false
    }
    return isGone
      || news.setEntries.contains { entry in
        guard let mac = entry.hardwareAddress, let address = entry.destination else { return false }
        return entry.isForwarding
          ? held.forwarding[mac].map { $0 != address } ?? false : held.neighbours[address].map { $0 != mac } ?? false
      }
  }

  /// The names of the links that are there.
  func names() throws -> Set<String> { Set(try links.links().map(\.name)) }
}
