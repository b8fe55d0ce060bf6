import Addressing

/// Gives out subnets to networks and addresses to endpoints.
///
/// Every call runs on its caller's actor: one that is answered from memory is over before anybody else gets a turn, and
/// only one that asks another process waits.
public protocol IPAMDriver: Sendable {
  /// Takes a new network's subnets, with their gateways and auxiliary addresses. All or nothing.
  func takePools(
    _ request: PoolRequest, isolation: isolated (any Actor)?
  ) async throws(NetworkError) -> [SubnetRecord]
  /// Gives a network's subnets back, with what `takePools` took in them. Every step is tried.
  func releasePools(of network: NetworkRecord, isolation: isolated (any Actor)?) async throws(NetworkError)
  /// Knows a network's subnets again, when the engine starts.
  func adopt(_ network: NetworkRecord)
  /// Whether it must know an endpoint's hardware address before it gives an address.
  func needsHardwareAddress(isolation: isolated (any Actor)?) async throws(NetworkError) -> Bool
  /// Takes the address that is asked for, or a free one.
  func takeAddress(
    _ request: AddressRequest, on network: NetworkRecord, isolation: isolated (any Actor)?
  ) async throws(NetworkError) -> TakenAddress
  /// Knows an endpoint's address again, when the engine starts.
  func adoptAddress(_ address: IPAddress, on network: NetworkRecord) throws(NetworkError)
  /// Gives an address back; one that was not taken here is no error.
  func releaseAddress(
    _ address: IPAddress, on network: NetworkRecord, isolation: isolated (any Actor)?
  ) async throws(NetworkError)
}

/// What a new network wants.
public struct PoolRequest: Sendable {
  public var networkID: String
  public var pools: [PoolReader.Pool]
  public var hasIPv4: Bool
  public var hasIPv6: Bool
  /// `--ipam-opt`.
  public var options: [String: String]
  public var scope: Scope
  /// Families in which no address is set aside for a gateway.
  public var withoutGateway: Set<IPFamily> = []
  /// What the subnets must keep away from, where it is the driver that chooses.
  public var surroundings: SubnetPlanner.Surroundings

  public init(
    networkID: String, pools: [PoolReader.Pool], hasIPv4: Bool, hasIPv6: Bool, options: [String: String],
    scope: Scope, surroundings: SubnetPlanner.Surroundings
  ) {
    self.networkID = networkID
    self.pools = pools
    self.hasIPv4 = hasIPv4
    self.hasIPv6 = hasIPv6
    self.options = options
    self.scope = scope
    self.surroundings = surroundings
  }
}

/// What an endpoint wants.
public struct AddressRequest: Sendable {
  public var family: IPFamily
  /// Nil for any.
  public var address: IPAddress?
  /// The endpoint's hardware address, where it is known already.
  public var mac: MACAddress?
  public init(_ family: IPFamily, address: IPAddress? = nil, mac: MACAddress? = nil) {
    self.family = family
    self.address = address
    self.mac = mac
  }
}

/// An address that is the endpoint's now.
public struct TakenAddress: Sendable {
  /// With the length of its subnet's prefix.
  public var address: IPCIDR
  public var subnet: SubnetRecord
  public init(_ address: IPCIDR, of subnet: SubnetRecord) {
    self.address = address
    self.subnet = subnet
  }
}
