import Addressing
import AsyncWork
import ContainerRuntime
import Linux
import NetworkDrivers
import NetworkModel

/// The network stack that a container got.
struct ConnectedNetwork: Sendable {
  var namespace: NamespaceSpecification.Network
  var endpoints: [ContainerEndpoint] = []
  /// The container whose stack, and whose names, this one shares.
  var sharedWith: String?
}

extension ContainerEngine {
  /// The name that users have for the default bridge network.
  static let defaultNetwork = "bridge"

  /// Makes a container's sandbox and joins it to its network, or finds the stack that it shares.
  func connectNetwork(_ record: ContainerRecord) async throws -> ConnectedNetwork {
    switch record.definition.network {
    case .host: return ConnectedNetwork(namespace: .host)
    case .none: return ConnectedNetwork(namespace: .path(try await network.createSandbox(id: record.id)))
    case .container(let id):
      let other: ContainerRecord
      do { other = try table.find(id).record } catch {
        throw EngineError(error.code, "joining network namespace of container: \(error)", cause: error)
      }
      guard other.state.isRunning else {
        throw EngineError(
          .conflict,
          "joining network namespace of container: cannot join network namespace of a non running container: "
            + "container \(id) is not running")
      }
      return ConnectedNetwork(
        namespace: try await sharedNamespace(of: other), sharedWith: other.id)
    case .network(let name):
      let resolved = name == "default" ? Self.defaultNetwork : name
      try checkNetwork(resolved)
      let path = try await network.createSandbox(id: record.id)
      let options = try endpointOptions(record, networkName: name)
      var endpoint: EndpointRecord
      do {
        endpoint = try await network.join(sandbox: record.id, network: resolved, options: options)
      } catch let error as NetworkError where error.code == .conflict {
        // The port may belong to a container that has ended and is being cleaned up this moment.
        await waitForCleanUps()
        endpoint = try await network.join(sandbox: record.id, network: resolved, options: options)
      }
      guard let joined = network.network(resolved) else {
        throw EngineError(.notFound, "network \(resolved) not found")
      }
      return ConnectedNetwork(namespace: .path(path), endpoints: [Self.describe(endpoint, on: joined)])
    }
  }

  /// The stack of a running container.
  private func sharedNamespace(of other: ContainerRecord) async throws -> NamespaceSpecification.Network {
    switch other.definition.network {
    case .host: .host
    default: .path("/proc/\(other.state.pid)/ns/net")
    }
  }

  /// Until no container is between its end and the end of its cleaning-up.
  private func waitForCleanUps() async {
    for container in table.all() where container.isCleaningUp {
      await container.transitions.withLock {}
    }
  }

  private func endpointOptions(
    _ record: ContainerRecord, networkName: String
  ) throws(EngineError) -> EndpointOptions {
    let request = record.definition.endpoints[networkName] ?? record.definition.endpoints[Self.defaultNetwork]
    var options = EndpointOptions(name: record.name)
    if let text = request?.ipv4, !text.isEmpty {
      guard let address = IPv4Address(text) else {
        throw EngineError(.invalidParameter, "invalid IPv4 address: \(text)")
      }
      options.address = address
    }
    if let text = request?.ipv6, !text.isEmpty {
      guard let address = IPv6Address(text) else {
        throw EngineError(.invalidParameter, "invalid IPv6 address: \(text)")
      }
      options.address6 = address
    }
    if let text = request?.mac, !text.isEmpty {
      guard let mac = MACAddress(text) else { throw EngineError(.invalidParameter, "invalid MAC address: \(text)") }
      options.mac = mac
    }
    options.ports = try portBindings(record.definition)
    return options
  }

  /// What is to be published: the requested ports, and with `publishAllPorts` each exposed one that has no request.
  private func portBindings(_ definition: ContainerDefinition) throws(EngineError) -> [PortBinding] {
    var bindings: [PortBinding] = []
    var requests = definition.publishedPorts
    if definition.publishAllPorts {
      let named = Set(requests.map(\.container))
      requests += definition.exposedPorts.filter { !named.contains($0) }.map { PublishedPortRequest(container: $0) }
    }
    for request in requests {
      guard let transport = TransportProtocol(rawValue: request.container.transport) else {
        throw EngineError(.invalidParameter, "invalid proto: \(request.container.transport)")
      }
      var address: IPAddress?
      if !request.hostAddress.isEmpty {
        guard let parsed = IPAddress(request.hostAddress) else {
          throw EngineError(.invalidParameter, "invalid IP address: \(request.hostAddress)")
        }
        address = parsed
      }
      let range =
        request.firstHostPort == 0
        ? nil : PortRange(Port(request.firstHostPort), Port(max(request.firstHostPort, request.lastHostPort)))
      bindings.append(
        PortBinding(
          TransportPort(Port(request.container.number), transport), hostAddress: address, hostPorts: range))
    }
    return bindings
  }

  /// An endpoint as the doors show it.
  static func describe(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ContainerEndpoint {
    var result = ContainerEndpoint(
      networkName: network.name, networkID: network.id, endpointID: endpoint.id, interface: endpoint.interface,
      mac: endpoint.mac.map { "\($0)" } ?? "", ipv4: endpoint.address.map { "\($0.address)" } ?? "",
      ipv4PrefixLength: endpoint.address.map { $0.prefixLength } ?? 0,
      ipv4Gateway: endpoint.gateway.map { "\($0)" } ?? "")
    if let address = endpoint.address6 {
      result.ipv6 = "\(address.address)"
      result.ipv6PrefixLength = address.prefixLength
      result.ipv6Gateway = endpoint.gateway6.map { "\($0)" } ?? ""
    }
    result.ports = endpoint.ports.map { port in
      PublishedPort(
        container: ContainerPort(number: port.container.port.rawValue, transport: port.container.transport.rawValue),
        hostAddress: "\(port.hostAddress)", hostPort: port.hostPort.rawValue)
    }
    return result
  }

  /// Refuses a network that is not there, before anything is made.
  func checkNetwork(_ name: String) throws(EngineError) {
    if network.network(name) == nil { throw EngineError(.notFound, "network \(name) not found") }
  }

  // MARK: names

  /// What a container calls itself: the name that was asked for, that of the stack which it shares (the host's, another
  /// container's), or its short id.
  func hostname(of record: ContainerRecord) -> String {
    if let name = record.definition.hostname, !name.isEmpty { return name }
    if record.definition.namespaces.uts == .host { return SystemFacts.hostName }
    switch record.definition.network {
    case .host: return SystemFacts.hostName
    case .container(let id):
      guard let other = table[id]?.record, other.id != record.id else { return record.shortID }
      return hostname(of: other)
    case .network, .none: return record.shortID
    }
  }

  /// Writes the files that tell a container its own name, its neighbours' and its resolvers; returns where each is
  /// mounted. A container that shares another's stack shares its names too.
  func writeNameFiles(
    _ record: ContainerRecord, _ connected: ConnectedNetwork
  ) async throws -> [(target: String, source: String)] {
    let directory = dataDirectory(of: connected.sharedWith ?? record.id)
    let files = [
      (target: "/etc/resolv.conf", source: directory + "/resolv.conf"),
      (target: "/etc/hostname", source: directory + "/hostname"),
      (target: "/etc/hosts", source: directory + "/hosts"),
    ]
    if connected.sharedWith != nil { return files }
    let usesHostStack = connected.namespace == .host
    let hostname = hostname(of: record)
    let addresses = connected.endpoints.flatMap { [$0.ipv4, $0.ipv6] }.filter { !$0.isEmpty }
    let extra = try extraHosts(record, connected)
    let definition = record.definition
    let configuration = configuration
    try await pool.run {
      try FileSystem.makeDirectories(directory, mode: 0o710)
      let host = ResolverFile.ofHost()
      var resolver = ResolverFile.forContainer(
        nameServers: definition.nameServers.isEmpty ? configuration.nameServers : definition.nameServers,
        search: definition.searchDomains.isEmpty ? configuration.searchDomains : definition.searchDomains,
        options: definition.resolverOptions.isEmpty ? configuration.resolverOptions : definition.resolverOptions,
        host: host)
      if usesHostStack, definition.nameServers.isEmpty, configuration.nameServers.isEmpty {
        resolver.nameServers = host.nameServers
      }
      var hosts = HostsFile.text(
        hostname: usesHostStack ? "" : hostname, domainName: definition.domainName, addresses: addresses,
        extraHosts: extra)
      if usesHostStack {
        hosts = (try? FileSystem.readText("/etc/hosts")) ?? hosts
        for (name, address) in extra { hosts += "\(address)\t\(name)\n" }
      }
      try FileSystem.write(directory + "/resolv.conf", Array(resolver.text.utf8))
      try FileSystem.write(directory + "/hostname", Array((hostname + "\n").utf8))
      try FileSystem.write(directory + "/hosts", Array(hosts.utf8))
    }
    return files
  }

  private func extraHosts(
    _ record: ContainerRecord, _ connected: ConnectedNetwork
  ) throws(EngineError) -> [(name: String, address: String)] {
    var result: [(name: String, address: String)] = []
    for entry in record.definition.extraHosts {
      guard let (name, address) = HostsFile.parse(entry) else {
        throw EngineError(.invalidParameter, "bad format for add-host: \"\(entry)\"")
      }
      if address == "host-gateway" {
        let gateway =
          configuration.hostGateway ?? network.network(Self.defaultNetwork)?.subnet(.v4).map { "\($0.gateway)" }
        guard let gateway else {
          throw EngineError(
            .invalidParameter, "unable to derive the IP value for host-gateway: set host-gateway-ip")
        }
        result.append((name, gateway))
      } else {
        guard IPAddress(address) != nil else {
          throw EngineError(.invalidParameter, "invalid IP address in add-host: \"\(address)\"")
        }
        result.append((name, address))
      }
    }
    return result
  }
}
