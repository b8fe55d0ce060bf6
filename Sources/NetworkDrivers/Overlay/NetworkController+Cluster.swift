import Addressing
import AsyncWork
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Synchronization

/// Following the cluster: one list, then every change, as long as the store answers; a new list after each time that it
/// did not. What runs is touched only by what the store says, never by its silence.
extension NetworkController {
  /// Opens what overlay networks need and takes over the segments of endpoints that live. Called while starting.
  func startOverlay(_ living: [EndpointRecord], _ services: Services) async throws {
    let directory = try overlayDirectory()
    overlay.socket = try RouteSocket()
    if let cluster = configuration.cluster {
      overlay.cluster = ClusterLink(cluster, host: try await clusterHost())
    }
    let used = Set(living.map(\.networkID))
    for network in networks() where network.overlay != nil && used.contains(network.id) {
      guard let namespace = try directory.open(network.id) else { continue }
      do {
        let segment = try OverlaySegment(namespace, underlay: services.host)
        overlay.segments[network.id] = segment
        try removeStrays(from: segment, living)
        // Somebody may have touched it, or the engine may have been told of another address of this host.
        if let advertised = configuration.cluster?.advertised, let socket = overlay.socket {
          let underlay = try Underlay.find(advertised, socket)
          overlay.cluster?.setVTEP(underlay.address)
          let mtu = endpoints(on: network.id).first?.mtu ?? underlay.innerMTU
          try segment.ensure(
            OverlayDriver(instance: configuration.instance).segment(network, vtep: underlay.address, mtu: mtu))
        }
      } catch { Diagnostics.warn("network \(network.name): \(error)") }
    }
    for id in try directory.all() where !used.contains(id) {
      do {
        if let namespace = try directory.open(id) {
          // The tunnel goes first: it keeps its VNI until the kernel has ended the namespace.
          try HostNetwork(in: namespace).deleteLink(OverlayDriver.tunnelName)
        }
        try directory.remove(id)
      } catch { Diagnostics.warn("cleaning up: \(error)") }
    }
    guard let cluster = overlay.cluster else { return }
    overlay.keeper = Task { await keepCluster(cluster) }
    // Who starts containers next wants to know the networks; a store that is away holds nobody up for long.
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in cluster.attempts {} }
      group.addTask { do { try await Task.sleep(for: .seconds(1)) } catch { return } }
      await group.next()
      group.cancelAll()
    }
  }

  /// Removes links of endpoints that do not live any more: a crash may have cut a removal short.
  private func removeStrays(from segment: OverlaySegment, _ living: [EndpointRecord]) throws {
    let owners = Set(living.map { Owner.endpoint($0.id, configuration.instance) })
    let names = Set(living.map(\.hostInterface))
    for link in try segment.links.links() where link.kind == "veth" && !names.contains(link.name) {
      if let alias = link.alias, owners.contains(alias) { continue }
      try segment.links.deleteLink(link.name)
    }
  }

  private func overlayDirectory() throws -> SandboxDirectory {
    if let directory = overlay.directory { return directory }
    let directory = try SandboxDirectory(directory: "\(configuration.runDirectory)/overlay")
    overlay.directory = directory
    return directory
  }

  /// Whether the segment of an endpoint on an overlay network is there: what is missing in it can be made again.
  func hasSegment(_ endpoint: EndpointRecord) throws -> Bool {
    try overlayDirectory().open(endpoint.networkID) != nil
  }

  private func clusterHost() async throws -> String {
    if let known = try await store.get("cluster/host") { return String(decoding: known.value, as: UTF8.self) }
    let id = ObjectID.random()
    try await store.put("cluster/host", Array(id.utf8))
    return id
  }

  /// Tells who comes and goes on other hosts. Set before the start.
  public func watchMembers(_ listener: @escaping @Sendable (RemoteMemberChange) -> Void) {
    overlay.listener = listener
  }

  /// Lets go of the cluster's store; networks and containers stay as they are.
  public func close() async {
    plugins.stopPaying()
    overlay.keeper?.cancel()
    guard let cluster = overlay.cluster else { return }
    await sayGoodbye(cluster)
    await cluster.store.close()
  }

  /// Containers go on without their engine: for a while other hosts shall not take this one for dead.
  private func sayGoodbye(_ cluster: ClusterLink) async {
    let endpoints = view.withLock { view in
      view.endpoints.values.filter { view.networks[$0.networkID]?.overlay != nil }
    }
    guard cluster.isConnected, !endpoints.isEmpty, let vtep = cluster.vtep else { return }
    do {
      let lease = try await cluster.takeLongLease()
      let me = ClusterHost(name: SystemFacts.hostName, address: vtep)
      _ = try await cluster.store.transact(
        [], then: [.put(ClusterKey.host(cluster.host).text, try ClusterCoding.bytes(me), lease: lease)])
      for endpoint in endpoints where overlay.disputed.isDisjoint(with: endpoint.addresses) {
        await tell(endpoint, cluster)
      }
    } catch { Diagnostics.warn("the cluster will take this host for dead soon: \(error)") }
  }

  // MARK: the session

  private func keepCluster(_ cluster: ClusterLink) async {
    var pause = Duration.milliseconds(250)
    while !Task.isCancelled {
      do {
        try await followCluster(cluster)
        return
      } catch {
        if Task.isCancelled { return }
        if cluster.setConnected(false) {
          Diagnostics.warn("\(error); networks go on as they are until it is back")
          pause = .milliseconds(250)
        }
        cluster.markAttempted()
      }
      do { try await Task.sleep(for: pause) } catch { return }
      pause = min(pause * 2, .seconds(2))
    }
  }

  private func followCluster(_ cluster: ClusterLink) async throws {
    guard let socket = overlay.socket else { return }
    let underlay = try Underlay.find(cluster.configuration.advertised, socket)
    cluster.setVTEP(underlay.address)
    let lease = try await cluster.renewLease()
    let me = ClusterHost(name: SystemFacts.hostName, address: underlay.address)
    _ = try await cluster.store.transact(
      [], then: [.put(ClusterKey.host(cluster.host).text, try ClusterCoding.bytes(me), lease: lease)])
    let snapshot = try await cluster.store.range(prefix: "")
    let changes = overlay.mirror.replace(with: snapshot.values)
    rebuildPools()
    await take(changes, everything: true)
    if cluster.isLost { Diagnostics.warn("the cluster store answers again") }
    cluster.setConnected(true)
    try await settleOwn(cluster, everything: true)
    cluster.markAttempted()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await batch in cluster.store.watch(prefix: "", from: snapshot.revision + 1) {
          await self.follow(batch.events)
        }
      }
      group.addTask {
        let period = Duration.milliseconds(cluster.configuration.timeToLive * 1000 / 3)
        while true {
          try await Task.sleep(for: period)
          guard try await cluster.renewLease() == lease else {
            throw StoreError(.leaseGone, "this host was taken for dead")
          }
          try await self.settleOwn(cluster, everything: false)
        }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  private func follow(_ events: [StoreEvent]) async {
    let changes = overlay.mirror.apply(events)
    await take(changes, everything: false)
  }

  // MARK: what others do

  /// Carries over to this host what has changed in the cluster.
  private func take(_ changes: ClusterMirror.Changes, everything: Bool) async {
    for key in changes.unreadable { Diagnostics.warn("the cluster store's record \(key) cannot be read") }
    if everything || !changes.networks.isEmpty { await settleNetworks() }
    for network in changes.addresses {
      let now = Set((overlay.mirror.addresses[network] ?? [:]).keys)
      let before = overlay.pooled[network] ?? []
      for address in now.subtracting(before) { takeForCluster(address, on: network) }
      for address in before.subtracting(now) { releaseFromCluster(address, on: network) }
    }
    let networks = everything ? Set(overlay.segments.keys).union(changes.endpoints) : changes.endpoints
    for network in networks { tellListener(network) }
    overlay.waiting.formUnion(networks.filter { overlay.segments[$0] != nil })
    guard !overlay.waiting.isEmpty else { return }
    // Many endpoints that come at once are one batch for the kernel.
    Task {
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
      settleTables()
    }
  }

  private func settleTables() {
    let networks = overlay.waiting
    overlay.waiting = []
    for network in networks {
      do { try applyTables(of: network) } catch { Diagnostics.warn("network \(network): its tables: \(error)") }
    }
  }

  private func settleNetworks() async {
    for network in overlay.mirror.networks.values { await adopt(network) }
    for network in networks() where network.overlay != nil && overlay.mirror.networks[network.id] == nil {
      // One that this host's containers are on cannot have been removed: the store has lost it, and gets it back.
      if isUnused(network.id) { await forget(network.id) }
    }
  }

  /// After the store was away the pools are made anew: what was given back meanwhile is free again.
  private func rebuildPools() {
    for (id, network) in overlay.mirror.networks {
      defaultIPAM.adopt(network)
      overlay.pooled[id] = nil
      for address in (overlay.mirror.addresses[id] ?? [:]).keys { takeForCluster(address, on: id) }
      let own = endpoints(on: id).flatMap(\.addresses)
      let coming = overlay.claims.values.flatMap { $0 }
      for address in own + coming where overlay.pooled[id]?.contains(address) != true {
        _ = defaultIPAM.take(address, on: id)
      }
    }
  }

  private func tellListener(_ network: String) {
    guard let listener = overlay.listener, let cluster = overlay.cluster else { return }
    let name = view.withLock { $0.networks[network]?.name } ?? overlay.mirror.networks[network]?.name ?? ""
    let now = (overlay.mirror.endpoints[network] ?? [:]).filter { $0.value.host != cluster.host }
    let before = overlay.told[network] ?? [:]
    for (id, old) in before where now[id] == nil {
      listener(
        RemoteMemberChange(
          networkID: network, networkName: name, endpointID: id, name: nil, names: [], addresses: old.addresses))
    }
    for (id, member) in now where before[id] != member {
      listener(
        RemoteMemberChange(
          networkID: network, networkName: name, endpointID: id, name: member.name, names: member.names,
          addresses: member.addresses))
    }
    overlay.told[network] = now.isEmpty ? nil : now
  }

  // MARK: what this host has

  /// Brings what the cluster says of this host's endpoints to what there is. What is right already costs nothing.
  /// - Parameter everything: tells all endpoints anew: their lease may be another one.
  func settleOwn(_ cluster: ClusterLink, everything: Bool) async throws {
    let living = view.withLock { view in
      view.endpoints.values.filter { view.networks[$0.networkID]?.overlay != nil && !$0.addresses.isEmpty }
    }
    for id in Set(living.map(\.networkID)) where overlay.mirror.networks[id] == nil {
      guard let network = network(id) else { continue }
      let generation = try await cluster.store.get(ClusterKey.generation.text)?.modRevision ?? 0
      if try await !put(network, since: generation, cluster) {
        Diagnostics.warn("network \(network.name) is not in the cluster store any more, and its name is another's")
      }
    }
    for endpoint in living where isOwn(endpoint.id) {
      try await settleAddresses(of: endpoint, cluster)
      let isRight = overlay.mirror.endpoints[endpoint.networkID]?[endpoint.id] == member(endpoint, cluster)
      if (everything || !isRight) && overlay.disputed.isDisjoint(with: endpoint.addresses) {
        await tell(endpoint, cluster)
      }
      // One that left meanwhile may have been written down again after its own withdrawal.
      if !isOwn(endpoint.id) { await withdraw(endpoint, cluster) }
    }
    try await removeLeftovers(cluster)
  }

  /// Whether an endpoint of this host lives or is on its way in, this moment: not to be remembered across an `await`.
  private func isOwn(_ endpoint: String) -> Bool {
    overlay.claims[endpoint] != nil || view.withLock { $0.endpoints[endpoint] != nil }
  }

  /// Takes back what the cluster has of endpoints that this host does not have any more. Endpoints come while this
  /// waits for the store, so each is judged when its turn comes; one that is gone never comes back under its id.
  private func removeLeftovers(_ cluster: ClusterLink) async throws {
    for (network, addresses) in overlay.mirror.addresses {
      for (address, owner) in addresses where owner.host == cluster.host && !isOwn(owner.endpoint) {
        let key = ClusterKey.address(network: network, address).text
        _ = try await cluster.store.transact(
          [.value(key, try ClusterCoding.bytes(owner))], then: [.delete(key)])
      }
    }
    for (network, members) in overlay.mirror.endpoints {
      for (id, member) in members where member.host == cluster.host && !isOwn(id) {
        try await cluster.store.delete(ClusterKey.endpoint(network: network, id).text)
      }
    }
  }

  /// An endpoint that lives keeps its addresses, unless the cluster gave them to somebody else while it took this host
  /// for dead.
  private func settleAddresses(of endpoint: EndpointRecord, _ cluster: ClusterLink) async throws {
    let mine = ClusterAddress(endpoint: endpoint.id, host: cluster.host)
    for address in endpoint.addresses {
      var owner = overlay.mirror.addresses[endpoint.networkID]?[address]
      if owner == nil {
        let key = ClusterKey.address(network: endpoint.networkID, address).text
        let outcome = try await cluster.store.transact(
          [.absent(key)], then: [.put(key, try ClusterCoding.bytes(mine))], otherwise: [.get(key)])
        if outcome.succeeded {
          owner = mine
        } else if let entry = outcome.reads[0].first {
          do { owner = try ClusterCoding.value(entry.value) } catch {
            if overlay.disputed.insert(address).inserted {
              Diagnostics.warn(
                Self.unreadable(key, "endpoint \(endpoint.name): whose its address is, is not known", error).message)
            }
            continue
          }
        }
      }
      if owner == mine {
        overlay.disputed.remove(address)
      } else if overlay.disputed.insert(address).inserted {
        Diagnostics.warn(
          "endpoint \(endpoint.name): its address \(address) was given to another host while this one was away: "
            + "disconnect it and connect it again")
      }
    }
  }
}
