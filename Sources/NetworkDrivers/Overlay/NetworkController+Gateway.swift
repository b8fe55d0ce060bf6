import Addressing
import NetworkModel
import Synchronization

/// The way out of overlay networks: a bridge network of the host, on which containers do not see each other. A sandbox
/// is on it exactly as long as it is on an overlay network and no other network leads out.
extension NetworkController {
  /// The gateway network's name.
  private var gatewayName: String { "\(configuration.instance)_gwbridge" }

  /// Puts a sandbox on the gateway network, or takes it off, as its networks want it now.
  /// - Parameter ports: to publish, where the sandbox is on the gateway network.
  func settleGateway(of sandbox: String, _ services: Services, ports: [PortBinding] = []) async throws {
    let members = memberships(of: sandbox)
    let gateway = members.first { $0.endpoint.isGateway }?.endpoint
    guard GatewayNeed.isThere(among: members) else {
      if let gateway { try await leave(gateway, services) }
      return
    }
    if let gateway {
      if !ports.isEmpty { _ = try await setPorts(ports, of: gateway.id) }
      return
    }
    var options = EndpointOptions(name: "gateway_\(sandbox.prefix(12))", ports: ports)
    options.isGateway = true
    // The sandbox's lock is held by whoever joins or leaves.
    _ = try await join(sandbox, try await gatewayNetwork().id, options, services)
  }

  private func gatewayNetwork() async throws -> NetworkRecord {
    func existing() -> NetworkRecord? { networks().first { $0.name == gatewayName && $0.bridge != nil } }
    if let network = existing() { return network }
    var request = NetworkRequest(name: gatewayName)
    request.options = [
      "com.docker.network.bridge.name": "\(configuration.instance)-gw",
      "com.docker.network.bridge.enable_icc": "false",
    ]
    do { return try await createNetwork(request) } catch let error as NetworkError where error.code == .conflict {
      // Two sandboxes may need it at the same moment.
      guard let network = existing() else { throw error }
      return network
    }
  }

  /// The endpoint that carries an overlay endpoint's published ports; nil for endpoints that carry their own.
  nonisolated func carrier(of id: String) -> EndpointRecord? {
    guard let endpoint = view.withLock({ $0.endpoints[id] }), network(endpoint.networkID)?.overlay != nil else {
      return nil
    }
    return allEndpoints(of: endpoint.sandboxID).first(where: \.isGateway)
  }

  nonisolated func isOnOverlay(_ id: String) -> Bool {
    view.withLock { view in view.endpoints[id].flatMap { view.networks[$0.networkID]?.overlay } != nil }
  }

  /// Endpoints as their containers know them: the gateway network's is not theirs to see, and its ports are those of the
  /// overlay network that leads to it, the first by priority and name.
  nonisolated func shown(_ endpoints: [EndpointRecord]) -> [EndpointRecord] {
    guard let gateway = endpoints.first(where: \.isGateway) else { return endpoints }
    var result = endpoints.filter { !$0.isGateway }
    let bearer = result.compactMap { endpoint -> (endpoint: EndpointRecord, name: String)? in
      guard let network = network(endpoint.networkID), network.overlay != nil, !network.isInternal else { return nil }
      return (endpoint, network.name)
    }.min { (-$0.endpoint.gatewayPriority, $0.name) < (-$1.endpoint.gatewayPriority, $1.name) }?.endpoint.id
    for index in result.indices where result[index].id == bearer { result[index].ports = gateway.ports }
    return result
  }

  nonisolated func shown(_ endpoint: EndpointRecord) -> EndpointRecord {
    shown(allEndpoints(of: endpoint.sandboxID)).first { $0.id == endpoint.id } ?? endpoint
  }

  /// Publishes an overlay endpoint's ports where they are carried.
  func setCarriedPorts(_ bindings: [PortBinding], of id: String) async throws -> EndpointRecord {
    guard let endpoint = view.withLock({ $0.endpoints[id] }) else {
      throw NetworkError(.notFound, "endpoint \(id) not found")
    }
    if let carrier = carrier(of: id) {
      _ = try await setPorts(bindings, of: carrier.id)
    } else if !bindings.isEmpty {
      throw NetworkError(.forbidden, "endpoint \(endpoint.name) has no way out by which ports could be published")
    }
    return shown(endpoint)
  }
}
