import Addressing
import Linux
import Netlink
import NetworkModel
import Synchronization

extension NetworkController {
  /// Joins a sandbox to a network: address, link, routes and published ports, all or nothing.
  public func join(
    sandbox: String, network reference: String, options: EndpointOptions
  ) async throws -> EndpointRecord {
    let services = try running()
    return try await sandboxLocks.withLock(sandbox) { try await join(sandbox, reference, options, services) }
  }

  /// The same; the sandbox's lock is held.
  func join(
    _ sandbox: String, _ reference: String, _ options: EndpointOptions, _ services: Services
  ) async throws -> EndpointRecord {
    guard let network = network(reference) else {
      throw NetworkError(.notFound, "network \(reference) not found")
    }
    let driver = try driver(of: network)
    if network.isConfigurationOnly {
      throw NetworkError(
        .forbidden, "cannot create endpoint on configuration-only network")
    }
    if view.withLock({ $0.leaving.contains(network.id) }) {
      throw NetworkError(.notFound, "network \(reference) not found: it is being removed")
    }
    if network.overlay != nil { return try await joinOverlay(sandbox, network, options, services) }
    var endpoint = EndpointRecord(
      id: ObjectID.random(), name: options.name, networkID: network.id, sandboxID: sandbox)
    endpoint.gatewayPriority = options.gatewayPriority
    endpoint.isGateway = options.isGateway
    guard driver.capabilities.hasLinks else {
      try services.journal.put(endpoint)
      view.withLock { $0.endpoints[endpoint.id] = endpoint }
      return endpoint
    }
    let others = memberships(of: sandbox)
    if others.contains(where: { $0.network.id == network.id }) {
      throw NetworkError(
        .forbidden, "endpoint with name \(options.name) already exists in network \(network.name)")
    }
    guard let namespace = try services.sandboxes.open(sandbox) else {
      throw NetworkError(.notFound, "sandbox \(sandbox) not found")
    }
    let id = endpoint.id
    view.withLock { $0.joining[id] = network.id }
    defer { view.withLock { _ = $0.joining.removeValue(forKey: id) } }
    do {
      try await address(&endpoint, options, on: network)
      let plugin = plugin(of: network)
      if let plugin { try await plugIn(&endpoint, options, plugin, namespace, services) }
      do { try publish(&endpoint, options.ports, on: network, services) } catch {
        throw Self.programming(endpoint, error)
      }
      try services.journal.put(endpoint)
      var plan = driver.plan(endpoint, on: network)
      let before = GatewayChoice.routes(among: others)
      let after = GatewayChoice.routes(among: others + [(endpoint, network)])
      if before.isEmpty { plan.sandbox.routes += after }
      let moved = plugin == nil || endpoint.interface.isEmpty ? nil : endpoint.interface
      try services.host.create(plan, sandbox: namespace, moved: moved)
      if !before.isEmpty { try HostNetwork.replaceDefaultRoutes(before, by: after, in: namespace) }
      try services.firewall.add(plan.firewall)
      try services.ports.open(endpoint.ports)
      services.shortcuts.add(plan.firewall.loopbackShortcuts)
      if let plugin {
        endpoint.remote?.progress = .joined
        if !options.ports.isEmpty || after.contains(where: { $0.link == endpoint.interface }) {
          do { try await publishAtPlugin(&endpoint, plugin, plugins.patience()) } catch {
            throw Self.programming(endpoint, error)
          }
        }
        try services.journal.put(endpoint)
      }
    } catch {
      // The first error is the reason; what the way back meets is of no use to anyone.
      do { try await leave(endpoint, services) } catch { Diagnostics.warn("after a failed join: \(error)") }
      throw error
    }
    let joined = endpoint
    view.withLock { $0.endpoints[joined.id] = joined }
    // A way out of its own makes the overlay networks' one needless.
    try await settleGateway(of: sandbox, services)
    return joined
  }

  /// The endpoints of a sandbox with their networks, in the order of their links.
  nonisolated func memberships(of sandbox: String) -> [(endpoint: EndpointRecord, network: NetworkRecord)] {
    allEndpoints(of: sandbox).compactMap { endpoint in network(endpoint.networkID).map { (endpoint, $0) } }
  }

  /// Ports of families that the network translates are published on the host, those of families that it routes are
  /// opened at the endpoint's own address.
  func publish(
    _ endpoint: inout EndpointRecord, _ bindings: [PortBinding], on network: NetworkRecord, _ services: Services
  ) throws {
    guard let bridge = network.bridge, !network.isInternal else { return }
    let routed = Set([IPFamily.v4, .v6].filter { bridge.gatewayMode($0) == .routed })
    if !routed.isEmpty {
      endpoint.openPorts = Array(Set(bindings.map(\.container))).sorted()
    }
    let address = bridge.gatewayMode4.translates ? endpoint.address?.address : nil
    let address6 = bridge.gatewayMode6.translates ? endpoint.address6?.address : nil
    guard address != nil || address6 != nil else { return }
    endpoint.ports = try services.ports.publish(
      bindings, to: address, address6, hostBinding: bridge.hostBinding,
      routed: routed.intersection(endpoint.addresses.map(\.family)))
  }

  /// Takes one endpoint off its network.
  public func leave(endpoint id: String) async throws {
    let services = try running()
    guard let sandbox = view.withLock({ $0.endpoints[id]?.sandboxID }) else {
      throw NetworkError(.notFound, "endpoint \(id) not found")
    }
    try await sandboxLocks.withLock(sandbox) {
      guard let endpoint = view.withLock({ $0.endpoints[id] }) else {
        throw NetworkError(.notFound, "endpoint \(id) not found")
      }
      try await leave(endpoint, services)
    }
  }

  /// Undoes a join, or as much of one as there is. Every step is tried.
  /// - Parameter sandboxGoes: the whole sandbox is let go, and with it what only it holds.
  func leave(_ endpoint: EndpointRecord, _ services: Services, sandboxGoes: Bool = false) async throws {
    if let network = network(endpoint.networkID), network.overlay != nil {
      return try await leaveOverlay(endpoint, network, services, sandboxGoes: sandboxGoes)
    }
    var errors = ErrorList()
    view.withLock { _ = $0.departing.insert(endpoint.id) }
    let joined = network(endpoint.networkID)
    var known: (any NetworkDriver)?
    // Without its driver nobody knows what there is to take away: the endpoint stays noted, with all that it has.
    errors.attempt { known = try joined.map { try driver(of: $0) } }
    if let network = joined, let driver = known {
      let plan = driver.plan(endpoint, on: network)
      let plugin = plugin(of: network)
      let patience = plugins.patience()
      if let plugin {
        errors.attempt { try noteLeaving(endpoint, services) }
        await revokeAtPlugin(endpoint, plugin, patience)
      }
      // Short cuts and rules first: no packet shall find its way to the next owner of the address.
      errors.attempt { try services.shortcuts.remove(plan.firewall.loopbackShortcuts) }
      errors.attempt { try services.firewall.remove(plan.firewall) }
      errors.attempt {
        guard let namespace = try services.sandboxes.open(endpoint.sandboxID) else { return }
        if !sandboxGoes {
          let members = memberships(of: endpoint.sandboxID)
          let others = members.filter { $0.endpoint.id != endpoint.id }
          // What a container did to its other links must not keep it on this network: it goes without a way out.
          do {
            try HostNetwork.replaceDefaultRoutes(
              GatewayChoice.routes(among: members), by: GatewayChoice.routes(among: others), in: namespace)
          } catch { Diagnostics.warn("endpoint \(endpoint.name): its sandbox has no other way out: \(error)") }
        }
        // The kernel lets a namespace's links go some time after the namespace itself, and a station of a macvlan keeps
        // its hardware address from the next one until then.
        try HostNetwork.deleteLinks(plan.sandbox.links.map(\.name), in: namespace)
      }
      errors.attempt { try returnLink(endpoint, services) }
      if let plugin { await unplug(endpoint, plugin, patience) }
      do { try await services.reaper.forget(Self.connections(of: endpoint)) } catch { errors.append(error) }
      do { try await services.reaper.delete(plan.host.links.map(\.name)) } catch { errors.append(error) }
    }
    // While something is left the endpoint stays noted with its address and ports, so that a later try, or a restart,
    // finds it, and nobody else gets them while rules of this one are left.
    if errors.isEmpty {
      services.ports.release(endpoint.ports)
      // Noted until whoever gave the addresses knows of it, or it is noted that they do not.
      await releaseAddresses(of: endpoint)
      errors.attempt { try services.journal.remove(endpoint.id) }
      view.withLock {
        $0.endpoints[endpoint.id] = nil
        $0.departing.remove(endpoint.id)
      }
      if !sandboxGoes && !endpoint.isGateway {
        do { try await settleGateway(of: endpoint.sandboxID, services) } catch { errors.append(error) }
      }
    }
    try errors.throwIfAny("endpoint \(endpoint.name) (\(endpoint.id))")
  }

  /// Connection tracking would send a client's next UDP packet to an address that nobody has any more.
  static func connections(of endpoint: EndpointRecord) -> [ConntrackFilter] {
    guard !endpoint.ports.isEmpty else { return [] }
    return endpoint.addresses.map { address in
      var filter = ConntrackFilter()
      filter.replySource = address
      return filter
    }
  }

  /// Docker's words around a port that cannot be had.
  static func programming(_ endpoint: EndpointRecord, _ error: any Error) -> NetworkError {
    NetworkError(
      (error as? NetworkError)?.code ?? .failed,
      "driver failed programming external connectivity on endpoint \(endpoint.name) (\(endpoint.id)): \(error)",
      cause: error)
  }
}
