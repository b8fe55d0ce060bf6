import ContainerEngine
import DockerAPI
import FoundationEssentials
import HTTPService

/// Networks.
enum NetworkEndpoints {
  static let list: Endpoint = { call in
    let filters = try call.filters(["dangling", "driver", "id", "label", "name", "scope", "type"])
    for type in filters("type") where type != "builtin" && type != "custom" {
      throw QueryError("invalid filter: 'type'='\(type)'")
    }
    let dangling = try dangling(filters)
    let networks = call.engine.networks().filter { network in
      guard filters.matchesPattern("name", network.name), filters.matchesPrefix("id", network.id),
        filters.matchesExactly("driver", network.driver), filters.matchesExactly("scope", network.scope),
        filters.matchesLabels("label", network.labels)
      else { return false }
      let builtin = network.isPredefined
      guard filters.matchesExactly("type", builtin ? "builtin" : "custom") else { return false }
      if let dangling, dangling != (!builtin && network.endpoints.isEmpty) { return false }
      return true
    }
    // Since 1.28 only the inspection of one network shows its containers.
    return .json(networks.map { describe($0, call.engine, withContainers: call.version < APIVersion(1, 28)) })
  }

  static let inspect: Endpoint = { call in
    if let verbose = call.word("verbose"),
      !["1", "0", "true", "false", "True", "False", "T", "F", "t", "f"].contains(verbose)
    {
      throw QueryError("invalid value for verbose: \"\(verbose)\"")
    }
    let networks = call.engine.networks()
    let term = call.name
    if let scope = call.word("scope"), scope != "local" {
      throw RefusedError(.notFound, "network \(term) not found")
    }
    let byPrefix = networks.filter { !term.isEmpty && $0.id.hasPrefix(term) }
    if let network = networks.first(where: { $0.id == term }) ?? networks.first(where: { $0.name == term }) {
      return .json(describe(network, call.engine, withContainers: true))
    }
    guard let network = byPrefix.first else { throw RefusedError(.notFound, "network \(term) not found") }
    guard byPrefix.count == 1 else {
      throw QueryError("\(byPrefix.count) matches found based on ID prefix: network \(term) is ambiguous")
    }
    return .json(describe(network, call.engine, withContainers: true))
  }

  /// Ours alone, Docker has no such path: what the kernel shall hold for a network, and what it does hold.
  static let plan: Endpoint = { call in
    let report = try await call.engine.networkPlan(call.name)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(
      .ok, headers: ["Content-Type": "application/json"], bytes: Array(try encoder.encode(report)) + [0x0A])
  }

  static let create: Endpoint = { call in
    var body = try await call.body(NetworkCreateRequest.self)
    // Older clients did not know this field, and so cannot mean it.
    if call.version < APIVersion(1, 48) { body.enableIPv4 = nil }
    if body.ingress { throw RefusedError(.forbidden, "Ingress network can only be global scope network") }
    var answer = NetworkCreateResponse()
    answer.id = try await call.engine.createNetwork(EndpointTranslation.network(body))
    return .json(answer, .created)
  }

  static let connect: Endpoint = { call in
    let body = try await call.body(NetworkConnectRequest.self)
    try await call.engine.connect(
      body.container, to: call.name, try EndpointTranslation.request(body.endpointConfig ?? EndpointSettings()))
    return Response(.ok)
  }

  static let disconnect: Endpoint = { call in
    let body = try await call.body(NetworkDisconnectRequest.self)
    try await call.engine.disconnect(body.container, from: call.name, force: body.force)
    return Response(.ok)
  }

  static let remove: Endpoint = { call in
    try await call.engine.removeNetwork(call.name)
    return .empty
  }

  static let prune: Endpoint = { call in
    let filters = try call.filters(["label", "label!", "until"])
    let until = try PruneBound.until(filters)
    let names = try await call.engine.pruneNetworks { network in
      network.created <= until && filters.matchesLabels("label", network.labels)
        && !filters.excludesLabels("label!", network.labels)
    }
    call.engine.events.publish(Event(.network, "prune", actor: "", attributes: ["reclaimed": "0"]))
    var report = NetworksPruneReport()
    report.networksDeleted = names.isEmpty ? nil : names
    return .json(report)
  }

  /// Docker's rule of this one list: a single value, true or false.
  private static func dangling(_ filters: Filters) throws -> Bool? {
    let given = filters("dangling")
    guard let value = given.first else { return nil }
    guard given.count == 1 else { throw QueryError("got more than one value for filter key \"dangling\"") }
    switch value {
    case "1", "true": return true
    case "0", "false": return false
    default:
      throw QueryError("invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")")
    }
  }

  private static func describe(
    _ network: NetworkSummary, _ engine: ContainerEngine, withContainers: Bool
  ) -> NetworkInspect {
    var answer = NetworkInspect()
    answer.name = network.name
    answer.id = network.id
    answer.created = Timestamps.wire(network.created)
    answer.scope = network.scope
    answer.driver = network.driver
    answer.enableIPv4 = network.hasIPv4
    answer.enableIPv6 = network.hasIPv6
    answer.ipam.driver = network.ipamDriver
    answer.ipam.options = network.ipamOptions.isEmpty ? nil : network.ipamOptions
    answer.ipam.config =
      network.subnets.isEmpty && network.isPredefined
      ? nil
      : network.subnets.map { subnet in
        var pool = IPAMPool()
        pool.subnet = subnet.subnet
        pool.gateway = subnet.gateway
        pool.ipRange = subnet.range
        pool.auxiliaryAddresses = subnet.auxiliary.isEmpty ? nil : subnet.auxiliary
        return pool
      }
    answer.isInternal = network.isInternal
    answer.attachable = network.isAttachable
    answer.configOnly = network.isConfigurationOnly
    answer.configFrom.network = network.configuredFrom
    answer.options = network.options
    answer.labels = network.labels
    guard withContainers else { return answer }
    for (id, endpoint) in network.endpoints {
      var resource = EndpointResource()
      resource.name = (try? engine.container(id))?.name ?? ""
      resource.endpointID = endpoint.endpointID
      resource.macAddress = endpoint.mac
      resource.ipv4Address = endpoint.ipv4.isEmpty ? "" : "\(endpoint.ipv4)/\(endpoint.ipv4PrefixLength)"
      resource.ipv6Address = endpoint.ipv6.isEmpty ? "" : "\(endpoint.ipv6)/\(endpoint.ipv6PrefixLength)"
      answer.containers[id] = resource
    }
    return answer
  }
}
