import Addressing
import AsyncWork
import FoundationEssentials
import KeyValueStore
import Linux
import NetworkModel
import Synchronization

extension NetworkController {
  /// Makes a network: its record on disk, its links and rules in the kernel. All or nothing.
  public func createNetwork(_ request: NetworkRequest) async throws -> NetworkRecord {
    let services = try running()
    if request.driver == .overlay, !request.isConfigurationOnly { return try await createOverlay(request, services) }
    let source = networks().first { $0.name == request.configuredFrom }
    let ipam = (source?.ipam ?? request.ipam).driver
    // A plugin may take half a minute: others make their networks meanwhile.
    if drivers[request.driver] == nil || !["default", "", "null"].contains(ipam) {
      return try await make(request, services)
    }
    return try await changes.withLock { try await make(request, services) }
  }

  private func make(_ request: NetworkRequest, _ services: Services) async throws -> NetworkRecord {
    if ["bridge", "host", "none"].contains(request.name) {
      throw NetworkError(.forbidden, "operation is not permitted on predefined \(request.name) network")
    }
    if making[request.name] != nil || networks().contains(where: { $0.name == request.name }) {
      throw NetworkError(.conflict, "network with name \(request.name) already exists")
    }
    making[request.name] = .some(nil)
    defer { making[request.name] = nil }
    var request = request
    if !request.configuredFrom.isEmpty, !request.isConfigurationOnly { try takeOver(&request) }
    let patience = plugins.patience()
    let asked = try await driver(for: request, patience)
    var network = try await record(request, asked, services, patience)
    // A configuration is nobody's to make yet.
    let driver = network.isConfigurationOnly ? try driver(of: network) : asked
    making[request.name] = network
    do {
      try refuseSharedSubnets(network, driver)
      try driver.validate(network)
      // On disk first: what a crash leaves of the network is then known to be ours.
      try await store.put("network/\(network.id)", Array(try JSONEncoder().encode(network)))
    } catch {
      if !network.isConfigurationOnly { await releasePools(of: network) }
      throw error
    }
    do {
      let plan = driver.plan(network)
      if !network.isConfigurationOnly {
        // A link of this name may be on its way out.
        if !services.reaper.pending.isDisjoint(with: plan.host.links.map(\.name)) {
          try await services.reaper.drain()
        }
        try services.host.ensure(configuration.forwarding ? plan.host : plan.host.withoutForwarding)
        try services.firewall.add(plan.firewall)
      }
      if let plugin = plugin(of: network) {
        try await plugin.createNetwork(network, patience)
        network.remote?.isSettled = true
        try await store.put("network/\(network.id)", Array(try JSONEncoder().encode(network)))
      }
    } catch {
      do {
        try await tearDown(network, driver.plan(network), services)
        try await deleteAtPlugin(network, plugins.patience())
        await releasePools(of: network)
        try await store.delete("network/\(network.id)")
      } catch { Diagnostics.warn("after a failed creation: \(error)") }
      throw error
    }
    let made = network
    view.withLock { $0.networks[made.id] = made }
    return made
  }

  /// The networks that there are and those that are being made: a new one must be apart from all of them.
  private func others(than network: NetworkRecord) -> [NetworkRecord] {
    (networks() + making.values.compactMap { $0 }).filter { $0.id != network.id && !$0.isConfigurationOnly }
  }

  /// Subnets that a plugin gave may be those of other networks; the host cannot be on two of one kind.
  private func refuseSharedSubnets(_ network: NetworkRecord, _ driver: any NetworkDriver) throws(NetworkError) {
    guard driver.capabilities.includesHost, network.subnets.contains(where: { $0.poolID != nil }) else { return }
    for other in others(than: network) where drivers[other.driver]?.capabilities.includesHost == true {
      for subnet in network.subnets.map(\.subnet) where other.subnets.contains(where: { $0.subnet.overlaps(subnet) }) {
        throw NetworkError(
          .forbidden,
          "cannot create network \(network.id): conflicts with network \(other.id) (\(other.name)): "
            + "networks have overlapping \(subnet.family.rawValue)")
      }
    }
  }

  /// Decides everything about a new network, and refuses what cannot be.
  /// - Parameter surroundings: what its subnets must keep away from; nil means this host's.
  func record(
    _ request: NetworkRequest, _ driver: any NetworkDriver, _ services: Services, _ patience: Patience,
    _ surroundings: SubnetPlanner.Surroundings? = nil
  ) async throws -> NetworkRecord {
    if !driver.capabilities.allowsMany && !request.isConfigurationOnly {
      throw NetworkError(
        .forbidden, "only one instance of \"\(driver.name.rawValue)\" network is allowed")
    }
    if !request.scope.isEmpty, request.scope != driver.capabilities.scope.rawValue {
      throw NetworkError(.forbidden, "invalid scope \"\(request.scope)\" for driver \(driver.name.rawValue)")
    }
    var network = NetworkRecord(
      id: ObjectID.random(), name: request.name, driver: request.driver, created: Clock.realtime,
      isInternal: request.isInternal, labels: request.labels)
    network.isAttachable = request.isAttachable
    network.isConfigurationOnly = request.isConfigurationOnly
    network.configuredFrom = request.configuredFrom
    network.ipam = request.ipam
    network.options = request.options
    network.hasIPv4 = request.hasIPv4 ?? true
    let read = try PoolReader.read(request.pools)
    // The command line gives them in any order; docker keeps those of IPv4 first.
    let pools = read.filter { $0.subnet.family == .v4 } + read.filter { $0.subnet.family == .v6 }
    if request.isConfigurationOnly {
      if request.isInternal || request.isAttachable || !request.scope.isEmpty {
        throw NetworkError(
          .forbidden,
          "configuration network can only contain network specific fields. Network operator fields like "
            + "[ ingress | internal | attachable | scope ] are not supported.")
      }
      if !request.configuredFrom.isEmpty {
        throw NetworkError(.forbidden, "a configuration network cannot depend on another configuration network")
      }
      network.driver = .null
      network.subnets = pools.map {
        SubnetRecord(
          subnet: $0.subnet, range: $0.range, gateway: $0.gateway ?? $0.subnet.address, auxiliary: $0.auxiliary,
          isChosen: true, hasChosenGateway: $0.gateway != nil)
      }
      return network
    }
    // The choice of the families is no driver's; it is shown with the other options.
    try driver.configure(&network, options: request.options.filter { !OptionLabel.families.contains($0.key) })
    if driver.capabilities.includesHost { try Self.refuseSpecialSubnets(pools) }
    try refuseSharedLinks(network)
    if network.ipam.driver.isEmpty { network.ipam.driver = "default" }
    if network.ipam.driver == "null", driver.capabilities.includesHost {
      throw NetworkError(.invalid, "ipv4 pool is empty: the null IPAM driver gives no addresses")
    }
    let isOurs = network.ipam.driver == "default"
    var wanted = PoolRequest(
      networkID: network.id, pools: pools, hasIPv4: network.hasIPv4, hasIPv6: request.hasIPv6 ?? false,
      options: network.ipam.options, scope: driver.capabilities.scope,
      surroundings: try surroundings
        ?? SubnetPlanner.Surroundings(
          networks: isOurs
            ? others(than: network).filter { $0.overlay == nil }.flatMap { $0.subnets.map(\.subnet) } : [],
          routes: isOurs && driver.capabilities.includesHost
            ? try services.host.routedNetworks(
              except: services.reaper.pending.union([network.bridge?.bridgeName ?? ""])) : [],
          pools: configuration.pools))
    wanted.withoutGateway = try await familiesWithoutGateway(network, patience)
    // Nobody is to be reached at the gateway of a network that the host is not on and that leads nowhere.
    if network.isInternal, let bridge = network.bridge {
      wanted.withoutGateway.formUnion([IPFamily.v4, .v6].filter { !bridge.hasHostAddress($0) })
    }
    network.subnets = try await ipam(of: network).takePools(wanted, isolation: self)
    return network
  }

  /// IPv6 subnets that no link of the host can have besides what the kernel gives it (RFC 4291).
  private static func refuseSpecialSubnets(_ pools: [PoolReader.Pool]) throws(NetworkError) {
    for case .v6(let subnet) in pools.map(\.subnet) {
      if subnet.address.bytes.first == 0xFF {
        throw NetworkError(.invalid, "multicast subnet '\(subnet)' is not allowed")
      }
      if IPAddress.v6(subnet.address).isLinkLocal, subnet.prefixLength != 64 || subnet.description != "fe80::/64" {
        throw NetworkError(.invalid, "'\(subnet)' clashes with the Link-Local prefix 'fe80::/64'")
      }
    }
  }

  /// Fills a request from the configuration-only network that it names; by docker's rules it must not bring its own.
  func takeOver(_ request: inout NetworkRequest) throws {
    guard let source = networks().first(where: { $0.name == request.configuredFrom }) else {
      throw NetworkError(.notFound, "configuration network \"\(request.configuredFrom)\" does not exist")
    }
    guard source.isConfigurationOnly else {
      throw NetworkError(.forbidden, "configuration source network \"\(source.name)\" is not a configuration network")
    }
    guard request.pools.isEmpty, request.options.isEmpty else {
      throw NetworkError(
        .forbidden,
        "user specified configurations are not supported if the network depends on a configuration network")
    }
    request.options = source.options
    request.ipam = source.ipam
    request.labels = source.labels.merging(request.labels) { $1 }
    if request.hasIPv6 == nil { request.hasIPv6 = source.subnet(.v6) != nil }
    request.pools = source.subnets.map { subnet in
      NetworkRequest.Pool(
        subnet: "\(subnet.subnet)", range: subnet.range.map { "\($0)" } ?? "",
        gateway: subnet.hasChosenGateway ? "\(subnet.gateway)" : "", auxiliary: subnet.auxiliary.mapValues { "\($0)" })
    }
  }

  /// Two networks cannot have one bridge, nor a parent of which one takes everything.
  private func refuseSharedLinks(_ network: NetworkRecord) throws {
    for other in others(than: network) {
      if let bridge = network.bridge, bridge.bridgeName == other.bridge?.bridgeName {
        throw NetworkError(
          .forbidden,
          "cannot create network \(network.id) (\(bridge.bridgeName)): conflicts with network \(other.id) "
            + "(\(bridge.bridgeName)): networks have same bridge name")
      }
      if let mine = network.macvlan, let theirs = other.macvlan, mine.parent == theirs.parent,
        mine.mode == .passthru || theirs.mode == .passthru
      {
        throw NetworkError(
          .forbidden,
          "cannot use mode passthru, macvlan network \(other.name) is already using parent interface \(mine.parent)")
      }
    }
  }

  /// Removes a network that nobody is on. What fails is told, and the network stays to be removed again.
  public func removeNetwork(_ reference: String) async throws -> NetworkRecord {
    let services = try running()
    if let network = network(reference), usesPlugin(network) { return try await remove(reference, services) }
    return try await changes.withLock { try await remove(reference, services) }
  }

  private func remove(_ reference: String, _ services: Services) async throws -> NetworkRecord {
    guard let network = network(reference), !view.withLock({ $0.leaving.contains(network.id) }) else {
      throw NetworkError(.notFound, "network \(reference) not found")
    }
    if network.isPredefined {
      throw NetworkError(.forbidden, "\(network.name) is a pre-defined network and cannot be removed")
    }
    let users = networks() + making.values.compactMap { $0 }
    if let user = users.first(where: { $0.configuredFrom == network.name && network.isConfigurationOnly }) {
      throw NetworkError(
        .forbidden, "configuration network \"\(network.name)\" is in use by network \"\(user.name)\"")
    }
    let members = endpoints(on: network.id)
    let isJoined = view.withLock { $0.joining.values.contains(network.id) }
    guard members.isEmpty, !isJoined else {
      let list = members.map { "name:\"\($0.name)\" id:\"\($0.id.prefix(12))\"" }.joined(separator: ", ")
      throw NetworkError(
        .forbidden, "error while removing network: network \(network.name) has active endpoints (\(list))")
    }
    if network.overlay != nil {
      try await removeOverlay(network)
      return network
    }
    view.withLock { _ = $0.leaving.insert(network.id) }
    defer { view.withLock { _ = $0.leaving.remove(network.id) } }
    // Without its plugin a network cannot be taken down: it stays, to be removed when the plugin is back.
    try await deleteAtPlugin(network, plugins.patience())
    try await tearDown(network, try driver(of: network).plan(network), services)
    await releasePools(of: network)
    try await store.delete("network/\(network.id)")
    view.withLock { $0.networks[network.id] = nil }
    return network
  }

  /// Takes a network's rules and links away. Every step is tried.
  private func tearDown(_ network: NetworkRecord, _ plan: ObjectPlan, _ services: Services) async throws {
    if network.isConfigurationOnly { return }
    var errors = ErrorList()
    errors.attempt { try services.firewall.remove(plan.firewall) }
    // Only what bears our mark: a VLAN link that was there before stays.
    let owner = Owner.network(network.id, configuration.instance)
    let links = plan.host.links.map(\.name)
    errors.attempt { try services.reaper.deleteLater(links, ownedBy: owner) }
    try errors.throwIfAny("network \(network.name)")
  }
}
