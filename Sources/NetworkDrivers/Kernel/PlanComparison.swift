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

  /// The same with a socket that is open already, of the calling thread's namespace.
  init(_ socket: RouteSocket) {
    self.socket = socket
    namespace = nil
  }

  /// What is missing or otherwise.
  /// - Parameter interfaces: links that must be there beside the plan's own (a veth's end in its sandbox).
  func differences(_ plan: NamespacePlan, interfaces: [String] = []) throws -> [PlanDifference] {
    var plan = plan
    plan.requiredLinks += interfaces
    return plan.differences(from: try state(of: plan))
  }

  /// What there is of a plan: no more is read than the plan is about.
  func state(of plan: NamespacePlan) throws -> NamespaceState {
    var state = NamespaceState()
    let names = Set(
      plan.links.map(\.name) + plan.requiredLinks + plan.addresses.map(\.link) + plan.routes.map(\.link)
        + plan.neighbours.map(\.link) + plan.forwarding.map(\.link))
    var masters: [UInt32: String] = [:]
    var indices: [String: UInt32] = [:]
    func take(_ link: Link) throws {
      var master: String?
      if let index = link.masterIndex {
        master = try masters[index] ?? socket.link(.index(index))?.name
        masters[index] = master
      }
      state.links[link.name] = NamespaceState.Link(link, master: master)
    }
    let there = try names.compactMap { try socket.link(.name($0)) }
    for link in there {
      indices[link.name] = link.index
      masters[link.index] = link.name
    }
    for link in there { try take(link) }
    let missing = Set(plan.links.filter { state.links[$0.name] == nil }.map(\.owner))
    if !missing.isEmpty {
      // It may be there under another name.
      for link in try socket.links() where link.alias.map({ missing.contains($0) }) ?? false { try take(link) }
    }
    for link in Set(plan.addresses.map(\.link)) {
      guard let index = indices[link] else { continue }
      for there in try socket.addresses(linkIndex: index) {
        state.addresses.insert(AddressPlan(link: link, address: there.address))
      }
    }
    for link in Set(plan.routes.map(\.link)) {
      guard let index = indices[link] else { continue }
      state.routes.formUnion(try routes(through: index, link))
    }
    for link in Set(plan.neighbours.map(\.link)) {
      guard let index = indices[link] else { continue }
      for there in try socket.neighbours(linkIndex: index) {
        guard let address = there.destination, let mac = there.hardwareAddress else { continue }
        state.neighbours.insert(NeighbourPlan(address: address, mac: mac, link: link))
      }
    }
    for link in Set(plan.forwarding.map(\.link)) {
      guard let index = indices[link] else { continue }
      for there in try socket.forwarding(linkIndex: index) {
        guard let mac = there.hardwareAddress, let remote = there.destination else { continue }
        state.forwarding.insert(ForwardingPlan(mac: mac, remote: remote, link: link))
      }
    }
    try read(plan.sysctls, into: &state)
    return state
  }

  /// The routes of the main table through a link.
  func routes(through index: UInt32, _ link: String) throws -> [RoutePlan] {
    try socket.routes(table: Route.Table.main, linkIndex: index).map {
      RoutePlan(destination: $0.isDefault ? nil : $0.destination, gateway: $0.gateway, link: link)
    }
  }

  /// The routes of the main table through a link; none where there is no such link.
  func routes(through link: String) throws -> [RoutePlan] {
    guard let index = try socket.link(.name(link))?.index else { return [] }
    return try routes(through: index, link)
  }

  private func read(_ sysctls: [SysctlPlan], into state: inout NamespaceState) throws {
    if sysctls.isEmpty { return }
    func values() throws -> [String: String] {
      var values: [String: String] = [:]
      for sysctl in sysctls {
        do { values[sysctl.path] = try Sysctl.value("/proc/sys/net/\(sysctl.path)") } catch let error as SystemError {
          if error.code != .noEntry { throw error }
        }
      }
      return values
    }
    state.sysctls = try namespace.map { try Namespaces.inside($0, .network) { try values() } } ?? values()
  }
}

extension NamespaceState.Link {
  /// - Parameter master: the name of the link's master.
  init(_ link: Link, master: String?) {
    self.init(
      name: link.name, kind: link.kind ?? "", owner: link.alias, isUp: link.isUp, mtu: Int(link.mtu),
      mac: link.address, master: master)
    guard let port = link.bridgePort else { return }
    isIsolated = port.isolated ?? false
    isHairpin = port.hairpin ?? false
    learns = port.learning ?? true
  }
}
