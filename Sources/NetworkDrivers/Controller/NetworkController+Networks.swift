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
    return try await changes.withLock {
      if ["bridge", "host", "none"].contains(request.name) {
        throw NetworkError(.forbidden, "operation is not permitted on predefined \(request.name) network")
      }
      if networks().contains(where: { $0.name == request.name }) {
        throw NetworkError(.conflict, "network with name \(request.name) already exists")
      }
      let network = try record(request, services)
      let driver = try driver(of: network)
      // On disk first: what a crash leaves of the network is then known to be ours.
      try await store.put("network/\(network.id)", Array(try JSONEncoder().encode(network)))
      do {
        let plan = driver.plan(network)
        if !network.isConfigurationOnly {
          try services.host.ensure(configuration.forwarding ? plan.host : plan.host.withoutForwarding)
          try services.firewall.add(plan.firewall)
        }
      } catch {
        do {
          try await tearDown(network, driver.plan(network), services)
          try await store.delete("network/\(network.id)")
        } catch { Diagnostics.warn("after a failed creation: \(error)") }
        throw error
      }
      pools[network.id] = network.subnets.map { SubnetAllocator($0) }
      view.withLock { $0.networks[network.id] = network }
      return network
    }
  }

  /// Decides everything about a new network, and refuses what cannot be.
  /// - Parameter surroundings: what its subnets must keep away from; nil means this host's.
  func record(
    _ request: NetworkRequest, _ services: Services, _ surroundings: SubnetPlanner.Surroundings? = nil
  ) throws -> NetworkRecord {
    var request = request
    if !request.configuredFrom.isEmpty, !request.isConfigurationOnly { try takeOver(&request) }
    guard let driver = drivers[request.driver] else {
      throw NetworkError(.notFound, "plugin \"\(request.driver.rawValue)\" not found")
    }
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
    let pools = try PoolReader.read(request.pools)
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
    try driver.configure(&network, options: request.options)
    if driver.capabilities.includesHost { try Self.refuseSpecialSubnets(pools) }
    try refuseSharedLinks(network)
    switch network.ipam.driver {
    case "default", "":
      network.ipam.driver = "default"
      if let option = network.ipam.options.keys.filter({ $0.hasPrefix("com.docker.network.") }).min() {
        throw NetworkError(.invalid, "unknown option \"\(option)\" for the default IPAM driver")
      }
      let hasIPv6 = request.hasIPv6 ?? false
      guard network.hasIPv4 || hasIPv6 else {
        throw NetworkError(.invalid, "IPv4 or IPv6 must be enabled")
      }
      network.subnets = try SubnetPlanner.subnets(
        pools, hasIPv4: network.hasIPv4, hasIPv6: hasIPv6,
        surroundings
          ?? SubnetPlanner.Surroundings(
            networks: networks().filter { !$0.isConfigurationOnly && $0.overlay == nil }.flatMap {
              $0.subnets.map(\.subnet)
            },
            routes: driver.capabilities.includesHost
              ? try services.host.routedNetworks(except: network.bridge?.bridgeName ?? "") : [],
            pools: configuration.pools))
    case "null":
      guard !driver.capabilities.includesHost, pools.isEmpty else {
        throw NetworkError(.invalid, "ipv4 pool is empty: the null IPAM driver gives no addresses")
      }
    default:
      throw NetworkError(.notFound, "plugin \"\(network.ipam.driver)\" not found")
    }
    try driver.validate(network)
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
  private func takeOver(_ request: inout NetworkRequest) throws {
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
    for other in networks() where !other.isConfigurationOnly {
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
    return try await changes.withLock {
      guard let network = network(reference) else {
        throw NetworkError(.notFound, "network \(reference) not found")
      }
      if network.isPredefined {
        throw NetworkError(.forbidden, "\(network.name) is a pre-defined network and cannot be removed")
      }
      if let user = networks().first(where: { $0.configuredFrom == network.name && network.isConfigurationOnly }) {
        throw NetworkError(
          .forbidden, "configuration network \"\(network.name)\" is in use by network \"\(user.name)\"")
      }
      let members = endpoints(on: network.id)
      guard members.isEmpty else {
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
      try await tearDown(network, try driver(of: network).plan(network), services)
      try await store.delete("network/\(network.id)")
      pools[network.id] = nil
      view.withLock { $0.networks[network.id] = nil }
      return network
    }
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
