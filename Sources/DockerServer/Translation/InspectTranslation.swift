import ContainerEngine
import DockerAPI

/// From the engine's record of a container to Docker's views of it.
enum InspectTranslation {
  /// The create request that is kept with the record, or one rebuilt from the definition for a container that did not come
  /// through this door.
  static func request(_ record: ContainerRecord) -> CreateRequest {
    if !record.doorState.bytes.isEmpty,
      let kept = try? DockerJSON.decode(CreateRequest.self, from: record.doorState.bytes)
    {
      return kept
    }
    var request = CreateRequest()
    var host = HostConfig()
    let definition = record.definition
    request.config.image = definition.image
    request.config.tty = definition.terminal
    request.config.openStdin = definition.openStandardInput
    switch definition.network {
    case .network(let name): host.networkMode = name == "default" ? "bridge" : name
    case .host: host.networkMode = "host"
    case .none: host.networkMode = "none"
    case .container(let id): host.networkMode = "container:" + id
    }
    host.privileged = definition.security.privileged
    host.readonlyRootfs = definition.readOnlyRoot
    host.autoRemove = definition.autoRemove
    host.shmSize = definition.sharedMemorySize ?? 0
    host.logConfig.type = definition.logging.driver.isEmpty ? "json-file" : definition.logging.driver
    host.logConfig.config = definition.logging.options
    host.annotations = definition.annotations
    request.hostConfig = host
    return request
  }

  /// `HostConfig` as it is now: what was asked, with what `update` has changed since.
  static func hostConfig(_ request: CreateRequest, _ record: ContainerRecord) -> HostConfig {
    var host = request.hostConfig ?? HostConfig()
    let definition = record.definition
    host.restartPolicy.name = definition.restartPolicy.mode.rawValue
    host.restartPolicy.maximumRetryCount = definition.restartPolicy.maximumRetries
    let limits = definition.resources
    host.resources.memory = limits.memory ?? 0
    host.resources.memoryReservation = limits.memoryReservation ?? 0
    host.resources.memorySwap = limits.memorySwap ?? 0
    host.resources.memorySwappiness = limits.memorySwappiness ?? host.resources.memorySwappiness
    host.resources.cpuShares = Int64(clamping: limits.cpuShares ?? 0)
    host.resources.cpuPeriod = Int64(clamping: limits.cpuPeriod ?? 0)
    host.resources.cpuQuota = limits.cpuQuota ?? 0
    host.resources.nanoCpus = limits.nanoCPUs ?? 0
    host.resources.cpusetCpus = limits.cpuset ?? ""
    host.resources.cpusetMems = limits.memoryNodes ?? ""
    host.resources.pidsLimit = limits.pids
    host.resources.blkioWeight = limits.blockIOWeight ?? 0
    host.runtime = record.runtime
    if definition.hasChangedPorts {
      var ports: PortMap = [:]
      for request in definition.publishedPorts {
        let range = request.firstHostPort
        let hostPort =
          range == 0 ? "" : range == request.lastHostPort ? "\(range)" : "\(range)-\(request.lastHostPort)"
        let key = portName(request.container)
        ports[key] = ((ports[key] ?? nil) ?? []) + [PortBinding(hostIP: request.hostAddress, hostPort: hostPort)]
      }
      host.portBindings = ports
    }
    host.links = definition.links.isEmpty ? nil : ContainerEngine.linkPaths(definition.links, of: record.name)
    // Names of other containers were resolved when the container was made.
    if case .container(let id) = definition.network { host.networkMode = "container:" + id }
    if case .container(let id) = definition.namespaces.ipc { host.ipcMode = "container:" + id }
    if case .container(let id) = definition.namespaces.pid { host.pidMode = "container:" + id }
    return host
  }

  /// `Config`: what was asked, merged with the image's configuration.
  static func config(_ request: CreateRequest, _ record: ContainerRecord) -> ContainerConfig {
    var config = request.config
    let definition = record.definition
    config.hostname = definition.hostname ?? hostnameFallback(record)
    config.domainname = definition.domainName ?? ""
    config.user = definition.user ?? ""
    config.env = definition.environment
    config.cmd = definition.command.map { WordList($0) }
    config.entrypoint = definition.entrypoint.map { WordList($0) }
    config.workingDir = definition.workingDirectory ?? ""
    config.labels = definition.labels
    config.stopSignal = definition.stopSignal ?? ""
    if !definition.exposedPorts.isEmpty {
      config.exposedPorts = Dictionary(
        definition.exposedPorts.map { (portName($0), EmptyObject()) }, uniquingKeysWith: { first, _ in first })
    }
    let volumes = definition.anonymousVolumes
    config.volumes = volumes.isEmpty ? nil : Dictionary(uniqueKeysWithValues: Set(volumes).map { ($0, EmptyObject()) })
    if let check = definition.healthCheck, !check.test.isEmpty { config.healthcheck = healthConfig(check) }
    return config
  }

  /// Docker names a container after its identifier where nothing else names it.
  private static func hostnameFallback(_ record: ContainerRecord) -> String {
    switch record.definition.network {
    case .network, .none: record.shortID
    case .host, .container: ""
    }
  }

  private static func healthConfig(_ check: HealthCheck) -> HealthConfig {
    var config = HealthConfig()
    config.test = check.test
    config.interval = check.interval
    config.timeout = check.timeout
    config.startPeriod = check.startPeriod
    config.startInterval = check.startInterval
    config.retries = check.retries
    return config
  }

  static func portName(_ port: ContainerPort) -> String { "\(port.number)/\(port.transport)" }

  /// `State`.
  static func state(_ record: ContainerRecord) -> ContainerStatus {
    let state = record.state
    var status = ContainerStatus()
    status.status = state.status.rawValue
    // A container that waits for its next start counts as running, as it does in Docker.
    status.running = state.isRunning || state.status == .restarting
    status.paused = state.status == .paused
    status.restarting = state.status == .restarting
    status.oomKilled = state.oomKilled
    status.dead = state.status == .dead
    status.pid = state.isRunning ? Int(state.pid) : 0
    status.exitCode = Int(state.exitCode)
    status.error = state.error
    status.startedAt = Timestamps.wire(state.started)
    status.finishedAt = Timestamps.wire(state.finished)
    status.health = state.health.map { health($0) }
    return status
  }

  private static func health(_ state: HealthState) -> Health {
    var health = Health()
    health.status = state.status.rawValue
    health.failingStreak = state.failingStreak
    health.log = state.log.map { probe in
      var result = HealthcheckResult()
      result.start = Timestamps.wire(probe.start)
      result.end = Timestamps.wire(probe.end)
      result.exitCode = Int(probe.exitCode)
      result.output = probe.output
      return result
    }
    return health
  }

  /// `Mounts`. A tmpfs of `--tmpfs` is in `HostConfig.Tmpfs` only; one of `--mount` is shown.
  static func mounts(_ record: ContainerRecord, _ request: CreateRequest) -> [MountPoint] {
    let hidden = Set((request.hostConfig?.tmpfs ?? [:]).keys.map { PathText.clean($0) })
    return record.mounts.filter { !($0.kind == .tmpfs && hidden.contains($0.destination)) }.map { mount in
      var point = MountPoint()
      point.type = mount.kind.rawValue
      point.name = mount.name
      point.source = mount.kind == .tmpfs ? "" : mount.source
      point.destination = mount.destination
      point.driver = mount.driver
      point.mode = mount.mode
      point.rw = !mount.readOnly
      point.propagation =
        mount.kind == .bind ? (mount.propagation.isEmpty ? "rprivate" : mount.propagation) : mount.propagation
      return point
    }
  }
}
