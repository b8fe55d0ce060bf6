import ContainerEngine
import DockerAPI
import NetworkModel

/// Networks and endpoints between Docker's words and the engine's.
enum EndpointTranslation {
  /// What a client asks of one endpoint.
  static func request(_ settings: EndpointSettings) throws(QueryError) -> EndpointRequest {
    var request = EndpointRequest()
    if let wanted = settings.ipamConfig {
      request.choosesAddresses = true
      request.ipv4 = nonEmpty(wanted.ipv4Address)
      request.ipv6 = nonEmpty(wanted.ipv6Address)
      request.linkLocal = wanted.linkLocalIPs ?? []
    }
    request.mac = nonEmpty(settings.macAddress)
    request.aliases = settings.aliases ?? []
    request.links = settings.links ?? []
    request.driverOptions = settings.driverOpts ?? [:]
    request.gatewayPriority = settings.gwPriority
    return request
  }

  /// What was asked, as inspections show it again.
  static func settings(_ request: EndpointRequest) -> EndpointSettings {
    var settings = EndpointSettings()
    if request.choosesAddresses {
      var wanted = EndpointIPAMConfig()
      wanted.ipv4Address = request.ipv4 ?? ""
      wanted.ipv6Address = request.ipv6 ?? ""
      wanted.linkLocalIPs = request.linkLocal.isEmpty ? nil : request.linkLocal
      settings.ipamConfig = wanted
    }
    settings.links = request.links.isEmpty ? nil : request.links
    settings.aliases = request.aliases.isEmpty ? nil : request.aliases
    settings.driverOpts = request.driverOptions.isEmpty ? nil : request.driverOptions
    settings.macAddress = request.mac ?? ""
    settings.gwPriority = request.gatewayPriority
    return settings
  }

  /// A network that a client asks for.
  static func network(_ body: NetworkCreateRequest) -> NetworkRequest {
    var request = NetworkRequest(name: body.name)
    if !body.driver.isEmpty { request.driver = DriverName(rawValue: body.driver) }
    request.scope = body.scope
    request.hasIPv4 = body.enableIPv4
    request.hasIPv6 = body.enableIPv6
    request.isInternal = body.isInternal
    request.isAttachable = body.attachable
    request.isConfigurationOnly = body.configOnly
    request.configuredFrom = body.configFrom?.network ?? ""
    request.options = body.options ?? [:]
    request.labels = body.labels ?? [:]
    if let ipam = body.ipam {
      request.ipam = IPAMChoice(driver: ipam.driver.isEmpty ? "default" : ipam.driver, options: ipam.options ?? [:])
      request.pools = (ipam.config ?? []).map { pool in
        NetworkRequest.Pool(
          subnet: pool.subnet, range: pool.ipRange, gateway: pool.gateway, auxiliary: pool.auxiliaryAddresses ?? [:])
      }
    }
    return request
  }

  private static func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
}
