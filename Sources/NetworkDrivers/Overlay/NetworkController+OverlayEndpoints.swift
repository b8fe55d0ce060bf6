import Addressing
import AsyncWork
import KeyValueStore
import Linux
import NetworkModel
import Synchronization

extension NetworkController {
  private var overlayDriver: OverlayDriver { OverlayDriver(instance: configuration.instance) }

  /// Joins a sandbox to an overlay network: an address that nobody in the cluster has, a place on the host's segment,
  /// and word of both to all hosts; all or nothing.
  func joinOverlay(
    _ sandbox: String, _ network: NetworkRecord, _ options: EndpointOptions, _ services: Services
  ) async throws -> EndpointRecord {
    guard let cluster = overlay.cluster, let socket = overlay.socket else { throw Self.noCluster }
    if memberships(of: sandbox).contains(where: { $0.network.id == network.id }) {
      throw NetworkError(
        .forbidden, "endpoint with name \(options.name) already exists in network \(network.name)")
    }
    guard let namespace = try services.sandboxes.open(sandbox) else {
      throw NetworkError(.notFound, "sandbox \(sandbox) not found")
    }
    let underlay = try Underlay.find(cluster.configuration.advertised, socket)
    cluster.setVTEP(underlay.address)
    var endpoint = EndpointRecord(
      id: ObjectID.random(), name: options.name, networkID: network.id, sandboxID: sandbox)
    endpoint.gatewayPriority = options.gatewayPriority
    endpoint.names = options.names
    try await claim(&endpoint, options, on: network, cluster)
    endpoint.mtu = network.overlay?.mtu ?? underlay.innerMTU
    let joined = endpoint
    do {
      try await overlay.locks.withLock(network.id) {
        try services.journal.put(joined)
        let segment = try segment(of: network, underlay.address, mtu: joined.mtu, services)
        var plan = overlayDriver.plan(joined, on: network)
        // What plays the host for this endpoint is the segment.
        swap(&plan.host, &plan.segment)
        try segment.links.create(plan, sandbox: namespace)
        view.withLock { $0.endpoints[joined.id] = joined }
        overlay.claims[joined.id] = nil
        try applyTables(of: network.id)
      }
      await tell(joined, cluster)
      try await settleGateway(of: sandbox, services, ports: options.ports)
    } catch {
      overlay.claims[joined.id] = nil
      // The first error is the reason; what the way back meets is of no use to anyone.
      do { try await leaveOverlay(joined, network, services) } catch {
        Diagnostics.warn("after a failed join: \(error)")
      }
      throw error
    }
    return shown(joined)
  }

  /// Undoes a join, or as much of one as there is. Every step is tried.
  func leaveOverlay(
    _ endpoint: EndpointRecord, _ network: NetworkRecord, _ services: Services, sandboxGoes: Bool = false
  ) async throws {
    var errors = ErrorList()
    await overlay.locks.withLock(network.id) {
      let segment = overlay.segments[network.id]
      do {
        if let segment { try await services.reaper.delete([endpoint.hostInterface], in: segment.links) }
        try services.journal.remove(endpoint.id)
        view.withLock { $0.endpoints[endpoint.id] = nil }
        if isUnused(network.id) {
          try await removeSegment(network.id, services)
        } else {
          try applyTables(of: network.id)
        }
      } catch { errors.append(error) }
    }
    if errors.isEmpty {
      if let cluster = overlay.cluster { await withdraw(endpoint, cluster) }
      if !sandboxGoes {
        do { try await settleGateway(of: endpoint.sandboxID, services) } catch { errors.append(error) }
      }
    }
    try errors.throwIfAny("endpoint \(endpoint.name) (\(endpoint.id))")
  }

  // MARK: segments

  /// The network's segment, made where this is the host's first endpoint on it. The lock is held.
  func segment(
    of network: NetworkRecord, _ vtep: IPAddress, mtu: Int, _ services: Services
  ) throws -> OverlaySegment {
    if let segment = overlay.segments[network.id] { return segment }
    guard let directory = overlay.directory else { throw NetworkError(.unavailable, "networks have not been started") }
    if try directory.open(network.id) == nil {
      // A plain file under this name is from before the last boot.
      try directory.remove(network.id)
      try directory.create(network.id)
    }
    guard let namespace = try directory.open(network.id) else {
      throw NetworkError(.failed, "network \(network.name): its namespace on this host is gone")
    }
    do {
      let segment = try OverlaySegment(namespace, underlay: services.host)
      try segment.ensure(overlayDriver.segment(network, vtep: vtep, mtu: mtu))
      overlay.segments[network.id] = segment
      return segment
    } catch {
      if isUnused(network.id) { try directory.remove(network.id) }
      throw error
    }
  }

  /// Lets a segment go that nobody is on. The lock is held.
  func removeSegment(_ network: String, _ services: Services) async throws {
    if let segment = overlay.segments[network] {
      // The kernel ends a namespace some time after its pin is gone, and a tunnel keeps its VNI until then.
      try await services.reaper.delete([OverlayDriver.tunnelName], in: segment.links)
    }
    try overlay.directory?.remove(network)
    overlay.segments[network] = nil
  }

  /// Brings a segment's tables to what the cluster says; before it has said anything they stay as they are.
  func applyTables(of network: String) throws {
    guard let segment = overlay.segments[network], let cluster = overlay.cluster, overlay.mirror.isFilled else {
      return
    }
    try segment.apply(tables(of: network, cluster))
  }

  // MARK: addresses

  /// Gives an endpoint addresses that nobody in the cluster has.
  private func claim(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, on network: NetworkRecord, _ cluster: ClusterLink
  ) async throws {
    do {
      var isDone = false
      while !isDone {
        try await choose(&endpoint, options, on: network, cluster)
        isDone = try await secure(&endpoint, on: network, cluster)
      }
    } catch {
      await giveBack(&endpoint)
      guard let error = error as? StoreError else { throw error }
      throw cluster.failure(error, "network \(network.name) cannot give an address")
    }
  }

  /// Chooses addresses that are free as far as this host knows.
  private func choose(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, on network: NetworkRecord, _ cluster: ClusterLink
  ) async throws {
    var failure: NetworkError?
    do { try await address(&endpoint, options, on: network) } catch { failure = error }
    if let first = failure {
      await giveBack(&endpoint)
      guard first.code == .exhausted || first.code == .forbidden else { throw first }
      // What is left may be what hosts held that are gone.
      guard try await reclaim(on: network.id, cluster) > 0 else { throw first }
      try await address(&endpoint, options, on: network)
    }
    overlay.claims[endpoint.id] = endpoint.addresses
  }

  /// Writes down who has the addresses; false where somebody else was faster, whose addresses are known now.
  private func secure(
    _ endpoint: inout EndpointRecord, on network: NetworkRecord, _ cluster: ClusterLink
  ) async throws -> Bool {
    let value = try ClusterCoding.bytes(ClusterAddress(endpoint: endpoint.id, host: cluster.host))
    let keys = endpoint.addresses.map { ClusterKey.address(network: network.id, $0).text }
    let place = ClusterKey.network(network.id).text
    let outcome = try await cluster.store.transact(
      [.present(place)] + keys.map { .absent($0) }, then: keys.map { .put($0, value) },
      otherwise: [.get(place), .list(prefix: ClusterKey.addresses(of: network.id))])
    if outcome.succeeded { return true }
    guard !outcome.reads[0].isEmpty else {
      throw NetworkError(.notFound, "network \(network.name) not found: it has been removed")
    }
    let taken = Dictionary(uniqueKeysWithValues: outcome.reads[1].map { ($0.key, $0.value) })
    // After a time-out the same request may have been carried out before.
    if keys.allSatisfy({ taken[$0] == value }) { return true }
    await giveBack(&endpoint)
    for key in taken.keys {
      if case .address(_, let address) = ClusterKey(key) { takeForCluster(address, on: network.id) }
    }
    return false
  }

  private func giveBack(_ endpoint: inout EndpointRecord) async {
    overlay.claims[endpoint.id] = nil
    await releaseAddresses(of: endpoint)
    endpoint.address = nil
    endpoint.address6 = nil
  }

  /// Somebody in the cluster has an address.
  func takeForCluster(_ address: IPAddress, on network: String) {
    guard view.withLock({ $0.networks[network]?.subnets.contains { $0.subnet.contains(address) } }) ?? true else {
      return
    }
    overlay.pooled[network, default: []].insert(address)
    // An endpoint of this host's own may have taken it already.
    _ = defaultIPAM.take(address, on: network)
  }

  /// Nobody in the cluster has an address any more.
  func releaseFromCluster(_ address: IPAddress, on network: String) {
    overlay.pooled[network]?.remove(address)
    let isOurs =
      endpoints(on: network).contains { $0.addresses.contains(address) }
      || overlay.claims.values.contains { $0.contains(address) }
    if !isOurs { defaultIPAM.release(address, on: network) }
  }

  // MARK: word to the others

  /// Tells all hosts where an endpoint is. Where the store is away they hear it when it is back.
  func tell(_ endpoint: EndpointRecord, _ cluster: ClusterLink) async {
    guard cluster.isConnected, let lease = cluster.lease, let member = member(endpoint, cluster) else { return }
    do {
      _ = try await cluster.store.transact(
        [],
        then: [
          .put(
            ClusterKey.endpoint(network: endpoint.networkID, endpoint.id).text, try ClusterCoding.bytes(member),
            lease: lease)
        ])
    } catch { Diagnostics.warn("endpoint \(endpoint.name) will be told to the cluster later: \(error)") }
  }

  /// Takes an endpoint's word and addresses back. Where the store is away that is done when it is back.
  func withdraw(_ endpoint: EndpointRecord, _ cluster: ClusterLink) async {
    let member = ClusterKey.endpoint(network: endpoint.networkID, endpoint.id).text
    guard cluster.isConnected else { return }
    do {
      let value = try ClusterCoding.bytes(ClusterAddress(endpoint: endpoint.id, host: cluster.host))
      let keys = endpoint.addresses.map { ClusterKey.address(network: endpoint.networkID, $0).text }
      let outcome = try await cluster.store.transact(
        keys.map { .value($0, value) }, then: keys.map { .delete($0) } + [.delete(member)], otherwise: [.delete(member)]
      )
      if outcome.succeeded {
        for address in endpoint.addresses { releaseFromCluster(address, on: endpoint.networkID) }
      }
    } catch { Diagnostics.warn("endpoint \(endpoint.name) will be taken from the cluster later: \(error)") }
  }

  /// An endpoint of this host as the others shall know it.
  func member(_ endpoint: EndpointRecord, _ cluster: ClusterLink) -> ClusterEndpoint? {
    guard let mac = endpoint.mac, let vtep = cluster.vtep else { return nil }
    return ClusterEndpoint(
      host: cluster.host, vtep: vtep, mac: mac, address: endpoint.address.map { .v4($0.address) },
      address6: endpoint.address6.map { .v6($0.address) }, name: endpoint.name, names: endpoint.names)
  }

  /// An endpoint is found by other names from now on, here and on other hosts.
  public func setNames(_ names: [String], called name: String, of id: String) async throws {
    guard var endpoint = view.withLock({ $0.endpoints[id] }) else { return }
    endpoint.names = names
    endpoint.name = name
    let changed = endpoint
    try running().journal.put(changed)
    view.withLock { if $0.endpoints[id] != nil { $0.endpoints[id] = changed } }
    if let cluster = overlay.cluster { await tell(changed, cluster) }
  }
}
