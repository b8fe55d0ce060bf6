import DockerAPI
import OCI

/// Between the OCI form of a process's configuration and Docker's.
enum ImageTranslation {
  static func runConfig(_ config: ProcessConfiguration?, legacy: Bool) -> ImageRunConfig {
    var run = ImageRunConfig()
    run.legacy = legacy
    guard let config else { return run }
    run.user = config.user ?? ""
    run.exposedPorts = config.exposedPorts?.mapValues { _ in DockerAPI.EmptyObject() }
    run.env = config.environment
    run.entrypoint = config.entrypoint
    run.cmd = config.command
    run.volumes = config.volumes?.mapValues { _ in DockerAPI.EmptyObject() }
    run.workingDir = config.workingDirectory ?? ""
    run.labels = config.labels
    run.stopSignal = config.stopSignal ?? ""
    run.argsEscaped = config.argsEscaped ?? false
    run.onBuild = config.onBuild
    run.shell = config.shell
    run.healthcheck = config.healthcheck.map { check in
      var health = HealthConfig()
      health.test = check.test
      health.interval = check.interval ?? 0
      health.timeout = check.timeout ?? 0
      health.startPeriod = check.startPeriod ?? 0
      health.startInterval = check.startInterval ?? 0
      health.retries = check.retries ?? 0
      return health
    }
    return run
  }

  /// From the configuration in a commit's body.
  static func process(_ config: ContainerConfig) -> ProcessConfiguration {
    var process = ProcessConfiguration()
    process.user = config.user.isEmpty ? nil : config.user
    process.exposedPorts = config.exposedPorts?.mapValues { _ in OCI.EmptyObject() }
    process.environment = config.env
    process.entrypoint = config.entrypoint?.words
    process.command = config.cmd?.words
    process.volumes = config.volumes?.mapValues { _ in OCI.EmptyObject() }
    process.workingDirectory = config.workingDir.isEmpty ? nil : config.workingDir
    process.labels = config.labels
    process.stopSignal = config.stopSignal.isEmpty ? nil : config.stopSignal
    process.stopTimeout = config.stopTimeout
    process.onBuild = config.onBuild
    process.shell = config.shell?.words
    process.healthcheck = config.healthcheck.map { check in
      var health = ProcessConfiguration.Healthcheck()
      health.test = check.test
      health.interval = check.interval
      health.timeout = check.timeout
      health.startPeriod = check.startPeriod
      health.startInterval = check.startInterval
      health.retries = check.retries
      return health
    }
    return process
  }
}
