import Addressing
import ContainerEngine
import DockerAPI

/// A container's place on its networks, in Docker's views.
enum NetworkTranslation {
  /// The name that Docker uses for a network: the default bridge is `bridge`.
  static func name(_ name: String) -> String { name == "default" ? "bridge" : name }

  /// `NetworkSettings` of an inspect.
  static func settings(_ record: ContainerRecord) -> NetworkSettings {
    var settings = NetworkSettings()
    settings.networks = endpoints(record)
    settings.ports = ports(record)
    if record.state.isRunning {
      settings.sandboxID = record.id
      settings.sandboxKey = "/proc/\(record.state.pid)/ns/net"
    }
    if let endpoint = record.endpoints.first(where: { name($0.networkName) == "bridge" }) {
      settings.endpointID = endpoint.endpointID
      settings.gateway = endpoint.ipv4Gateway
      settings.ipAddress = endpoint.ipv4
      settings.ipPrefixLen = endpoint.ipv4PrefixLength
      settings.macAddress = endpoint.mac
      settings.globalIPv6Address = endpoint.ipv6
      settings.globalIPv6PrefixLen = endpoint.ipv6PrefixLength
      settings.ipv6Gateway = endpoint.ipv6Gateway
    }
    return settings
  }

  /// Endpoints by network; without addresses while the container does not run, though whoever knows a network's ID
  /// still finds the containers that ended on it.
  static func endpoints(_ record: ContainerRecord) -> [String: EndpointSettings] {
    var networks: [String: EndpointSettings] = [:]
    switch record.definition.network {
    case .network(let mode):
      networks = record.definition.endpoints.mapValues { EndpointTranslation.settings($0) }
      // Off all its networks while it does not run: it starts on the one of its network mode.
      if networks.isEmpty && !record.state.isRunning { networks[name(mode)] = EndpointSettings() }
    case .host: networks = ["host": EndpointSettings()]
    case .none: networks = ["none": EndpointSettings()]
    case .container: return [:]
    }
    if !record.state.isRunning {
      for (network, id) in record.lastNetworks ?? [:] { networks[name(network)]?.networkID = id }
    }
    for endpoint in record.endpoints where record.state.isRunning {
      var settings = networks[name(endpoint.networkName)] ?? EndpointSettings()
      settings.networkID = endpoint.networkID
      settings.endpointID = endpoint.endpointID
      settings.gateway = endpoint.ipv4Gateway
      settings.ipAddress = endpoint.ipv4
      settings.ipPrefixLen = endpoint.ipv4PrefixLength
      settings.macAddress = endpoint.mac
      settings.globalIPv6Address = endpoint.ipv6
      settings.globalIPv6PrefixLen = endpoint.ipv6PrefixLength
      settings.ipv6Gateway = endpoint.ipv6Gateway
      settings.dnsNames = endpoint.names.isEmpty ? nil : endpoint.names
      networks[name(endpoint.networkName)] = settings
    }
    return networks
  }

  /// Exposed ports and where they are published; `null` for one that is not. Empty while the container does not run.
  static func ports(_ record: ContainerRecord) -> PortMap {
    guard record.state.isRunning else { return [:] }
    var ports: PortMap = [:]
    for port in record.definition.exposedPorts { ports.updateValue(nil, forKey: InspectTranslation.portName(port)) }
    for published in record.endpoints.flatMap(\.ports) {
      let key = InspectTranslation.portName(published.container)
      let binding = PortBinding(hostIP: published.hostAddress, hostPort: String(published.hostPort))
      ports[key] = ((ports[key] ?? nil) ?? []) + [binding]
    }
    // A port that is reached at the container's own address has no port of the host.
    for endpoint in record.endpoints {
      for family in endpoint.routedFamilies {
        let binding = PortBinding(hostIP: family == .v4 ? "0.0.0.0" : "::", hostPort: "")
        for port in endpoint.openPorts {
          let key = InspectTranslation.portName(port)
          let others = (ports[key] ?? nil) ?? []
          ports[key] = family == .v4 ? [binding] + others : others + [binding]
        }
      }
    }
    return ports
  }

  /// `Ports` of a list.
  static func summary(_ record: ContainerRecord) -> [PortSummary] {
    guard record.state.isRunning else { return [] }
    var list: [PortSummary] = []
    let published = record.endpoints.flatMap(\.ports)
    for entry in published {
      var port = PortSummary()
      port.ip = entry.hostAddress
      port.privatePort = entry.container.number
      port.publicPort = entry.hostPort
      port.type = entry.container.transport
      list.append(port)
    }
    for exposed in record.definition.exposedPorts where !published.contains(where: { $0.container == exposed }) {
      var port = PortSummary()
      port.privatePort = exposed.number
      port.type = exposed.transport
      list.append(port)
    }
    return list
  }
}
