import Addressing
import NetworkModel

extension NetworkController {
  /// Gives an endpoint its addresses, hardware address and names of links.
  func address(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, on network: NetworkRecord
  ) throws(NetworkError) {
    let wanted = [options.address.map { IPAddress.v4($0) }, options.address6.map { .v6($0) }].compactMap { $0 }
    if !wanted.isEmpty && network.isPredefined {
      throw NetworkError(
        .invalid,
        "invalid config for network \(network.name): invalid endpoint settings:\n"
          + "user specified IP address is supported on user defined networks only")
    }
    if !wanted.isEmpty && !network.subnets.contains(where: \.isChosen) {
      throw NetworkError(
        .invalid,
        "invalid config for network \(network.name): invalid endpoint settings:\n"
          + "user specified IP address is supported only when connecting to networks with user configured subnets")
    }
    for family in [IPFamily.v4, .v6] where network.subnet(family) != nil {
      let (address, record) = try allocate(family, wanted.first { $0.family == family }, on: network)
      switch IPCIDR(address, prefixLength: record.subnet.prefixLength) {
      case .v4(let cidr):
        endpoint.address = cidr
        if network.givesGateway(.v4) { endpoint.gateway = record.gateway.v4 }
      case .v6(let cidr):
        endpoint.address6 = cidr
        if network.givesGateway(.v6) { endpoint.gateway6 = record.gateway.v6 }
      case nil: break
      }
    }
    endpoint.linkLocal = options.linkLocal
    endpoint.settings = options.settings
    endpoint.mac = options.mac ?? endpoint.address.map { MACAddress(derivedFrom: $0.address) } ?? .random()
    endpoint.mtu = network.bridge?.mtu ?? network.macvlan?.mtu ?? (network.macvlan == nil ? 1500 : 0)
    let used = Set(allEndpoints(of: endpoint.sandboxID).map(\.interface))
    if let name = options.interface, !name.isEmpty {
      guard LinkName.isValid(name) else { throw NetworkError(.invalid, "invalid interface name \"\(name)\"") }
      guard name != "lo", !used.contains(name) else {
        throw NetworkError(.conflict, "interface name \(name) is in use in the container")
      }
      endpoint.interface = name
    } else {
      let prefix =
        network.bridge?.interfacePrefix ?? network.macvlan?.interfacePrefix ?? network.overlay?.interfacePrefix ?? "eth"
      var number = 0
      while used.contains("\(prefix)\(number)") { number += 1 }
      endpoint.interface = "\(prefix)\(number)"
    }
    // Stations of a macvlan are born in their sandbox; all others have an end on the host.
    if network.macvlan != nil { return }
    // As much of the instance's name as leaves room for nine digits of the id; the link's alias has all of both.
    let prefix = String(configuration.instance.prefix(6))
    endpoint.hostInterface = prefix + endpoint.id.prefix(15 - prefix.utf8.count)
  }

  /// The address that was asked for, or a free one of the first subnet of the family that has one.
  private func allocate(
    _ family: IPFamily, _ wanted: IPAddress?, on network: NetworkRecord
  ) throws(NetworkError) -> (IPAddress, SubnetRecord) {
    var exhausted: NetworkError?
    for (index, record) in network.subnets.enumerated() where record.subnet.family == family {
      if let wanted {
        guard record.subnet.contains(wanted) else { continue }
        try pools[network.id]?[index].take(wanted)
        return (wanted, record)
      }
      do throws(NetworkError) {
        if let free = try pools[network.id]?[index].allocate(network: "\(network.name) (\(network.id))") {
          return (free, record)
        }
      } catch { exhausted = exhausted ?? error }
    }
    if let wanted {
      throw NetworkError(
        .invalid, "invalid endpoint settings:\nno configured subnet or ip-range contain the IP address \(wanted)")
    }
    throw exhausted ?? NetworkError(.failed, "network \(network.name) has no \(family.rawValue) subnet")
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
