import Addressing
import Linux
import Netlink
import NetworkModel

/// Compares a plan with what one network namespace holds. Calls block.
struct PlanComparison {
  private let socket: RouteSocket
  private let namespace: FileDescriptor?

  /// - Parameter namespace: nil means the calling thread's.
  init(in namespace: FileDescriptor?) throws {
    socket = try RouteSocket(in: namespace)
    self.namespace = namespace
  }

  /// What is missing or otherwise, in sentences.
  /// - Parameter interfaces: links that must be there beside the plan's own (a veth's end in its sandbox).
  func differences(_ plan: NamespacePlan, interfaces: [String] = []) throws -> [String] {
    var found: [String] = []
    for name in plan.requiredLinks + interfaces where try socket.link(.name(name)) == nil {
      found.append("link \(name) is missing")
    }
    for link in plan.links { found += try differences(link) }
    for sysctl in plan.sysctls { if let difference = try difference(sysctl) { found.append(difference) } }
    for address in plan.addresses {
      guard let index = try socket.link(.name(address.link))?.index else { continue }
      if try !socket.addresses(linkIndex: index).contains(where: { $0.address == address.address }) {
        found.append("\(address.text) is missing")
      }
    }
    for route in plan.routes {
      guard let index = try socket.link(.name(route.link))?.index else { continue }
      let routes = try socket.routes(table: Route.Table.main, linkIndex: index)
      let isThere = routes.contains { other in
        other.gateway == route.gateway
          && (route.destination.map { other.destination == $0 }
            ?? (other.isDefault && other.destination.family == route.gateway?.family))
      }
      if !isThere { found.append("\(route.text) is missing") }
    }
    for neighbour in plan.neighbours {
      guard let index = try socket.link(.name(neighbour.link))?.index else { continue }
      let there = try socket.neighbours(linkIndex: index, family: neighbour.address.family)
      let isThere = there.contains { $0.destination == neighbour.address && $0.hardwareAddress == neighbour.mac }
      if !isThere { found.append("\(neighbour.text) is missing") }
    }
    for entry in plan.forwarding {
      guard let index = try socket.link(.name(entry.link))?.index else { continue }
      let there = try socket.forwarding(linkIndex: index)
      let isThere = there.contains { $0.hardwareAddress == entry.mac && $0.destination == entry.remote }
      if !isThere { found.append("\(entry.text): missing") }
    }
    return found
  }

  private func differences(_ link: LinkPlan) throws -> [String] {
    guard let there = try socket.link(.name(link.name)) else { return ["link \(link.name) is missing"] }
    var found: [String] = []
    if !there.isUp { found.append("link \(link.name) is down") }
    if link.mtu != 0, there.mtu != UInt32(link.mtu) {
      found.append("link \(link.name) has MTU \(there.mtu) instead of \(link.mtu)")
    }
    if let mac = link.mac, there.address != mac {
      found.append("link \(link.name) has address \(there.address.map { "\($0)" } ?? "none") instead of \(mac)")
    }
    if let master = link.master, try socket.link(.name(master))?.index != there.masterIndex || there.masterIndex == nil
    {
      found.append("link \(link.name) is not a port of \(master)")
    }
    return found
  }

  private func difference(_ plan: SysctlPlan) throws -> String? {
    func value() throws -> String? {
      do { return try Sysctl.value("/proc/sys/net/\(plan.path)") } catch let error as SystemError {
        if error.code == .noEntry { return nil }
        throw error
      }
    }
    let there = try namespace.map { try Namespaces.inside($0, .network) { try value() } } ?? value()
    guard let there else { return plan.isOptional ? nil : "sysctl \(plan.path) is not there" }
    return there == plan.value ? nil : "sysctl \(plan.path) is \(there) instead of \(plan.value)"
  }
}
