import ContainerEngine
import DockerAPI
import HTTPService

/// Networks: those that every engine has.
enum NetworkEndpoints {
  static let list: Endpoint = { call in
    let filters = try call.filters(["dangling", "driver", "id", "label", "name", "scope", "type"])
    for type in filters("type") where type != "builtin" && type != "custom" {
      throw QueryError("invalid filter: 'type'='\(type)'")
    }
    let dangling = filters.has("dangling") ? try filters.flag("dangling", default: false) : nil
    let networks = call.engine.networks().filter { network in
      guard filters.matchesPattern("name", network.name), filters.matchesPrefix("id", network.id),
        filters.matchesExactly("driver", network.driver), filters.matchesExactly("scope", network.scope),
        filters.matchesLabels("label", network.labels)
      else { return false }
      let builtin = ["bridge", "host", "none"].contains(network.name)
      guard filters.matchesExactly("type", builtin ? "builtin" : "custom") else { return false }
      if let dangling, dangling != (!builtin && network.endpoints.isEmpty) { return false }
      return true
    }
    // Since 1.28 only the inspection of one network shows its containers.
    return .json(networks.map { describe($0, call.engine, withContainers: call.version < APIVersion(1, 28)) })
  }

  static let inspect: Endpoint = { call in
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

  /// The networks that every engine has stay; there are no others yet.
  static let remove: Endpoint = { call in
    let term = call.name
    guard
      let network = call.engine.networks().first(where: { $0.name == term || $0.id == term || $0.id.hasPrefix(term) })
    else { throw RefusedError(.notFound, "network \(term) not found") }
    throw RefusedError(.forbidden, "\(network.name) is a pre-defined network and cannot be removed")
  }

  /// Networks of users are what a prune removes; there are none yet.
  static let prune: Endpoint = { call in
    _ = try call.filters(["label", "label!", "until"])
    return .json(NetworksPruneReport())
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
    answer.ipam.driver = "default"
    answer.ipam.config =
      network.subnets.isEmpty
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
