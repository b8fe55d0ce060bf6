import Addressing
import NetworkModel

/// A network driver in another process, by libnetwork's remote protocol: each call typed, each answer checked.
struct NetworkPlugin: Sendable {
  private typealias Message = NetworkPluginMessage
  /// The driver's name, which is the plugin's.
  let name: String
  let plugins: Plugins

  struct Capabilities: Sendable {
    var scope: Scope
    /// How far its networks connect: only one whose networks span hosts wants to hear of hosts.
    var connectivity: Scope
    /// Whether it wants to be asked if a network needs a gateway's address.
    var checksGateways: Bool
  }

  /// What a join brings into the sandbox.
  struct Joined: Sendable {
    var hostLink: String
    /// The whole name, or its beginning with a number to follow.
    var interface: String?
    var prefix: String
    var gateway: IPv4Address?
    var gateway6: IPv6Address?
    var routes: [RemoteRoute]
  }

  private func call<Answer: Decodable & Sendable>(
    _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) -> Answer {
    try await plugins.call(name, .networkDriver, method, body, patience)
  }

  private func tell(
    _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) {
    let _: PluginAnswer.Nothing = try await call(method, body, patience)
  }

  private func wrong(_ method: String, _ why: String) -> NetworkError {
    NetworkError(.failed, "plugin \"\(name)\": NetworkDriver.\(method): \(why)")
  }

  func capabilities(_ patience: Patience) async throws(NetworkError) -> Capabilities {
    let answer: Message.Capabilities = try await call("GetCapabilities", Message.Empty(), patience)
    guard let scope = Scope(rawValue: answer.Scope ?? "") else {
      throw wrong("GetCapabilities", "invalid capability: expecting 'local' or 'global', got \(answer.Scope ?? "")")
    }
    var connectivity = scope
    if let text = answer.ConnectivityScope, !text.isEmpty {
      guard let scope = Scope(rawValue: text) else {
        throw wrong("GetCapabilities", "invalid capability: expecting 'local' or 'global', got \(text)")
      }
      connectivity = scope
    }
    return Capabilities(scope: scope, connectivity: connectivity, checksGateways: answer.GwAllocChecker ?? false)
  }

  /// The families of a network that need no address for a gateway.
  func familiesWithoutGateway(
    _ network: NetworkRecord, _ patience: Patience
  ) async throws(NetworkError) -> Set<IPFamily> {
    let answer: Message.GatewayCheckAnswer = try await call(
      "GwAllocCheck", Message.GatewayCheck(Options: Message.NetworkOptions(network)), patience)
    return Set([(answer.SkipIPv4, IPFamily.v4), (answer.SkipIPv6, .v6)].filter { $0.0 == true }.map(\.1))
  }

  func createNetwork(_ network: NetworkRecord, _ patience: Patience) async throws(NetworkError) {
    await plugins.payFirst(name, patience)
    func subnets(_ family: IPFamily) -> [Message.Subnet] {
      if network.ipam.driver == "null", family == .v4 { return [Message.Subnet(everything: family)] }
      return network.subnets.filter { $0.subnet.family == family }
        .map { Message.Subnet($0, addressSpace: network.remote?.scope == .global ? "GlobalDefault" : "LocalDefault") }
    }
    try await tell(
      "CreateNetwork",
      Message.CreateNetwork(
        NetworkID: network.id, Options: Message.NetworkOptions(network), IPv4Data: subnets(.v4), IPv6Data: subnets(.v6)),
      patience)
  }

  /// Tells that a network is no more. Where the plugin refuses, or does not answer, it is owed that.
  /// - Throws: only where nobody is there to be told, and where that cannot be noted.
  func deleteNetwork(_ network: NetworkRecord, _ patience: Patience) async throws(NetworkError) {
    let call = try OwedCall(
      name, .networkDriver, "DeleteNetwork", Message.Network(NetworkID: network.id), about: "network \(network.name)")
    try await plugins.tell(call, needsListener: true, patience)
  }

  /// Fills what nobody has chosen yet; what has been chosen stands.
  func createEndpoint(_ endpoint: inout EndpointRecord, _ patience: Patience) async throws(NetworkError) {
    await plugins.payFirst(name, patience)
    let given = Message.Interface(
      Address: endpoint.address.map { "\($0)" } ?? "", AddressIPv6: endpoint.address6.map { "\($0)" } ?? "",
      MacAddress: endpoint.mac.map { "\($0)" } ?? "")
    let answer: Message.CreateEndpointAnswer = try await call(
      "CreateEndpoint",
      Message.CreateEndpoint(
        NetworkID: endpoint.networkID, EndpointID: endpoint.id, Interface: given,
        Options: Message.EndpointOptions(endpoint)), patience)
    guard let interface = answer.Interface else { return }
    try take(interface.Address, as: "address", IPv4CIDR.init, &endpoint.address)
    try take(interface.AddressIPv6, as: "IPv6 address", IPv6CIDR.init, &endpoint.address6)
    try take(interface.MacAddress, as: "MAC address", MACAddress.init, &endpoint.mac)
  }

  private func take<Value: Equatable>(
    _ text: String?, as what: String, _ read: (String) -> Value?, _ value: inout Value?
  ) throws(NetworkError) {
    guard let text, !text.isEmpty else { return }
    guard let answered = read(text) else { throw wrong("CreateEndpoint", "invalid \(what) \"\(text)\"") }
    if let value, value != answered {
      throw wrong("CreateEndpoint", "it changed the \(what) \(value) to \(answered), which is not its to choose")
    }
    value = answered
  }

  /// Tells that an endpoint is no more, or notes that the plugin is owed that.
  func deleteEndpoint(_ endpoint: EndpointRecord, _ patience: Patience) async throws(NetworkError) {
    try await plugins.tell(try owed("DeleteEndpoint", endpoint), patience)
  }

  private func owed(_ method: String, _ endpoint: EndpointRecord) throws(NetworkError) -> OwedCall {
    try OwedCall(
      name, .networkDriver, method, Message.Endpoint(NetworkID: endpoint.networkID, EndpointID: endpoint.id),
      about: "endpoint \(endpoint.name)")
  }

  func join(
    _ endpoint: EndpointRecord, sandbox path: String, _ patience: Patience
  ) async throws(NetworkError) -> Joined {
    let answer: Message.JoinAnswer = try await call(
      "Join",
      Message.Join(
        NetworkID: endpoint.networkID, EndpointID: endpoint.id, SandboxKey: path,
        Options: Message.EndpointOptions(endpoint)), patience)
    let names = answer.InterfaceName
    var joined = Joined(hostLink: names?.SrcName ?? "", prefix: "eth", routes: [])
    if !joined.hostLink.isEmpty, !LinkName.isValid(joined.hostLink) {
      throw wrong("Join", "invalid name of a link \"\(joined.hostLink)\"")
    }
    if let prefix = names?.DstPrefix, !prefix.isEmpty {
      guard LinkName.isValid(prefix), prefix.utf8.count <= 12 else {
        throw wrong("Join", "invalid prefix of a link's name \"\(prefix)\": 1 to 12 bytes without blanks, / and :")
      }
      joined.prefix = prefix
    }
    if let name = names?.DstName, !name.isEmpty {
      guard LinkName.isValid(name), name != "lo" else { throw wrong("Join", "invalid name of a link \"\(name)\"") }
      joined.interface = name
    }
    if let text = answer.Gateway, !text.isEmpty {
      guard let gateway = IPv4Address(text) else { throw wrong("Join", "unable to parse Gateway \"\(text)\"") }
      joined.gateway = gateway
    }
    if let text = answer.GatewayIPv6, !text.isEmpty {
      guard let gateway = IPv6Address(text) else { throw wrong("Join", "unable to parse GatewayIPv6 \"\(text)\"") }
      joined.gateway6 = gateway
    }
    for route in answer.StaticRoutes ?? [] { joined.routes.append(try read(route)) }
    return joined
  }

  private func read(_ route: Message.JoinAnswer.Route) throws(NetworkError) -> RemoteRoute {
    guard let destination = IPCIDR(route.Destination ?? "") else {
      throw wrong("Join", "invalid destination of a route \"\(route.Destination ?? "")\"")
    }
    switch route.RouteType ?? 0 {
    case 1: return RemoteRoute(destination: destination.network, nextHop: nil)
    case 0:
      guard let hop = IPAddress(route.NextHop ?? ""), hop.family == destination.family else {
        throw wrong("Join", "failed to parse nexthop IP \(route.NextHop ?? "") of the route to \(destination)")
      }
      return RemoteRoute(destination: destination.network, nextHop: hop)
    case let type: throw wrong("Join", "unknown type \(type) of the route to \(destination)")
    }
  }

  /// Tells that an endpoint has left its sandbox, or notes that the plugin is owed that.
  func leave(_ endpoint: EndpointRecord, _ patience: Patience) async throws(NetworkError) {
    try await plugins.tell(try owed("Leave", endpoint), patience)
  }

  /// A plugin need not know of ports.
  /// - Returns: whether this one does.
  func programExternalConnectivity(
    _ endpoint: EndpointRecord, _ patience: Patience
  ) async throws(NetworkError) -> Bool {
    let answer: PluginAnswer.Nothing? = try await plugins.callIfThere(
      name, .networkDriver, "ProgramExternalConnectivity",
      Message.ExternalConnectivity(
        NetworkID: endpoint.networkID, EndpointID: endpoint.id, Options: Message.EndpointOptions(endpoint)), patience)
    return answer != nil
  }

  func revokeExternalConnectivity(_ endpoint: EndpointRecord, _ patience: Patience) async throws(NetworkError) {
    let _: PluginAnswer.Nothing? = try await plugins.callIfThere(
      name, .networkDriver, "RevokeExternalConnectivity",
      Message.Endpoint(NetworkID: endpoint.networkID, EndpointID: endpoint.id), patience)
  }

  /// What the plugin says that it has published; nothing where it does not know this question.
  func publishedPorts(
    _ endpoint: EndpointRecord, _ patience: Patience
  ) async throws(NetworkError) -> [PublishedPort] {
    let answer: Message.OperationalInfo? = try await plugins.callIfThere(
      name, .networkDriver, "EndpointOperInfo",
      Message.Endpoint(NetworkID: endpoint.networkID, EndpointID: endpoint.id), patience)
    return (answer?.Value?.ports ?? []).compactMap { port in
      guard let number = port.Port.flatMap({ UInt16(exactly: $0) }),
        let transport = UInt8(exactly: port.Proto ?? 6).flatMap({ TransportProtocol(number: $0) }),
        let hostPort = port.HostPort.flatMap({ UInt16(exactly: $0) }), hostPort > 0
      else { return nil }
      return PublishedPort(
        TransportPort(Port(number), transport), hostAddress: IPAddress(port.HostIP ?? "") ?? .v4(.any),
        hostPort: Port(hostPort), target: nil)
    }
  }

  /// A host has joined those that the plugin's networks span, or left them.
  func discover(_ address: IPAddress, isOwn: Bool, isNew: Bool, _ patience: Patience) async throws(NetworkError) {
    try await tell(
      isNew ? "DiscoverNew" : "DiscoverDelete",
      Message.Discovery(DiscoveryData: .init(Address: "\(address)", Self: isOwn)), patience)
  }
}
