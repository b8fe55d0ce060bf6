import Linux

extension HostFeatures {
  /// What of the wanted limits this host cannot keep, in docker's words; such limits are left out.
  public func warnings(for wanted: ResourceSpecification) -> [String] {
    var warnings: [String] = []
    func check(_ isWanted: Bool, _ isThere: Bool, _ text: String) {
      if isWanted && !isThere { warnings.append(text) }
    }
    check(
      wanted.memory ?? 0 > 0, cgroups.memoryLimit,
      "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.")
    check(
      wanted.memory ?? 0 > 0 && cgroups.memoryLimit && wanted.memorySwap ?? 0 != -1, cgroups.swapLimit,
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. "
        + "Memory limited without swap.")
    check(
      wanted.memorySwappiness ?? -1 >= 0, cgroups.version == 1 && cgroups.memoryLimit,
      "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. "
        + "Memory swappiness discarded.")
    check(
      wanted.memoryReservation ?? 0 > 0, cgroups.memoryLimit,
      "Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.")
    check(
      wanted.disableOOMKiller == true, cgroups.oomKillDisable,
      "Your kernel does not support OomKillDisable. OomKillDisable discarded.")
    check(
      wanted.pids ?? 0 > 0, cgroups.pidsLimit,
      "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.")
    check(
      wanted.cpuShares ?? 0 > 0, cgroups.cpuShares,
      "Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.")
    check(
      wanted.nanoCPUs ?? 0 > 0 || wanted.cpuQuota ?? 0 > 0 || wanted.cpuPeriod ?? 0 > 0, cgroups.cpuQuota,
      "Your kernel does not support CPU CFS scheduler or the cgroup is not mounted. Quota discarded.")
    check(
      !(wanted.cpuset ?? "").isEmpty || !(wanted.memoryNodes ?? "").isEmpty, cgroups.cpuset,
      "Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.")
    check(
      wanted.blockIOWeight ?? 0 > 0 || wanted.blockIODevices.contains { $0.kind == .weight }, cgroups.blockIOWeight,
      "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.")
    check(
      wanted.blockIODevices.contains { $0.kind != .weight }, cgroups.blockIOThrottle,
      "Your kernel does not support Block I/O throttling or the cgroup is not mounted. Limits discarded.")
    return warnings
  }
}
