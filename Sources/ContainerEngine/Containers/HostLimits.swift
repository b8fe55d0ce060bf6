import Linux

/// Limits that this host's cgroups cannot carry: dropped, with docker's warning, so that the user knows.
enum HostLimits {
  static func discard(_ limits: inout ResourceLimits) -> [String] {
    var warnings: [String] = []
    if limits.memorySwap ?? 0 > 0, !swapAccounting {
      warnings.append(
        "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
      )
      limits.memorySwap = nil
    }
    if limits.memorySwappiness ?? -1 >= 0, !isVersion1 {
      warnings.append(
        "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. "
          + "Memory swappiness discarded.")
      limits.memorySwappiness = nil
    }
    if limits.disableOOMKiller == true, !isVersion1 {
      warnings.append("Your kernel does not support OomKillDisable. OomKillDisable discarded.")
      limits.disableOOMKiller = nil
    } else if limits.disableOOMKiller == true, limits.memory ?? 0 <= 0 {
      warnings.append(
        "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running "
          + "out of resources.")
    }
    if limits.memory ?? 0 > 0, !isMounted("memory") {
      warnings.append(
        "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.")
      limits.memory = nil
      limits.memorySwap = nil
    }
    if limits.pids ?? 0 > 0, !isMounted("pids") {
      warnings.append(
        "Your kernel does not support pids limit capabilities or the cgroup is not mounted. PIDs limit discarded.")
      limits.pids = nil
    }
    return warnings
  }

  /// Where v1 controllers are mounted, swap is limited by a file that only some kernels have.
  private static let isVersion1 = FileSystem.exists("/sys/fs/cgroup/memory")
  private static let swapAccounting =
    isVersion1
    ? FileSystem.exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
    : !FileSystem.exists("/sys/fs/cgroup/init.scope") || FileSystem.exists("/sys/fs/cgroup/init.scope/memory.swap.max")

  private static func isMounted(_ controller: String) -> Bool {
    if isVersion1 || FileSystem.exists("/sys/fs/cgroup/\(controller)") {
      return FileSystem.exists("/sys/fs/cgroup/\(controller)")
    }
    let controllers = (try? FileSystem.readText("/sys/fs/cgroup/cgroup.controllers")) ?? ""
    return controllers.split(whereSeparator: \.isWhitespace).contains { $0 == controller }
  }
}
