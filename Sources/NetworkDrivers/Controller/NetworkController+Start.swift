import Addressing
import FoundationEssentials
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Synchronization

extension NetworkController {
  /// Starting is recovering: reads the store, the run directory and the kernel, takes over what lives, removes what nobody
  /// owns, and brings links and rules to what they should be.
  /// - Parameter liveSandboxes: the sandboxes that somebody lives in. All others are removed.
  public func start(liveSandboxes: Set<String>) async throws {
    var networks = try await storedNetworks()
    try await plugins.payDebts()
    if let namespace = configuration.hostNamespace { try Namespaces.enter(namespace, .network) }
    let host = try HostNetwork()
    let run = configuration.runDirectory
    let journal = try EndpointJournal(directory: "\(run)/endpoints")
    let sandboxes = try SandboxDirectory(directory: "\(run)/netns")
    let services = Services(
      host: host, firewall: try openFirewall(),
      ports: PortPublisher(
        ephemeral: try configuration.ephemeralPorts ?? HostPorts.ephemeralRange(), reserved: try HostPorts.reserved(),
        holder: try portHolder(), hasIPv6: HostPorts.hasIPv6(), proxies: configuration.userlandProxy,
        defaultAddress: configuration.defaultBindAddress, passesInput: configuration.publishesThroughInput),
      shortcuts: LoopbackShortcuts(
        instance: configuration.instance, isWanted: configuration.loopbackShortcut, group: configuration.shortcutGroup,
        inform: configuration.inform),
      journal: journal, sandboxes: sandboxes, reaper: try LinkReaper(in: configuration.hostNamespace),
      // Before anything is looked at: nothing that changes from here on is missed.
      links: try LinkWatch(in: configuration.hostNamespace), settings: try SettingWatch())
    setServices(services)

    let links = try host.links()
    let noted = try journal.all()
    let overlays = Set(networks.filter { $0.overlay != nil }.map(\.id))
    let living = try noted.filter { endpoint in
      guard liveSandboxes.contains(endpoint.sandboxID) else { return false }
      guard endpoint.isComplete else { return false }
      if overlays.contains(endpoint.networkID) { return try hasSegment(endpoint) }
      // A link that somebody has deleted meanwhile is made again.
      return try endpoint.hostInterface.isEmpty || sandboxes.open(endpoint.sandboxID) != nil
    }
    try await settleDefaults(&networks, host, keepingSubnets: Set(living.map(\.networkID)))
    // What no plugin has acknowledged was never there.
    let unsettled = networks.filter { $0.remote?.isSettled == false }
    let settled = networks.filter { $0.remote?.isSettled != false }
    view.withLock { $0.networks = Dictionary(uniqueKeysWithValues: settled.map { ($0.id, $0) }) }
    for network in settled where !network.isConfigurationOnly { ipam(of: network).adopt(network) }

    // A plugin may take its time, or not be there: what is owed to it stays noted until it has got it.
    let ids = Set(living.map(\.id))
    let ended = noted.filter { !ids.contains($0.id) && owesPlugin($0) }.map { endpoint in
      var endpoint = endpoint
      // Nobody is behind its ports any more.
      endpoint.ports = []
      endpoint.openPorts = []
      return endpoint
    }
    for endpoint in ended {
      do { try returnLink(endpoint, services) } catch { Diagnostics.warn("cleaning up: \(error)") }
    }
    try removeStrays(noted, living + ended, links, liveSandboxes, services)
    if try adopt(living, alsoNoted: ended, services) { try await forgetUntranslated(services) }
    try await startOverlay(living, services)
    removeOtherFirewalls(services.firewall)
    Task { await settlePlugins(ended, unsettled: unsettled) }
  }

  private func portHolder() throws -> any PortHolder {
    guard configuration.userlandProxy, let program = configuration.proxyProgram else { return LocalPortHolder() }
    return try ProxyPortHolder(program: program, path: "\(configuration.runDirectory)/port-proxy.sock")
  }

  /// Networks as the store has them.
  private func storedNetworks() async throws -> [NetworkRecord] {
    try await store.list(prefix: "network/").map { entry in
      do { return try JSONDecoder().decode(NetworkRecord.self, from: Data(entry.value)) } catch {
        throw NetworkError(.failed, "the store's record \(entry.key) cannot be read", cause: error)
      }
    }
  }

  /// The three networks that are always there. The default bridge follows the configuration, except that a subnet in use
  /// stays, and one that was chosen stays while nothing of the host has come to overlap it. Where there is to be none, it
  /// goes with the last container that is on it.
  private func settleDefaults(
    _ networks: inout [NetworkRecord], _ host: HostNetwork, keepingSubnets used: Set<String>
  ) async throws {
    var changed: [NetworkRecord] = []
    for (name, driver) in [("host", DriverName.host), ("none", .null)]
    where !networks.contains(where: { $0.name == name }) {
      changed.append(NetworkRecord(id: ObjectID.random(), name: name, driver: driver, created: Clock.realtime))
    }
    let old = networks.first { $0.name == "bridge" }
    var mutations: [Mutation] = []
    if !configuration.hasDefaultNetwork {
      if let old, !used.contains(old.id) {
        networks.removeAll { $0.id == old.id }
        mutations.append(.delete(key: "network/\(old.id)"))
      }
    } else if old.map({ !used.contains($0.id) }) ?? true {
      let others = networks.filter { $0.name != "bridge" }.flatMap { $0.subnets.map(\.subnet) }
      let taken = try host.routedNetworks(except: [configuration.bridgeName]) + others
      let network = try DefaultNetwork.make(configuration, old: old, avoiding: taken)
      try driver(of: network).validate(network)
      if network != old {
        networks.removeAll { $0.id == network.id }
        changed.append(network)
      }
    }
    guard !changed.isEmpty || !mutations.isEmpty else { return }
    let encoder = JSONEncoder()
    for network in changed {
      mutations.append(.put(key: "network/\(network.id)", value: Array(try encoder.encode(network))))
    }
    try await store.commit(mutations)
    networks += changed
  }

  /// Removes what carries our mark and belongs to no living endpoint, network or sandbox.
  private func removeStrays(
    _ noted: [EndpointRecord], _ living: [EndpointRecord], _ links: [Link], _ sandboxes: Set<String>,
    _ services: Services
  ) throws {
    var errors = ErrorList()
    let owners = Set(
      living.map { Owner.endpoint($0.id, configuration.instance) }
        + networks().map { Owner.network($0.id, configuration.instance) })
    let names = Set(networks().flatMap { (try? driver(of: $0))?.plan($0).host.links.map(\.name) ?? [] })
    for link in links where Owner.isOurs(link.alias, configuration.instance) {
      // A network's owner mark on another link name is a bridge that was renamed in the configuration.
      if let alias = link.alias, owners.contains(alias), link.kind == "veth" || names.contains(link.name) { continue }
      errors.attempt { try services.host.deleteLink(link.name) }
    }
    let ids = Set(living.map(\.id))
    for endpoint in noted where !ids.contains(endpoint.id) {
      // A veth between its making and its marking bears no alias yet, but its name is noted.
      if !endpoint.hostInterface.isEmpty { errors.attempt { try services.host.deleteLink(endpoint.hostInterface) } }
      errors.attempt { try services.journal.remove(endpoint.id) }
    }
    for id in try services.sandboxes.all() where !sandboxes.contains(id) {
      errors.attempt { try services.sandboxes.remove(id) }
    }
    // A stray that cannot be removed must not keep the engine from starting.
    for error in errors.errors { Diagnostics.warn("cleaning up: \(error)") }
  }

  /// Takes over endpoints that live, with the addresses and ports that they have, and settles links and rules.
  /// - Returns: whether rules were not as they should be.
  private func adopt(
    _ living: [EndpointRecord], alsoNoted ended: [EndpointRecord], _ services: Services
  ) throws -> Bool {
    view.withLock { $0.endpoints = EndpointTable(living + ended) }
    for endpoint in ended {
      do { try adoptAddresses(of: endpoint) } catch { Diagnostics.warn("cleaning up: \(error)") }
    }
    for network in networks() where !network.isConfigurationOnly {
      let plan = try driver(of: network).plan(network)
      do { try services.host.ensure(configuration.forwarding ? plan.host : plan.host.withoutForwarding) } catch {
        // One network that cannot be (a parent link that has gone) must not keep all others down; the default one must
        // be there.
        if network.isPredefined { throw error }
        Diagnostics.warn("network \(network.name): \(error)")
        repairs.schedule.suspect(.network(network.id), at: .now)
      }
    }
    for endpoint in living {
      guard let network = network(endpoint.networkID) else { continue }
      var errors = ErrorList()
      errors.attempt { try adoptAddresses(of: endpoint) }
      if network.overlay == nil, network.remote == nil {
        errors.attempt {
          // While the engine runs it is tried again.
          repairs.schedule.suspect(.endpoint(endpoint.id), at: .now)
          _ = try repair(endpoint, on: network)
          repairs.schedule.forget(.endpoint(endpoint.id))
        }
      }
      errors.attempt { try services.ports.adopt(endpoint.ports) }
      errors.attempt { try services.ports.open(endpoint.ports) }
      for error in errors.errors { Diagnostics.warn("adopting endpoint \(endpoint.name): \(error)") }
    }
    services.ports.releaseRest()
    let fragments = fragments()
    // Before anybody gets an address that a short cut of an endpoint that is no more may lead to.
    do { try services.shortcuts.reconcile(fragments.flatMap(\.loopbackShortcuts)) } catch {
      Diagnostics.warn("short cuts to published ports: \(error)")
    }
    return try services.firewall.reconcile(fragments)
  }
}

extension NamespacePlan {
  /// For `--ip-forward=false`: the host's owner wants to decide about forwarding.
  var withoutForwarding: NamespacePlan {
    var plan = self
    plan.sysctls.removeAll { $0.path == "ipv4/ip_forward" || $0.path == "ipv6/conf/all/forwarding" }
    return plan
  }
}
