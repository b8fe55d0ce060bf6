import ContainerEngine
import DockerAPI

/// What the engine fills in where a create request says nothing, so that `inspect` shows it as Docker does.
enum HostDefaults {
  /// Docker's masked paths, shown for containers that are not privileged.
  static let maskedPaths = [
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap",
  ]
  /// Docker's read-only paths.
  static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

  /// - Parameter cgroupVersion: with the first one, containers are in the host's cgroup namespace.
  static func fill(_ request: inout CreateRequest, _ configuration: EngineConfiguration, cgroupVersion: Int) {
    var host = request.hostConfig ?? HostConfig()
    if host.resources.memory > 0, host.resources.memorySwap == 0 {
      host.resources.memorySwap = ResourceLimits.memoryAndSwap(besides: host.resources.memory)
    }
    if host.shmSize == 0 { host.shmSize = configuration.sharedMemorySize }
    if host.ipcMode.isEmpty { host.ipcMode = "private" }
    if host.cgroupnsMode.isEmpty { host.cgroupnsMode = cgroupVersion == 2 ? "private" : "host" }
    if host.resources.oomKillDisable == nil { host.resources.oomKillDisable = false }
    if host.restartPolicy.name.isEmpty { host.restartPolicy.name = "no" }
    if host.logConfig.type.isEmpty {
      let logging = configuration.defaultLogging
      host.logConfig.type = logging.driver.isEmpty ? "json-file" : logging.driver
      var options = logging.options
      options.merge(host.logConfig.config ?? [:]) { $1 }
      host.logConfig.config = options
    }
    if host.logConfig.config == nil { host.logConfig.config = [:] }
    if !host.privileged {
      if host.maskedPaths == nil { host.maskedPaths = maskedPaths }
      if host.readonlyPaths == nil { host.readonlyPaths = readonlyPaths }
    }
    if host.portBindings == nil { host.portBindings = [:] }
    request.hostConfig = host
  }
}
