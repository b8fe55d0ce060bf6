import Linux

/// The cgroup mode and the limits it can hold.
enum ControlGroupCheck {
  static func all() -> [Finding] {
    do {
      let features = try CgroupFeatures.detect()
      return [mode(features), limits(features)]
    } catch {
      return [.missing("cgroups", "\(error)", "mount /sys/fs/cgroup")]
    }
  }

  private static func mode(_ features: CgroupFeatures) -> Finding {
    switch features.layout {
    case .unified: return .ok("cgroups", "version 2")
    case .hybrid:
      return .limited(
        "cgroups", "version 1 controllers beside a version 2 tree",
        "works; crun is kept from seeing the version 2 tree; boot with systemd.unified_cgroup_hierarchy=1 for version 2"
      )
    default:
      guard features.mounts.isEmpty else { return .ok("cgroups", "version 1") }
      return .missing("cgroups", "none are mounted", "mount a cgroup2 file system on /sys/fs/cgroup")
    }
  }

  private static func limits(_ features: CgroupFeatures) -> Finding {
    let known: [(String, Bool)] = [
      ("memory", features.memoryLimit), ("swap", features.swapLimit), ("cpu shares", features.cpuShares),
      ("cpu quota", features.cpuQuota), ("cpuset", features.cpuset), ("pids", features.pidsLimit),
      ("block I/O", features.blockIOWeight || features.blockIOThrottle),
    ]
    let lacking = known.filter { !$0.1 }.map(\.0)
    if lacking.isEmpty { return .ok("limits", known.map(\.0).joined(separator: ", ")) }
    return .limited(
      "limits", "none for \(lacking.joined(separator: ", "))",
      "the kernel refuses these options of docker run; enable the controllers")
  }
}
