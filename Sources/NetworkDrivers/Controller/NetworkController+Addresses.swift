import Addressing
import NetworkModel

extension NetworkController {
  /// Gives an endpoint its addresses, hardware address and names of links.
  func address(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, on network: NetworkRecord
  ) throws(NetworkError) {
    for record in network.subnets {
      let wanted: IPAddress? =
        switch record.subnet.family {
        case .v4: options.address.map { .v4($0) }
        case .v6: options.address6.map { .v6($0) }
        }
      guard let index = pools[network.id]?.firstIndex(where: { $0.record == record }) else { continue }
      let address: IPAddress
      if let wanted {
        try pools[network.id]?[index].take(wanted)
        address = wanted
      } else {
        guard let free = try pools[network.id]?[index].allocate(network: "\(network.name) (\(network.id))") else {
          continue
        }
        address = free
      }
      switch IPCIDR(address, prefixLength: record.subnet.prefixLength) {
      case .v4(let cidr):
        endpoint.address = cidr
        endpoint.gateway = record.gateway.v4
      case .v6(let cidr):
        endpoint.address6 = cidr
        endpoint.gateway6 = record.gateway.v6
      case nil: break
      }
    }
    endpoint.mac = options.mac ?? endpoint.address.map { MACAddress(derivedFrom: $0.address) } ?? .random()
    endpoint.mtu = network.bridge?.mtu ?? 1500
    let used = Set(endpoints(of: endpoint.sandboxID).map(\.interface))
    var number = 0
    while used.contains("eth\(number)") { number += 1 }
    endpoint.interface = "eth\(number)"
    // As much of the instance's name as leaves room for nine digits of the id; the link's alias has all of both.
    let prefix = String(configuration.instance.prefix(6))
    endpoint.hostInterface = prefix + endpoint.id.prefix(15 - prefix.utf8.count)
  }

  /// Marks the addresses of an endpoint that is there already.
  func adoptAddresses(of endpoint: EndpointRecord) throws {
    var errors = ErrorList()
    for address in Self.addresses(of: endpoint) {
      guard let index = pools[endpoint.networkID]?.firstIndex(where: { $0.record.subnet.contains(address) }) else {
        continue
      }
      errors.attempt { try pools[endpoint.networkID]?[index].take(address) }
    }
    try errors.throwIfAny("endpoint \(endpoint.id)")
  }

  func releaseAddresses(of endpoint: EndpointRecord) {
    for address in Self.addresses(of: endpoint) {
      guard let index = pools[endpoint.networkID]?.firstIndex(where: { $0.record.subnet.contains(address) }) else {
        continue
      }
      pools[endpoint.networkID]?[index].release(address)
    }
  }

  private static func addresses(of endpoint: EndpointRecord) -> [IPAddress] {
    var addresses: [IPAddress] = []
    if let address = endpoint.address { addresses.append(.v4(address.address)) }
    if let address = endpoint.address6 { addresses.append(.v6(address.address)) }
    return addresses
  }
}
