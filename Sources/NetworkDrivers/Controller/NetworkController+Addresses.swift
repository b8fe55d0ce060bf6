import Addressing
import NetworkModel

extension NetworkController {
  /// Gives an endpoint its addresses, hardware address and names of links.
  func address(
    _ endpoint: inout EndpointRecord, _ options: EndpointOptions, on network: NetworkRecord
  ) async throws(NetworkError) {
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
    endpoint.mac = options.mac
    let ipam = ipam(of: network)
    if endpoint.mac == nil, try await ipam.needsHardwareAddress(isolation: self) { endpoint.mac = .random() }
    if options.leavesIPv6Out, let address = options.address6 {
      throw NetworkError(
        .invalid,
        "invalid config for network \(network.name): invalid endpoint settings:\n"
          + "the address \(address) cannot be had where a sysctl turns IPv6 off: leave out one of them")
    }
    let families = options.leavesIPv6Out ? [IPFamily.v4] : [.v4, .v6]
    for family in families where network.subnet(family) != nil {
      let request = AddressRequest(family, address: wanted.first { $0.family == family }, mac: endpoint.mac)
      let taken = try await ipam.takeAddress(request, on: network, isolation: self)
      let givesGateway = network.givesGateway(family) && taken.subnet.hasNoGateway != true
      switch taken.address {
      case .v4(let cidr):
        endpoint.address = cidr
        if givesGateway { endpoint.gateway = taken.subnet.gateway.v4 }
      case .v6(let cidr):
        endpoint.address6 = cidr
        if givesGateway { endpoint.gateway6 = taken.subnet.gateway.v6 }
      }
    }
    endpoint.linkLocal = options.linkLocal
    endpoint.settings = options.settings
    // All else of a plugin's endpoint is for the plugin to say.
    if network.remote != nil { return }
    endpoint.mac = endpoint.mac ?? endpoint.address.map { MACAddress(derivedFrom: $0.address) } ?? .random()
    endpoint.mtu = network.bridge?.mtu ?? network.macvlan?.mtu ?? (network.macvlan == nil ? 1500 : 0)
    endpoint.interface = try interface(
      for: endpoint, wanted: options.interface.flatMap { $0.isEmpty ? nil : $0 },
      prefix: network.bridge?.interfacePrefix ?? network.macvlan?.interfacePrefix
        ?? network.overlay?.interfacePrefix ?? "eth")
    // Stations of a macvlan are born in their sandbox; all others have an end on the host.
    if network.macvlan != nil { return }
    // As much of the instance's name as leaves room for nine digits of the id; the link's alias has all of both.
    let prefix = String(configuration.instance.prefix(6))
    endpoint.hostInterface = prefix + endpoint.id.prefix(15 - prefix.utf8.count)
  }

  /// The name of an endpoint's link in its sandbox: the one that is wanted, or the prefix with the first free number.
  func interface(
    for endpoint: EndpointRecord, wanted: String?, prefix: String
  ) throws(NetworkError) -> String {
    let used = Set(allEndpoints(of: endpoint.sandboxID).map(\.interface))
    guard let wanted else {
      var number = 0
      while used.contains("\(prefix)\(number)") { number += 1 }
      return "\(prefix)\(number)"
    }
    guard LinkName.isValid(wanted) else { throw NetworkError(.invalid, "invalid interface name \"\(wanted)\"") }
    guard wanted != "lo", !used.contains(wanted) else {
      throw NetworkError(.conflict, "interface name \(wanted) is in use in the container")
    }
    return wanted
  }

  /// Marks the addresses of an endpoint that is there already.
  func adoptAddresses(of endpoint: EndpointRecord) throws {
    guard let network = network(endpoint.networkID) else { return }
    var errors = ErrorList()
    for address in endpoint.addresses { errors.attempt { try ipam(of: network).adoptAddress(address, on: network) } }
    try errors.throwIfAny("endpoint \(endpoint.id)")
  }

  /// Gives an endpoint's addresses back; what an IPAM plugin cannot be told it is owed.
  func releaseAddresses(of endpoint: EndpointRecord) async {
    guard let network = network(endpoint.networkID) else { return }
    for address in endpoint.addresses {
      do { try await ipam(of: network).releaseAddress(address, on: network, isolation: self) } catch {
        Diagnostics.warn("endpoint \(endpoint.name): \(error)")
      }
    }
  }
}
