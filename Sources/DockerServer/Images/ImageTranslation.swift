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
}
