import Addressing
import AsyncWork
import FoundationEssentials
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Synchronization

/// What plugins are asked and told. While they take their time, everybody else's requests go on: a sandbox's joins and
/// leaves wait for each other, a network that somebody is joining is not removed.
extension NetworkController {
  /// The names of the drivers that there are, as far as they are known.
  nonisolated public var driverNames: [String] {
    let seen = networks().filter { $0.remote != nil }.map(\.driver.rawValue)
    return Set(drivers.keys.map(\.rawValue) + seen + plugins.names(.networkDriver)).sorted()
  }

  func plugin(of network: NetworkRecord) -> NetworkPlugin? {
    network.remote.map { _ in NetworkPlugin(name: network.driver.rawValue, plugins: plugins) }
  }

  /// Who gives out a network's addresses.
  func ipam(of network: NetworkRecord) -> any IPAMDriver {
    switch network.ipam.driver {
    case "default", "": return defaultIPAM
    case "null": return NullIPAM()
    case let name:
      if let known = remoteIPAMs[name] { return known }
      let new = RemoteIPAM(name, plugins)
      remoteIPAMs[name] = new
      return new
    }
  }

  /// Whether making or removing it means to ask a plugin.
  func usesPlugin(_ network: NetworkRecord) -> Bool {
    network.remote != nil || !["default", "", "null"].contains(network.ipam.driver)
  }

  // MARK: networks

  /// The driver for a new network: one of ours, or a plugin that is there now.
  func driver(for request: NetworkRequest, _ patience: Patience) async throws -> any NetworkDriver {
    if let own = drivers[request.driver] { return own }
    if request.isConfigurationOnly {
      throw NetworkError(.notFound, "plugin \"\(request.driver.rawValue)\" not found")
    }
    let plugin = NetworkPlugin(name: request.driver.rawValue, plugins: plugins)
    try await plugins.activate(plugin.name, as: .networkDriver, patience)
    let capabilities = try await plugin.capabilities(patience)
    checksGateways[plugin.name] = capabilities.checksGateways
    if capabilities.connectivity == .global, let services = try? running(), let own = try services.host.mainAddress() {
      // It is told, not asked: docker only notes when this fails.
      do { try await plugin.discover(own, isOwn: true, isNew: true, patience) } catch { Diagnostics.warn("\(error)") }
    }
    return RemoteDriver(name: request.driver, scope: capabilities.scope)
  }

  /// The families in which the driver of a new network wants no gateway.
  func familiesWithoutGateway(
    _ network: NetworkRecord, _ patience: Patience
  ) async throws(NetworkError) -> Set<IPFamily> {
    guard let plugin = plugin(of: network), checksGateways[plugin.name] == true else { return [] }
    return try await plugin.familiesWithoutGateway(network, patience)
  }

  /// Tells a network's plugin that the network is no more.
  /// - Throws: only where the plugin is not there; what it refuses it is owed.
  func deleteAtPlugin(_ network: NetworkRecord, _ patience: Patience) async throws(NetworkError) {
    guard let plugin = plugin(of: network) else { return }
    try await plugin.deleteNetwork(network, patience)
  }

  /// Gives a network's subnets back; what an IPAM plugin cannot be told it is owed. The network is gone either way.
  func releasePools(of network: NetworkRecord) async {
    do { try await ipam(of: network).releasePools(of: network, isolation: self) } catch {
      Diagnostics.warn("removing network \(network.name): \(error)")
    }
  }

  // MARK: endpoints

  /// Asks a network's plugin for an endpoint and brings its link into the sandbox.
  func plugIn(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, _ plugin: NetworkPlugin,
    _ namespace: FileDescriptor, _ services: Services
  ) async throws {
    let patience = plugins.patience()
    var remote = RemoteEndpoint()
    remote.exposed = options.exposed
    remote.bindings = options.ports
    remote.options = options.driverOptions
    endpoint.remote = remote
    // Noted before each step: whatever a crash leaves at the plugin is taken back.
    try services.journal.put(endpoint)
    try await plugin.createEndpoint(&endpoint, patience)
    endpoint.remote?.progress = .joining
    try services.journal.put(endpoint)
    let joined = try await plugin.join(
      endpoint, sandbox: services.sandboxes.path(endpoint.sandboxID), patience)
    endpoint.gateway = joined.gateway
    endpoint.gateway6 = joined.gateway6
    endpoint.remote?.routes = joined.routes
    guard !joined.hostLink.isEmpty else {
      endpoint.interface = ""
      return
    }
    endpoint.remote?.hostLink = joined.hostLink
    endpoint.interface = try interface(
      for: endpoint, wanted: options.interface.flatMap { $0.isEmpty ? nil : $0 } ?? joined.interface,
      prefix: joined.prefix)
    try services.journal.put(endpoint)
    endpoint.mac = try services.host.moveIn(
      joined.hostLink, as: endpoint.interface, mac: endpoint.mac, sandbox: namespace)
  }

  /// Tells the plugin which ports the endpoint wants published, and notes what it makes of it.
  func publishAtPlugin(_ endpoint: inout EndpointRecord, _ plugin: NetworkPlugin, _ patience: Patience) async throws {
    guard let remote = endpoint.remote else { return }
    guard try await plugin.programExternalConnectivity(endpoint, patience), !remote.bindings.isEmpty else { return }
    // Most plugins say nothing about it: then what was asked for is what there is.
    var told: [PublishedPort] = []
    do { told = try await plugin.publishedPorts(endpoint, patience) } catch {
      Diagnostics.warn(
        "endpoint \(endpoint.name): which ports are published is not known, and stands as asked for: \(error)")
    }
    let asked = remote.bindings.compactMap { binding -> PublishedPort? in
      guard let port = binding.hostPorts, port.count == 1 else { return nil }
      return PublishedPort(
        binding.container, hostAddress: binding.hostAddress ?? .v4(.any), hostPort: port.first, target: nil)
    }
    endpoint.remote?.ports = told.isEmpty ? asked : told
  }

  /// `setPorts` for a plugin's endpoint.
  func setPortsAtPlugin(
    _ bindings: [PortBinding], of old: EndpointRecord, _ plugin: NetworkPlugin, _ services: Services
  ) async throws -> EndpointRecord {
    guard var remote = old.remote, remote.bindings != bindings else { return old }
    let patience = plugins.patience()
    try await plugin.revokeExternalConnectivity(old, patience)
    var changed = old
    remote.bindings = bindings
    remote.ports = []
    changed.remote = remote
    do { try await publishAtPlugin(&changed, plugin, patience) } catch {
      var before = old
      do { try await publishAtPlugin(&before, plugin, patience) } catch {
        Diagnostics.warn("after a failed change of ports: \(error)")
      }
      throw Self.programming(old, error)
    }
    try services.journal.put(changed)
    let settled = changed
    view.withLock { if $0.endpoints[settled.id] != nil { $0.endpoints[settled.id] = settled } }
    return settled
  }

  /// Notes that a plugin's endpoint is being taken back: after a crash in the midst of it, it is not taken for one that
  /// lives.
  func noteLeaving(_ endpoint: EndpointRecord, _ services: Services) throws {
    guard endpoint.remote?.progress == .joined else { return }
    var leaving = endpoint
    leaving.remote?.progress = .leaving
    try services.journal.put(leaving)
  }

  /// Before its link leaves the sandbox, the plugin takes back what it published. It cannot keep the endpoint: what goes
  /// wrong with it is told to whoever runs the engine, and the teardown goes on.
  func revokeAtPlugin(_ endpoint: EndpointRecord, _ plugin: NetworkPlugin, _ patience: Patience) async {
    guard let progress = endpoint.remote?.progress, progress == .joined || progress == .leaving else { return }
    do { try await plugin.revokeExternalConnectivity(endpoint, patience) } catch {
      Diagnostics.warn("endpoint \(endpoint.name): \(error)")
    }
  }

  /// Afterwards the plugin is told that the endpoint has left and is no more, or is owed that.
  func unplug(_ endpoint: EndpointRecord, _ plugin: NetworkPlugin, _ patience: Patience) async {
    guard let remote = endpoint.remote else { return }
    if remote.progress != .creating {
      do { try await plugin.leave(endpoint, patience) } catch {
        Diagnostics.warn("endpoint \(endpoint.name): \(error)")
      }
    }
    do { try await plugin.deleteEndpoint(endpoint, patience) } catch {
      Diagnostics.warn("endpoint \(endpoint.name): \(error)")
    }
  }

  /// A link goes back to the host.
  func returnLink(_ endpoint: EndpointRecord, _ services: Services) throws {
    guard let remote = endpoint.remote, !remote.hostLink.isEmpty, !endpoint.interface.isEmpty,
      let namespace = try services.sandboxes.open(endpoint.sandboxID)
    else { return }
    try services.host.moveOut(endpoint.interface, as: remote.hostLink, from: namespace)
  }

  // MARK: starting

  /// Whether an endpoint that has ended must be given back to a plugin.
  func owesPlugin(_ endpoint: EndpointRecord) -> Bool {
    endpoint.remote != nil || network(endpoint.networkID).map { usesPlugin($0) } == true
  }

  /// After a start, beside everything else: gives back what ended while no engine was there, takes back networks that no
  /// plugin had acknowledged, and tells plugins what they forget.
  func settlePlugins(_ ended: [EndpointRecord], unsettled: [NetworkRecord]) async {
    for endpoint in ended {
      // Its container's own cleaning-up may have come first.
      guard view.withLock({ $0.endpoints[endpoint.id] != nil }) else { continue }
      do { try await leave(endpoint: endpoint.id) } catch let error as NetworkError where error.code == .notFound {
        continue
      } catch { Diagnostics.warn("cleaning up: \(error)") }
    }
    for network in unsettled {
      do {
        try await deleteAtPlugin(network, plugins.patience())
        await releasePools(of: network)
        try await store.delete("network/\(network.id)")
      } catch { Diagnostics.warn("network \(network.name), which was being made, will be taken back later: \(error)") }
    }
    for ipam in remoteIPAMs.values where ipam.hasUntold {
      do { try await ipam.tell() } catch { Diagnostics.warn("pools are not asked for again yet: \(error)") }
    }
  }
}
