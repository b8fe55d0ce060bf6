import Addressing

/// Gives out the addresses of one subnet, each once.
public struct SubnetAllocator: Sendable {
  public let record: SubnetRecord
  private var taken: AddressBitmap
  private let first: UInt128
  private let last: UInt128
  private var previous: UInt128?

  /// Sets aside the network's own address, the broadcast address, the gateway and the auxiliary addresses. A subnet of two
  /// addresses or one has no address of its own (RFC 3021), and some have no gateway.
  public init(_ record: SubnetRecord) {
    self.record = record
    let subnet = record.subnet
    taken = AddressBitmap(last: subnet.lastOffset)
    let range = record.range?.network ?? subnet.network
    first = subnet.offset(of: range.address) ?? 0
    last = first + range.lastOffset
    var reserved = Array(record.auxiliary.values)
    if subnet.lastOffset > 1 { reserved.append(subnet.network.address) }
    if record.hasNoGateway != true { reserved.append(record.gateway) }
    if let broadcast = subnet.v4?.broadcast { reserved.append(.v4(broadcast)) }
    for address in reserved { if let offset = subnet.offset(of: address) { _ = taken.insert(offset) } }
  }

  /// How many addresses are taken, those set aside included.
  public var count: UInt128 { taken.count }

  /// The next free address; a freed one comes last, while others may still remember its former owner.
  public mutating func allocate(network: String) throws(NetworkError) -> IPAddress {
    guard let offset = taken.allocate(after: previous, from: first, through: last),
      let address = record.subnet.host(offset)
    else {
      let family = record.subnet.family.rawValue
      throw NetworkError(
        .exhausted, "no available \(family) addresses on this network's address pools: \(network)")
    }
    previous = offset
    return address
  }

  /// Takes one certain address.
  public mutating func take(_ address: IPAddress) throws(NetworkError) {
    guard let offset = record.subnet.offset(of: address) else {
      throw NetworkError(
        .invalid, "invalid address \(address): It does not belong to any of this network's subnets")
    }
    guard taken.insert(offset) else { throw NetworkError(.forbidden, "Address already in use") }
  }

  /// Gives an address back; one that was not taken is no error.
  public mutating func release(_ address: IPAddress) {
    if let offset = record.subnet.offset(of: address) { _ = taken.remove(offset) }
  }
}
