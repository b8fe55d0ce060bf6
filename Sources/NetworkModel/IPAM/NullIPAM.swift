import Addressing

/// Gives out nothing: for networks whose addresses are somebody else's business (`--ipam-driver null`).
public struct NullIPAM: IPAMDriver {
  public init() {}

  public func takePools(
    _ request: PoolRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> [SubnetRecord] {
    guard request.pools.isEmpty else {
      throw NetworkError(.invalid, "ipv4 pool is empty: the null IPAM driver gives no addresses")
    }
    return []
  }

  public func releasePools(of network: NetworkRecord, isolation: isolated (any Actor)? = #isolation) async {}

  public func adopt(_ network: NetworkRecord) {}

  public func needsHardwareAddress(isolation: isolated (any Actor)? = #isolation) async -> Bool { false }

  public func takeAddress(
    _ request: AddressRequest, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async throws(NetworkError) -> TakenAddress {
    throw NetworkError(.failed, "network \(network.name) has no \(request.family.rawValue) subnet")
  }

  public func adoptAddress(_ address: IPAddress, on network: NetworkRecord) {}

  public func releaseAddress(
    _ address: IPAddress, on network: NetworkRecord, isolation: isolated (any Actor)? = #isolation
  ) async {}
}
