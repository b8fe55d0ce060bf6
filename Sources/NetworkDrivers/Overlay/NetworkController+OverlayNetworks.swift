import Addressing
import AsyncWork
import KeyValueStore
import Linux
import NetworkModel
import Synchronization

extension NetworkController {
  /// Docker's words for a host that is in no cluster.
  static let noCluster = NetworkError(
    .unavailable,
    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm "
      + "and try again. Here a cluster needs no swarm but a store: start the engines with --cluster-store "
      + "etcd://HOST:PORT and --cluster-advertise ADDRESS:PORT")

  /// How often a decision is made again because somebody else decided something meanwhile.
  private static let attempts = 40

  /// Makes a network for all hosts of the cluster. Its name and VNI are nobody else's, and a subnet that is chosen for it
  /// overlaps no other overlay network's: who decides about a network anywhere compares one generation.
  func createOverlay(_ request: NetworkRequest, _ services: Services) async throws -> NetworkRecord {
    guard let cluster = overlay.cluster else { throw Self.noCluster }
    if networks().contains(where: { $0.name == request.name }) {
      throw NetworkError(.conflict, "network with name \(request.name) already exists")
    }
    var request = request
    if !request.configuredFrom.isEmpty { try takeOver(&request) }
    guard ["", "default"].contains(request.ipam.driver) else {
      throw NetworkError(
        .invalid,
        "network \(request.name): addresses of overlay networks are the cluster's to give: leave --ipam-driver out")
    }
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try await Task.sleep(for: .milliseconds(Int.random(in: 1...(10 * attempt)))) }
      do {
        let seen = try await cluster.store.transact(
          [],
          then: [
            .list(prefix: ClusterKey.networks), .list(prefix: ClusterKey.identifiers), .get(ClusterKey.generation.text),
            .get(ClusterKey.name(request.name).text),
          ])
        guard seen.reads[3].isEmpty else {
          throw NetworkError(.conflict, "network with name \(request.name) already exists")
        }
        let others = seen.reads[0].compactMap { try? ClusterCoding.value($0.value, NetworkRecord.self) }
        let network = try await decide(request, among: others, taken: seen.reads[1], cluster, services)
        if try await put(network, since: seen.reads[2].first?.modRevision ?? 0, cluster) {
          // The store's own word comes a little later; until then it must not look as if it had been removed.
          note(
            .put(
              KeyValue(
                key: ClusterKey.network(network.id).text, value: try ClusterCoding.bytes(network), createRevision: 0,
                modRevision: 0)))
          await adopt(network)
          return network
        }
        await releasePools(of: network)
      } catch let error as StoreError { throw cluster.failure(error, "network \(request.name) cannot be made") }
    }
    throw NetworkError(.unavailable, "network \(request.name): too many others make networks this moment: try again")
  }

  private func decide(
    _ request: NetworkRequest, among others: [NetworkRecord], taken identifiers: [KeyValue], _ cluster: ClusterLink,
    _ services: Services
  ) async throws -> NetworkRecord {
    // Networks that span hosts are kept apart by their VNI: subnets that somebody chose may overlap.
    var surroundings = SubnetPlanner.Surroundings(networks: [], routes: [], pools: cluster.configuration.pools)
    surroundings.avoided = others.flatMap { $0.subnets.map(\.subnet) }
    let taken = Set(
      identifiers.compactMap { entry in
        if case .identifier(let number) = ClusterKey(entry.key) { number } else { nil }
      })
    let driver = OverlayDriver(instance: configuration.instance)
    var network = try await record(request, driver, services, plugins.patience(), surroundings)
    do { try driver.validate(network) } catch {
      await releasePools(of: network)
      throw error
    }
    let wanted = network.overlay?.identifier ?? 0
    if wanted != 0 {
      if taken.contains(wanted) {
        throw NetworkError(.conflict, "vxlan id \(wanted) is another network's: choose another one, or none")
      }
      return network
    }
    let all = OverlaySettings.firstIdentifier...OverlaySettings.lastIdentifier
    guard let free = all.first(where: { !taken.contains($0) }) else {
      throw NetworkError(.exhausted, "all vxlan ids are in use")
    }
    network.overlay?.identifier = free
    return network
  }

  /// Writes a network down where nothing was decided since; false where something was.
  func put(_ network: NetworkRecord, since revision: Int64, _ cluster: ClusterLink) async throws(StoreError) -> Bool {
    let id = Array(network.id.utf8)
    let name = ClusterKey.name(network.name).text
    let identifier = ClusterKey.identifier(network.overlay?.identifier ?? 0).text
    let record: [UInt8]
    do { record = try ClusterCoding.bytes(network) } catch {
      throw StoreError(.failed, "network \(network.name) cannot be written", cause: error)
    }
    let outcome = try await cluster.store.transact(
      [.unchanged(ClusterKey.generation.text, since: revision), .absent(name), .absent(identifier)],
      then: [
        .put(ClusterKey.generation.text, id), .put(name, id), .put(identifier, id),
        .put(ClusterKey.network(network.id).text, record),
      ],
      otherwise: [.get(name)])
    // After a time-out the same request may have been carried out before.
    return outcome.succeeded || outcome.reads[0].first?.value == id
  }

  /// Removes a network everywhere, where no host has an endpoint on it. Endpoints of hosts that are gone do not count.
  func removeOverlay(_ network: NetworkRecord) async throws {
    guard let cluster = overlay.cluster else { return await forget(network.id) }
    var addresses: [KeyValue] = []
    for _ in 0..<Self.attempts {
      do throws(StoreError) {
        let outcome = try await cluster.store.transact(
          [.empty(prefix: ClusterKey.addresses(of: network.id))],
          then: [
            .delete(ClusterKey.network(network.id).text), .delete(ClusterKey.name(network.name).text),
            .delete(ClusterKey.identifier(network.overlay?.identifier ?? 0).text),
            .put(ClusterKey.generation.text, Array(network.id.utf8)),
          ], otherwise: [.list(prefix: ClusterKey.addresses(of: network.id))])
        if outcome.succeeded {
          note(.delete(key: ClusterKey.network(network.id).text, revision: outcome.revision))
          return await forget(network.id)
        }
        addresses = outcome.reads[0]
        guard try await reclaim(on: network.id, cluster) > 0 else { break }
      } catch { throw cluster.failure(error, "network \(network.name) cannot be removed") }
    }
    let members = overlay.mirror.endpoints[network.id] ?? [:]
    let owners = addresses.compactMap { try? ClusterCoding.value($0.value, ClusterAddress.self) }
    let list = owners.map { owner in
      let host = overlay.mirror.hosts[owner.host]?.name ?? owner.host
      return "name:\"\(members[owner.endpoint]?.name ?? owner.endpoint)\" host:\"\(host)\""
    }
    throw NetworkError(
      .forbidden,
      "error while removing network: network \(network.name) has active endpoints (\(list.joined(separator: ", ")))")
  }

  /// Takes the addresses of hosts that are gone from them. A host is gone when its lease is.
  /// - Returns: how many.
  func reclaim(on network: String, _ cluster: ClusterLink) async throws(StoreError) -> Int {
    let seen = try await cluster.store.transact(
      [], then: [.list(prefix: ClusterKey.hosts), .list(prefix: ClusterKey.addresses(of: network))])
    let living = Set(seen.reads[0].map(\.key))
    var count = 0
    for entry in seen.reads[1] {
      guard let owner = try? ClusterCoding.value(entry.value, ClusterAddress.self) else { continue }
      let host = ClusterKey.host(owner.host).text
      if living.contains(host) || owner.host == cluster.host { continue }
      let outcome = try await cluster.store.transact(
        [.absent(host), .unchanged(entry.key, since: entry.modRevision)],
        then: [.delete(entry.key), .delete(ClusterKey.endpoint(network: network, owner.endpoint).text)])
      guard outcome.succeeded else { continue }
      count += 1
      guard case .address(_, let address) = ClusterKey(entry.key) else { continue }
      releaseFromCluster(address, on: network)
    }
    return count
  }

  // MARK: the local copy

  /// What this host has just written, before the store tells it.
  private func note(_ event: StoreEvent) { _ = overlay.mirror.apply([event]) }

  /// A network of the cluster is known here: at once for whoever looks, and on disk for the time when the store is away.
  func adopt(_ network: NetworkRecord) async {
    if !defaultIPAM.knows(network.id) { defaultIPAM.adopt(network) }
    let isNews = view.withLock { view in
      defer { view.networks[network.id] = network }
      return view.networks[network.id] != network
    }
    guard isNews else { return }
    do { try await store.put("network/\(network.id)", try ClusterCoding.bytes(network)) } catch {
      Diagnostics.warn("network \(network.name): \(error)")
    }
  }

  /// A network of the cluster is gone.
  func forget(_ id: String) async {
    guard view.withLock({ $0.networks.removeValue(forKey: id) }) != nil else { return }
    defaultIPAM.forget(id)
    overlay.pooled[id] = nil
    do { try await store.delete("network/\(id)") } catch { Diagnostics.warn("network \(id): \(error)") }
  }
}
