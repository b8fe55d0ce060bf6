import Addressing
import AsyncWork
import NetworkModel
import Synchronization

/// Addresses that a plugin gives out. What it gave is written in the records of networks and endpoints; here is only
/// what must be asked for again.
final class RemoteIPAM: IPAMDriver {
  private struct State {
    var capabilities: IPAMPlugin.Capabilities?
    /// Networks from before this start of the engine, with addresses of theirs, until the plugin has been told of them,
    /// or needs not be.
    var untold: [String: (network: NetworkRecord, addresses: [IPAddress])] = [:]
  }
  private let state = Mutex(State())
  /// Held while the plugin is told.
  private let telling = AsyncLock()
  private let plugin: IPAMPlugin
  private let plugins: Plugins

  init(_ name: String, _ plugins: Plugins) {
    plugin = IPAMPlugin(name: name, plugins: plugins)
    self.plugins = plugins
  }

  private func capabilities(_ patience: Patience) async throws(NetworkError) -> IPAMPlugin.Capabilities {
    if let known = state.withLock({ $0.capabilities }) { return known }
    let found = try await plugin.capabilities(patience)
    state.withLock { $0.capabilities = found }
    return found
  }

  func takePools(
    _ request: PoolRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> [SubnetRecord] {
    guard request.hasIPv4 || request.hasIPv6 else { throw NetworkError(.invalid, "IPv4 or IPv6 must be enabled") }
    let patience = plugins.patience()
    try await plugins.activate(plugin.name, as: .ipamDriver, patience)
    await plugins.payFirst(plugin.name, patience)
    _ = try await capabilities(patience)
    let space = try await plugin.defaultAddressSpace(request.scope, patience)
    var wanted: [(family: IPFamily, pool: PoolReader.Pool?)] = request.pools
      .filter { $0.subnet.family == .v4 ? request.hasIPv4 : request.hasIPv6 }.map { ($0.subnet.family, $0) }
    for (family, isOn) in [(IPFamily.v4, request.hasIPv4), (.v6, request.hasIPv6)]
    where isOn && !wanted.contains(where: { $0.family == family }) { wanted.append((family, nil)) }
    var taken: [SubnetRecord] = []
    do throws(NetworkError) {
      for (family, pool) in wanted {
        taken.append(try await take(family, pool, request, space, patience))
      }
    } catch {
      await giveUp(taken)
      throw error
    }
    return taken
  }

  /// One subnet with its gateway and auxiliary addresses.
  private func take(
    _ family: IPFamily, _ wanted: PoolReader.Pool?, _ request: PoolRequest, _ space: String, _ patience: Patience
  ) async throws(NetworkError) -> SubnetRecord {
    let pool = try await plugin.requestPool(
      wanted?.subnet, part: wanted?.range, in: space, options: request.options, family, patience)
    var record = SubnetRecord(
      subnet: pool.subnet, range: wanted?.range, gateway: pool.gateway?.address ?? pool.subnet.address,
      isChosen: wanted != nil, hasChosenGateway: wanted?.gateway != nil)
    record.poolID = pool.id
    record.addressSpace = space
    record.hasNoGateway = pool.gateway == nil ? true : nil
    do throws(NetworkError) {
      // The plugin's own gateway is taken already; one that somebody asks for, or any, is an address like others.
      if wanted?.gateway != nil || (pool.gateway == nil && !request.withoutGateway.contains(family)) {
        record.gateway = try await plugin.requestAddress(
          wanted?.gateway, of: pool.id, pool.subnet,
          options: [IPAMPlugin.typeLabel: IPAMPlugin.gatewayLabel], patience
        ).address
        record.hasNoGateway = nil
        record.takesGateway = true
      }
      for (name, address) in (wanted?.auxiliary ?? [:]).sorted(by: { $0.key < $1.key }) {
        do throws(NetworkError) {
          _ = try await plugin.requestAddress(address, of: pool.id, pool.subnet, options: [:], patience)
        } catch {
          throw NetworkError(
            error.code, "failed to allocate secondary ip address (\(name):\(address)): \(error)", cause: error)
        }
        record.auxiliary[name] = address
      }
    } catch {
      await giveUp([record])
      throw error
    }
    return record
  }

  /// The way back from a request that failed; the first error is the reason.
  private func giveUp(_ records: [SubnetRecord]) async {
    for error in await release(records, about: "a request of a pool that failed", isShared: false).errors {
      Diagnostics.warn("after a failed request of a pool: \(error)")
    }
  }

  private func release(_ records: [SubnetRecord], about: String, isShared: Bool) async -> ErrorList {
    var errors = ErrorList()
    let patience = plugins.patience()
    for record in records {
      let id = record.poolID ?? ""
      var addresses = Array(record.auxiliary.values)
      if record.takesGateway == true { addresses.append(record.gateway) }
      for address in addresses {
        do {
          try await plugin.releaseAddress(address, of: id, about: about, isShared: isShared, patience)
        } catch { errors.append(error) }
      }
      do { try await plugin.releasePool(id, about: about, isShared: isShared, patience) } catch { errors.append(error) }
    }
    return errors
  }

  func releasePools(of network: NetworkRecord, isolation: isolated (any Actor)? = #isolation) async throws(NetworkError)
  {
    state.withLock { _ = $0.untold.removeValue(forKey: network.id) }
    try await release(network.subnets, about: "network \(network.name)", isShared: Self.isShared(network))
      .throwIfAny("pools of network \(network.name)")
  }

  func adopt(_ network: NetworkRecord) { state.withLock { $0.untold[network.id] = (network, []) } }

  func adoptAddress(_ address: IPAddress, on network: NetworkRecord) {
    state.withLock { $0.untold[network.id]?.addresses.append(address) }
  }

  func needsHardwareAddress(isolation: isolated (any Actor)? = #isolation) async throws(NetworkError) -> Bool {
    try await capabilities(plugins.patience()).requiresMAC
  }

  func takeAddress(
    _ request: AddressRequest, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> TakenAddress {
    let patience = plugins.patience()
    await plugins.payFirst(plugin.name, patience)
    try await tell(patience)
    var options: [String: String] = [:]
    if try await capabilities(patience).requiresMAC, let mac = request.mac { options[IPAMPlugin.macLabel] = "\(mac)" }
    var failure: NetworkError?
    for record in network.subnets where record.subnet.family == request.family {
      if let wanted = request.address, !record.subnet.contains(wanted) { continue }
      do throws(NetworkError) {
        let address = try await plugin.requestAddress(
          request.address, of: record.poolID ?? "", record.subnet, options: options, patience)
        return TakenAddress(address, of: record)
      } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    guard let wanted = request.address else {
      throw NetworkError(.failed, "network \(network.name) has no \(request.family.rawValue) subnet")
    }
    throw NetworkError(
      .invalid, "invalid endpoint settings:\nno configured subnet or ip-range contain the IP address \(wanted)")
  }

  func releaseAddress(
    _ address: IPAddress, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) {
    guard let record = network.subnets.first(where: { $0.subnet.contains(address) }) else { return }
    try await plugin.releaseAddress(
      address, of: record.poolID ?? "", about: "an endpoint on network \(network.name)",
      isShared: Self.isShared(network), plugins.patience())
  }

  /// Whether other hosts have addresses of the same pools.
  private static func isShared(_ network: NetworkRecord) -> Bool { network.remote?.scope == .global }

  /// Whether networks of before this start wait for the plugin.
  var hasUntold: Bool { state.withLock { !$0.untold.isEmpty } }

  /// Asks again for what the networks of before this start have, where the plugin forgets it.
  func tell() async throws(NetworkError) { try await tell(plugins.patience()) }

  private func tell(_ patience: Patience) async throws(NetworkError) {
    guard hasUntold else { return }
    do {
      try await telling.withLock {
        guard try await capabilities(patience).requiresReplay else { return state.withLock { $0.untold = [:] } }
        for (id, one) in state.withLock({ $0.untold }) {
          try await tell(one.network, one.addresses, patience)
          state.withLock { _ = $0.untold.removeValue(forKey: id) }
        }
      }
    } catch { throw error as? NetworkError ?? NetworkError(.failed, "\(error)", cause: error) }
  }

  private func tell(
    _ network: NetworkRecord, _ addresses: [IPAddress], _ patience: Patience
  ) async throws(NetworkError) {
    for record in network.subnets {
      let id = record.poolID ?? ""
      let pool = try await plugin.requestPool(
        record.subnet, part: record.range, in: record.addressSpace ?? "", options: network.ipam.options,
        record.subnet.family, patience)
      guard pool.id == id else {
        throw NetworkError(
          .failed,
          "plugin \"\(plugin.name)\" now calls the pool \(record.subnet) of network \(network.name) "
            + "\"\(pool.id)\" and not \"\(id)\": remove the network and make it anew")
      }
      var wanted = (record.auxiliary.values.sorted() + addresses.filter { record.subnet.contains($0) })
        .map { ($0, [String: String]()) }
      if record.takesGateway == true {
        wanted.insert((record.gateway, [IPAMPlugin.typeLabel: IPAMPlugin.gatewayLabel]), at: 0)
      }
      for (address, options) in wanted {
        do throws(NetworkError) {
          _ = try await plugin.requestAddress(address, of: id, record.subnet, options: options, patience)
        } catch {
          if error.code == .unavailable || error.code == .notFound { throw error }
          // It may know of the address after all, from a time that ended in the middle of this.
          Diagnostics.warn("network \(network.name): asking for \(address) again: \(error)")
        }
      }
    }
  }
}
