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
    case .host:
      var connected = ConnectedNetwork(namespace: .host)
      connected.endpoints = [try await join(record, "host", EndpointRequest(), ports: [])]
      return connected
    case .none:
      var connected = ConnectedNetwork(namespace: .path(try await network.createSandbox(id: record.id)))
      connected.endpoints = [try await join(record, "none", EndpointRequest(), ports: [])]
      return connected
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
    case .network:
      var wanted = memberships(of: record.definition)
      // Docker's way without a default network: those that would be on it are on none.
      if !configuration.hasDefaultNetwork { wanted.removeAll { $0.name == Self.defaultNetwork } }
      do { return try await connect(record, to: wanted) } catch {
        let error = EngineError.wrap(error)
        throw EngineError(error.code, "failed to set up container networking: \(error.message)", cause: error)
      }
    }
  }

  private func connect(
    _ record: ContainerRecord, to wanted: [(name: String, request: EndpointRequest)]
  ) async throws -> ConnectedNetwork {
    for (name, _) in wanted { try checkNetwork(name) }
    let path = try await network.createSandbox(id: record.id)
    var connected = ConnectedNetwork(namespace: .path(path))
    let carrier = portNetwork(of: record.definition)
    for (name, request) in wanted {
      let ports = name == carrier ? try portBindings(record.definition) : []
      connected.endpoints.append(try await join(record, name, request, ports: ports))
    }
    return connected
  }

  /// Joins a container's sandbox to one network.
  func join(
    _ record: ContainerRecord, _ name: String, _ request: EndpointRequest, ports: [PortBinding]
  ) async throws -> ContainerEndpoint {
    var options = try endpointOptions(
      record, request, ports: ports, ofPlugin: network.network(name)?.remote != nil)
    if let target = network.network(name) { options.names = names(of: record, on: target) }
    var endpoint: EndpointRecord
    do {
      endpoint = try await network.join(sandbox: record.id, network: name, options: options)
    } catch let error as NetworkError where [.conflict, .forbidden, .exhausted].contains(error.code) {
      // The port or address may belong to a container that has ended and is being cleaned up this moment.
      await waitForCleanUps()
      endpoint = try await network.join(sandbox: record.id, network: name, options: options)
    }
    guard let joined = network.network(endpoint.networkID) else {
      throw EngineError(.notFound, "network \(name) not found")
    }
    return describe(endpoint, on: joined, of: record)
  }

  /// The network whose endpoint carries a container's published ports: the one that gives the default route, among
  /// those that can.
  func portNetwork(of definition: ContainerDefinition) -> String? {
    let leadingOut = memberships(of: definition).compactMap { membership -> (NetworkRecord, priority: Int)? in
      guard let record = network.network(membership.name), !record.isInternal else { return nil }
      return (record, membership.request.gatewayPriority)
    }
    let bridges = leadingOut.filter { $0.0.bridge != nil || $0.0.remote != nil }
    // The ports of a container on overlay networks alone are carried by the gateway network behind one of these.
    return (bridges.isEmpty ? leadingOut.filter { $0.0.overlay != nil } : bridges)
      .min { (-$0.priority, $0.0.name) < (-$1.priority, $1.0.name) }?.0.name
  }

  /// The name under which a container's settings for a network are kept: `default` and ids become names.
  func networkName(_ reference: String) -> String {
    let resolved = reference == "default" ? Self.defaultNetwork : reference
    return network.network(resolved)?.name ?? resolved
  }

  /// The networks that a container is on, or will be when it starts, first the one of its network mode. One that has
  /// been taken off all its networks starts on that one again.
  func memberships(of definition: ContainerDefinition) -> [(name: String, request: EndpointRequest)] {
    guard case .network(let mode) = definition.network else { return [] }
    let primary = networkName(mode)
    if definition.endpoints.isEmpty { return [(primary, EndpointRequest())] }
    let names = definition.endpoints.keys.sorted()
    return (names.filter { $0 == primary } + names.filter { $0 != primary }).map { name in
      (name: name, request: definition.endpoints[name] ?? EndpointRequest())
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
  func waitForCleanUps() async {
    for container in table.all() where container.isCleaningUp {
      await container.transitions.withLock {}
    }
  }

  private func endpointOptions(
    _ record: ContainerRecord, _ request: EndpointRequest, ports: [PortBinding], ofPlugin: Bool
  ) throws(EngineError) -> EndpointOptions {
    var options = EndpointOptions(name: record.name)
    if let text = request.ipv4, !text.isEmpty {
      guard let address = IPv4Address(text) else {
        throw EngineError(.invalidParameter, "invalid IPv4 address: \(text)")
      }
      options.address = address
    }
    if let text = request.ipv6, !text.isEmpty {
      guard let address = IPv6Address(text) else {
        throw EngineError(.invalidParameter, "invalid IPv6 address: \(text)")
      }
      options.address6 = address
    }
    for text in request.linkLocal {
      guard let address = IPAddress(text) else {
        throw EngineError(.invalidParameter, "invalid link-local IP address: \(text)")
      }
      options.linkLocal.append(address)
    }
    if let text = request.mac, !text.isEmpty {
      guard let mac = MACAddress(text) else { throw EngineError(.invalidParameter, "invalid MAC address: \(text)") }
      options.mac = mac
    }
    for (label, value) in request.driverOptions.sorted(by: { $0.key < $1.key }) {
      switch label {
      case Self.interfaceNameLabel: options.interface = value
      case Self.settingsLabel:
        for text in value.split(separator: ",") {
          guard let setting = LinkSetting(String(text)) else {
            throw EngineError(
              .invalidParameter,
              "unrecognised network interface sysctl '\(text)': represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V'")
          }
          options.settings.append(setting)
        }
      // Labels of other makers mean nothing to us, and nothing is lost by keeping them.
      default:
        if label.hasPrefix("com.docker.network."), !ofPlugin {
          throw EngineError(.invalidParameter, "unknown endpoint option \"\(label)\"")
        }
      }
    }
    options.leavesIPv6Out =
      Self.turnsIPv6Off(record.definition)
      || options.settings.contains { $0.path == Self.ipv6Switch && $0.value == "1" }
    options.gatewayPriority = request.gatewayPriority
    options.ports = ports
    if ofPlugin {
      options.driverOptions = request.driverOptions
      options.exposed = Set(record.definition.exposedPorts + record.definition.publishedPorts.map(\.container))
        .compactMap { port in TransportProtocol(rawValue: port.transport).map { TransportPort(Port(port.number), $0) } }
        .sorted()
    }
    return options
  }

  /// Whether a container's own settings of the kernel leave it without IPv6 on all of its links.
  static func turnsIPv6Off(_ definition: ContainerDefinition) -> Bool {
    definition.sysctls["net.ipv6.conf.all.disable_ipv6"] == "1"
  }

  private static let ipv6Switch = "ipv6/conf/IFNAME/disable_ipv6"
  private static let settingsLabel = "com.docker.network.endpoint.sysctls"
  /// What the endpoint's link is called in the container (docker 28).
  private static let interfaceNameLabel = "com.docker.network.endpoint.ifname"

  /// What is to be published: the requested ports, and with `publishAllPorts` each exposed one that has no request.
  func portBindings(_ definition: ContainerDefinition) throws(EngineError) -> [PortBinding] {
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
  func describe(_ endpoint: EndpointRecord, on network: NetworkRecord, of record: ContainerRecord) -> ContainerEndpoint
  {
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
    result.openPorts = endpoint.openPorts.map {
      ContainerPort(number: $0.port.rawValue, transport: $0.transport.rawValue)
    }
    result.routedFamilies = endpoint.addresses.map(\.family).filter { network.bridge?.gatewayMode($0) == .routed }
    result.names = names(of: record, on: network)
    result.ports = (endpoint.ports + (endpoint.remote?.ports ?? [])).map { port in
      PublishedPort(
        container: ContainerPort(number: port.container.port.rawValue, transport: port.container.transport.rawValue),
        hostAddress: "\(port.hostAddress)", hostPort: port.hostPort.rawValue)
    }
    return result
  }

  /// The names by which others on a network find a container: its own, its aliases, its short id, its host name. The
  /// default network has none, as docker has it.
  func names(of record: ContainerRecord, on network: NetworkRecord) -> [String] {
    if network.isPredefined { return [] }
    var names = [record.name] + (record.definition.endpoints[network.name]?.aliases ?? []) + [record.shortID]
    if let hostname = record.definition.hostname, !hostname.isEmpty { names.append(hostname) }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// Refuses a network that is not there, before anything is made.
  func checkNetwork(_ name: String) throws(EngineError) {
    if network.network(name) == nil { throw EngineError(.notFound, "network \(name) not found") }
  }
}
