import Addressing
import Synchronization

/// The engine's own IPAM: subnets from configured pools, addresses from memory. What it has given out is written in the
/// records of networks and endpoints, from which it is told again when the engine starts.
public final class DefaultIPAM: IPAMDriver {
  /// The subnets of each network.
  private let networks = Mutex<[String: [SubnetAllocator]]>([:])

  public init() {}

  public func takePools(
    _ request: PoolRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> [SubnetRecord] {
    if let option = request.options.keys.filter({ $0.hasPrefix("com.docker.network.") }).min() {
      throw NetworkError(.invalid, "unknown option \"\(option)\" for the default IPAM driver")
    }
    guard request.hasIPv4 || request.hasIPv6 else { throw NetworkError(.invalid, "IPv4 or IPv6 must be enabled") }
    var subnets = try SubnetPlanner.subnets(
      request.pools, hasIPv4: request.hasIPv4, hasIPv6: request.hasIPv6, request.surroundings)
    for index in subnets.indices
    where request.withoutGateway.contains(subnets[index].subnet.family) && !subnets[index].hasChosenGateway {
      subnets[index].hasNoGateway = true
      subnets[index].gateway = subnets[index].subnet.address
    }
    let allocators = subnets.map { SubnetAllocator($0) }
    networks.withLock { $0[request.networkID] = allocators }
    return subnets
  }

  public func releasePools(of network: NetworkRecord, isolation: isolated (any Actor)? = #isolation) async {
    forget(network.id)
  }

  public func adopt(_ network: NetworkRecord) {
    let allocators = network.subnets.map { SubnetAllocator($0) }
    networks.withLock { $0[network.id] = allocators }
  }

  /// Whether a network's subnets are known.
  public func knows(_ network: String) -> Bool { networks.withLock { $0[network] != nil } }

  /// A network is gone with all that was taken in it.
  public func forget(_ network: String) { networks.withLock { $0[network] = nil } }

  /// Gives back an address that somebody else had.
  public func release(_ address: IPAddress, on network: String) {
    networks.withLock { networks in
      guard let index = networks[network]?.firstIndex(where: { $0.record.subnet.contains(address) }) else { return }
      networks[network]?[index].release(address)
    }
  }

  /// Takes an address for somebody else; false where it is taken already, or of no subnet of the network.
  public func take(_ address: IPAddress, on network: String) -> Bool {
    networks.withLock { networks in
      guard let index = networks[network]?.firstIndex(where: { $0.record.subnet.contains(address) }) else {
        return false
      }
      do { try networks[network]?[index].take(address) } catch { return false }
      return true
    }
  }

  public func needsHardwareAddress(isolation: isolated (any Actor)? = #isolation) async -> Bool { false }

  public func takeAddress(
    _ request: AddressRequest, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> TakenAddress {
    try networks.withLock { (networks) throws(NetworkError) in
      try Self.take(request, &networks[network.id, default: []], network)
    }
  }

  /// The address that was asked for, or a free one of the first subnet of the family that has one.
  private static func take(
    _ request: AddressRequest, _ pools: inout [SubnetAllocator], _ network: NetworkRecord
  ) throws(NetworkError) -> TakenAddress {
    let family = request.family
    var exhausted: NetworkError?
    for index in pools.indices where pools[index].record.subnet.family == family {
      let record = pools[index].record
      var found = request.address
      if let wanted = request.address {
        guard record.subnet.contains(wanted) else { continue }
        try pools[index].take(wanted)
      } else {
        do throws(NetworkError) {
          found = try pools[index].allocate(network: "\(network.name) (\(network.id))")
        } catch { exhausted = exhausted ?? error }
      }
      if let found, let cidr = IPCIDR(found, prefixLength: record.subnet.prefixLength) {
        return TakenAddress(cidr, of: record)
      }
    }
    if let wanted = request.address {
      throw NetworkError(
        .invalid, "invalid endpoint settings:\nno configured subnet or ip-range contain the IP address \(wanted)")
    }
    throw exhausted ?? NetworkError(.failed, "network \(network.name) has no \(family.rawValue) subnet")
  }

  public func adoptAddress(_ address: IPAddress, on network: NetworkRecord) throws(NetworkError) {
    try networks.withLock { (networks) throws(NetworkError) in
      guard let index = networks[network.id]?.firstIndex(where: { $0.record.subnet.contains(address) }) else { return }
      try networks[network.id]?[index].take(address)
    }
  }

  public func releaseAddress(
    _ address: IPAddress, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async {
    release(address, on: network.id)
  }
}
