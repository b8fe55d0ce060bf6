import ContainerEngine
import DockerAPI

/// From Docker's create request to the engine's definition of a container.
enum DefinitionTranslation {
  /// Translates a request that was validated, adapted to its version, and filled with defaults.
  static func definition(_ request: CreateRequest) throws(QueryError) -> ContainerDefinition {
    let config = request.config
    let host = request.hostConfig ?? HostConfig()
    var definition = ContainerDefinition(image: config.image)
    process(config, &definition)
    definition.healthCheck = config.healthcheck.map { healthCheck($0) }
    definition.network = try network(host.networkMode)
    definition.endpoints = try endpoints(request.networkingConfig)
    definition.links = host.links ?? []
    definition.exposedPorts = try exposed(config, host)
    definition.publishedPorts = try published(host.portBindings ?? [:])
    definition.publishAllPorts = host.publishAllPorts
    definition.nameServers = host.dns ?? []
    definition.searchDomains = host.dnsSearch ?? []
    definition.resolverOptions = host.dnsOptions ?? []
    definition.extraHosts = host.extraHosts ?? []
    definition.mounts = try MountTranslation.mounts(host)
    definition.anonymousVolumes = try MountTranslation.anonymousVolumes(config, taken: definition.mounts)
    definition.volumesFrom = host.volumesFrom ?? []
    definition.readOnlyRoot = host.readonlyRootfs
    definition.sharedMemorySize = host.shmSize > 0 ? host.shmSize : nil
    definition.autoRemove = host.autoRemove
    definition.restartPolicy = restartPolicy(host.restartPolicy)
    definition.logging.driver = host.logConfig.type
    definition.logging.options = host.logConfig.config ?? [:]
    definition.annotations = host.annotations ?? [:]
    definition.additionalGroups = host.groupAdd ?? []
    definition.security = try security(host)
    definition.namespaces = namespaces(host)
    definition.resources = limits(host.resources)
    if host.oomScoreAdj != 0 { definition.resources.oomScoreAdjustment = host.oomScoreAdj }
    definition.devices = (host.resources.devices ?? []).map { device in
      EngineDevice(
        hostPath: device.pathOnHost,
        containerPath: device.pathInContainer.isEmpty ? device.pathOnHost : device.pathInContainer,
        permissions: device.cgroupPermissions.isEmpty ? "rwm" : device.cgroupPermissions)
    }
    definition.deviceRules = host.resources.deviceCgroupRules ?? []
    definition.resourceLimits = (host.resources.ulimits ?? []).map {
      ProcessLimit(name: $0.name, soft: $0.soft, hard: $0.hard)
    }
    definition.sysctls = host.sysctls ?? [:]
    definition.useInit = host.initProcess
    definition.runtime = host.runtime.isEmpty ? nil : host.runtime
    try refuse(host)
    return definition
  }

  private static func process(_ config: ContainerConfig, _ definition: inout ContainerDefinition) {
    definition.entrypoint = config.entrypoint?.words
    definition.command = config.cmd?.words
    definition.environment = config.env ?? []
    definition.workingDirectory = nonEmpty(config.workingDir).map { PathText.clean($0) }
    definition.user = nonEmpty(config.user)
    definition.labels = config.labels ?? [:]
    definition.hostname = nonEmpty(config.hostname)
    definition.domainName = nonEmpty(config.domainname)
    definition.terminal = config.tty
    definition.openStandardInput = config.openStdin
    definition.closeStandardInputAfterFirstClient = config.stdinOnce
    definition.stopSignal = nonEmpty(config.stopSignal)
    definition.stopTimeout = config.stopTimeout
  }

  static func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

  /// What this engine does not do is refused by name instead of being dropped.
  private static func refuse(_ host: HostConfig) throws(QueryError) {
    if let request = host.resources.deviceRequests?.first {
      throw QueryError(
        "could not select device driver \"\(request.driver)\" with capabilities: "
          + "[\((request.capabilities ?? []).map { "[\($0.joined(separator: " "))]" }.joined(separator: " "))]")
    }
    if host.storageOpt?.isEmpty == false {
      throw QueryError(
        "--storage-opt is supported only for overlay over xfs with 'pquota' mount option, "
          + "and by this engine not there either")
    }
    if !host.cgroup.isEmpty { throw QueryError("sharing the cgroup of another container is not supported") }
  }

  static func healthCheck(_ config: HealthConfig) -> HealthCheck {
    var check = HealthCheck()
    check.test = config.test ?? []
    check.interval = config.interval
    check.timeout = config.timeout
    check.startPeriod = config.startPeriod
    check.startInterval = config.startInterval
    check.retries = config.retries
    return check
  }

  private static func network(_ mode: String) throws(QueryError) -> NetworkChoice {
    switch NamespaceMode(mode) {
    case .unset: .network("default")
    case .host: .host
    case .none: .none
    case .container(let reference): .container(reference)
    // The default bridge answers to both of its names.
    case .named("default"), .named("bridge"): .network("default")
    case .named(let name): .network(name)
    case .private, .shareable: .network(mode)
    }
  }

  private static func endpoints(_ networking: NetworkingConfig?) throws(QueryError) -> [String: EndpointRequest] {
    var endpoints: [String: EndpointRequest] = [:]
    for (name, settings) in networking?.endpointsConfig ?? [:] {
      endpoints[name] = try EndpointTranslation.request(settings ?? EndpointSettings())
    }
    return endpoints
  }

  private static func exposed(_ config: ContainerConfig, _ host: HostConfig) throws(QueryError) -> [ContainerPort] {
    var ports: [ContainerPort] = []
    let names = Set((config.exposedPorts ?? [:]).keys).union((host.portBindings ?? [:]).keys)
    for name in names.sorted() {
      let spec = try PortSpec(name)
      for number in spec.ports { ports.append(ContainerPort(number: number, transport: spec.protocolName)) }
    }
    return ports
  }

  /// A port without any binding is one that is published wherever there is room, as docker has it.
  static func published(_ map: PortMap) throws(QueryError) -> [PublishedPortRequest] {
    var requests: [PublishedPortRequest] = []
    for (name, bindings) in map.sorted(by: { $0.key < $1.key }) {
      let spec = try PortSpec(name)
      for binding in bindings.flatMap({ $0.isEmpty ? nil : $0 }) ?? [PortBinding()] {
        let range = try PortSpec.hostRange(binding.hostPort)
        for number in spec.ports {
          let port = ContainerPort(number: number, transport: spec.protocolName)
          guard let range else {
            requests.append(PublishedPortRequest(container: port, hostAddress: binding.hostIP))
            continue
          }
          // A range for a range binds one to one; a range for one port lets the engine choose within it.
          let offset = number - spec.ports.lowerBound
          let pairwise = spec.ports.count > 1 && range.count == spec.ports.count
          requests.append(
            PublishedPortRequest(
              container: port, hostAddress: binding.hostIP,
              firstHostPort: pairwise ? range.lowerBound + offset : range.lowerBound,
              lastHostPort: pairwise ? range.lowerBound + offset : range.upperBound))
        }
      }
    }
    return requests
  }

  static func restartPolicy(_ policy: DockerAPI.RestartPolicy) -> EngineRestartPolicy {
    EngineRestartPolicy(
      EngineRestartPolicy.Mode(rawValue: policy.name) ?? .never, maximumRetries: policy.maximumRetryCount)
  }
}
