import AsyncWork
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// Puts a container on one more network, at once where it runs, else when it starts.
  public func connect(
    _ reference: String, to networkReference: String, _ request: EndpointRequest
  ) async throws(EngineError) {
    let target = try networkRecord(networkReference)
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      if container.isRemoved { throw EngineError.noSuchContainer(reference) }
      let record = container.record
      if target.isConfigurationOnly {
        throw EngineError(.forbidden, "cannot create endpoint on configuration-only network")
      }
      try Self.checkConnectable(record, target)
      if target.isPredefined, !request.aliases.isEmpty {
        throw EngineError(
          .invalidParameter, "network-scoped alias is supported only for containers in user defined networks")
      }
      // One that does not run only gets new settings, as docker does it.
      if record.state.isRunning, record.endpoints.contains(where: { $0.networkID == target.id }) {
        throw EngineError(
          .forbidden, "endpoint with name \(record.name) already exists in network \(target.name)")
      }
      do {
        if record.state.isRunning {
          try await connectRunning(container, target, request)
        } else {
          try Self.checkAddresses(request, on: target)
          container.update { $0.definition.endpoints[target.name] = request }
        }
      } catch { throw EngineError.wrap(error) }
      try await save(container)
    }
  }

  private func connectRunning(
    _ container: Container, _ target: NetworkRecord, _ request: EndpointRequest
  ) async throws {
    try await container.transitions.withLock {
      guard container.record.state.isRunning else {
        // It ended in this moment: it is on the network from its next start.
        container.update { $0.definition.endpoints[target.name] = request }
        return
      }
      let before = container.record.definition.endpoints[target.name]
      let record = container.update { $0.definition.endpoints[target.name] = request }
      do {
        let endpoint = try await join(record, target.name, request, ports: [])
        container.update { $0.endpoints.append(endpoint) }
        publish(endpoint, "connect", container: record.id)
        try await movePorts(container)
        try await namesChanged(container.record, joined: endpoint, left: nil)
      } catch {
        container.update { $0.definition.endpoints[target.name] = before }
        throw error
      }
    }
  }

  /// Takes a container off a network.
  /// - Parameter force: forgets the endpoint of a container that is not there any more.
  public func disconnect(
    _ reference: String, from networkReference: String, force: Bool
  ) async throws(EngineError) {
    let target = try networkRecord(networkReference)
    let container: Container
    do { container = try table.find(reference) } catch {
      guard force else { throw error }
      return try await forget(reference, on: target)
    }
    try await exclusively(container) { [self] () throws(EngineError) in
      let record = container.record
      if target.driver == .host || record.definition.network == .host {
        throw EngineError(
          .invalidParameter,
          "cannot disconnect container from host network - container was created in host network mode")
      }
      let isMember = record.definition.endpoints[target.name] != nil
      guard isMember else {
        throw EngineError(
          .invalidParameter, "container \(record.id) is not connected to network \(target.name)")
      }
      do {
        try await container.transitions.withLock {
          if let endpoint = record.endpoints.first(where: { $0.networkID == target.id }),
            container.record.state.isRunning
          {
            try await network.leave(endpoint: endpoint.endpointID)
            container.update { $0.endpoints.removeAll { $0.endpointID == endpoint.endpointID } }
            publish(endpoint, "disconnect", container: record.id)
            container.update { $0.definition.endpoints[target.name] = nil }
            try await movePorts(container)
            try await namesChanged(container.record, joined: nil, left: endpoint)
          } else {
            container.update {
              $0.definition.endpoints[target.name] = nil
              $0.lastNetworks?[target.name] = nil
            }
          }
        }
      } catch { throw EngineError.wrap(error) }
      try await save(container)
    }
  }

  /// Published ports are carried by one endpoint: after a change of networks they may belong to another one.
  private func movePorts(_ container: Container) async throws {
    let record = container.record
    let carrier = portNetwork(of: record.definition)
    let bindings = try portBindings(record.definition)
    guard !bindings.isEmpty else { return }
    for endpoint in record.endpoints.sorted(by: { $0.networkName != carrier && $1.networkName == carrier }) {
      // The old carrier lets go first: a host port cannot have two.
      let wanted = endpoint.networkName == carrier ? bindings : []
      guard wanted.isEmpty != endpoint.ports.isEmpty else { continue }
      try await setPorts(wanted, of: endpoint.endpointID, container)
    }
  }

  /// Publishes these ports of an endpoint, and no others, and tells it in the record.
  func setPorts(_ bindings: [PortBinding], of endpointID: String, _ container: Container) async throws {
    let changed = try await network.setPorts(bindings, of: endpointID)
    guard let joined = network.network(changed.networkID) else { return }
    container.update { record in
      guard let index = record.endpoints.firstIndex(where: { $0.endpointID == endpointID }) else { return }
      record.endpoints[index] = describe(changed, on: joined, of: record)
    }
  }

  /// An endpoint whose container is gone: its name or its id is all that is left.
  private func forget(_ reference: String, on target: NetworkRecord) async throws(EngineError) {
    guard
      let endpoint = network.endpoints(on: target.id).first(where: {
        $0.name == reference || $0.id == reference || $0.sandboxID == reference
      })
    else {
      throw EngineError(.notFound, "endpoint \(reference) not found")
    }
    do { try await network.leave(endpoint: endpoint.id) } catch { throw EngineError.wrap(error) }
  }

  /// Docker's rules for who can be on several networks.
  private static func checkConnectable(_ record: ContainerRecord, _ target: NetworkRecord) throws(EngineError) {
    if record.state.status == .removing || record.state.status == .dead {
      throw EngineError(
        .conflict, "container \(record.id) is marked for removal and cannot be connected or disconnected to the network"
      )
    }
    switch record.definition.network {
    case .host, .container:
      throw EngineError(
        .invalidParameter,
        "container sharing network namespace with another container or host cannot be connected to any other network")
    case .none:
      throw EngineError(
        .invalidParameter,
        "container cannot be connected to multiple networks with one of the networks in private (none) mode")
    case .network: break
    }
    switch target.driver {
    case .host:
      throw EngineError(
        .invalidParameter, "cannot connect container to host network - container must be created in host network mode")
    case .null:
      throw EngineError(
        .invalidParameter,
        "container cannot be connected to multiple networks with one of the networks in private (none) mode")
    default: break
    }
  }

  /// Refuses at once what could only fail at the start.
  private static func checkAddresses(
    _ request: EndpointRequest, on target: NetworkRecord
  ) throws(EngineError) {
    guard request.ipv4 != nil || request.ipv6 != nil else { return }
    if !target.subnets.contains(where: \.isChosen) {
      throw EngineError(
        .invalidParameter,
        "invalid endpoint settings:\n"
          + "user specified IP address is supported only when connecting to networks with user configured subnets")
    }
  }
}
