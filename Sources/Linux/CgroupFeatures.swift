/// Which control groups the host has and what they can limit (cgroups(7)).
public struct CgroupFeatures: Sendable, Equatable {
  public enum Layout: String, Sendable {
    /// One tree with all controllers (v2).
    case unified
    /// A tree for each controller (v1).
    case legacy
    /// Controllers in v1 trees, and a v2 tree without controllers beside them.
    case hybrid
  }
  public var layout: Layout
  /// Mount points by v1 controller; empty with a unified tree.
  public var mounts: [String: String]
  /// Mount point of the v2 tree; nil where there is none.
  public var unifiedMount: String?
  public var memoryLimit = false
  public var swapLimit = false
  public var oomKillDisable = false
  public var cpuShares = false
  public var cpuQuota = false
  public var cpuRealtime = false
  public var cpuset = false
  public var pidsLimit = false
  public var blockIOWeight = false
  public var blockIOThrottle = false

  /// 1 or 2, as `docker info` tells.
  public var version: Int { layout == .unified ? 2 : 1 }

  public init(layout: Layout, mounts: [String: String] = [:], unifiedMount: String? = nil) {
    self.layout = layout
    self.mounts = mounts
    self.unifiedMount = unifiedMount
  }

  /// Looks at what is mounted. Reads files.
  public static func detect() throws(SystemError) -> CgroupFeatures {
    var features = layout(of: try Mounts.all())
    if features.layout == .unified, let root = features.unifiedMount {
      let controllers = Set(
        try FileSystem.readText(root + "/cgroup.controllers").split { $0.isWhitespace }.map(String.init))
      features.memoryLimit = controllers.contains("memory")
      features.swapLimit = controllers.contains("memory")
      features.cpuShares = controllers.contains("cpu")
      features.cpuQuota = controllers.contains("cpu")
      features.cpuset = controllers.contains("cpuset")
      features.pidsLimit = controllers.contains("pids")
      features.blockIOWeight = controllers.contains("io")
      features.blockIOThrottle = controllers.contains("io")
      return features
    }
    func has(_ controller: String, _ file: String) -> Bool {
      features.mounts[controller].map { FileSystem.exists("\($0)/\(file)") } ?? false
    }
    features.memoryLimit = has("memory", "memory.limit_in_bytes")
    features.swapLimit = has("memory", "memory.memsw.limit_in_bytes")
    features.oomKillDisable = has("memory", "memory.oom_control")
    features.cpuShares = has("cpu", "cpu.shares")
    features.cpuQuota = has("cpu", "cpu.cfs_quota_us")
    features.cpuRealtime = has("cpu", "cpu.rt_runtime_us")
    features.cpuset = features.mounts["cpuset"] != nil
    features.pidsLimit = features.mounts["pids"] != nil
    features.blockIOWeight = has("blkio", "blkio.weight") || has("blkio", "blkio.bfq.weight")
    features.blockIOThrottle = has("blkio", "blkio.throttle.read_bps_device")
    return features
  }

  /// The layout that a list of mounts stands for.
  public static func layout(of mounts: [MountPoint]) -> CgroupFeatures {
    var controllers: [String: String] = [:]
    var unified: String?
    for mount in mounts where mount.path.hasPrefix("/sys/fs/cgroup") {
      if mount.fileSystem == "cgroup2" { unified = mount.path }
      guard mount.fileSystem == "cgroup" else { continue }
      for option in mount.superOptions.split(separator: ",").map(String.init)
      where known.contains(option) { controllers[option] = mount.path }
    }
    if controllers.isEmpty { return CgroupFeatures(layout: .unified, unifiedMount: unified ?? "/sys/fs/cgroup") }
    return CgroupFeatures(layout: unified == nil ? .legacy : .hybrid, mounts: controllers, unifiedMount: unified)
  }

  private static let known: Set<String> = [
    "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "net_cls", "net_prio", "hugetlb",
    "perf_event", "rdma", "misc",
  ]
}
