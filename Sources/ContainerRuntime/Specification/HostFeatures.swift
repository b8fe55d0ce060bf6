import Linux

/// What the host can give to containers. Read once; the builder of configurations is a pure function of it.
public struct HostFeatures: Sendable, Equatable {
  public var cgroups: CgroupFeatures
  /// What this process may hand on.
  public var capabilities: [String]
  /// Hard limits of this process by name; `UInt64.max` for none.
  public var hardLimits: [String: UInt64]
  public var appArmor: Bool
  /// `x86_64`, `aarch64`.
  public var machine: String
  /// Major and minor number of the kernel's release.
  public var kernel: KernelVersion

  public struct KernelVersion: Sendable, Equatable, Comparable {
    public var major: Int
    public var minor: Int
    public init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }
    /// Reads `6.1.0-18-amd64`.
    public init(release: String) {
      let parts = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
      self.init(parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
    }
    public static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
  }

  /// Raising a limit above the hard one, or lowering oom_score_adj, needs CAP_SYS_RESOURCE.
  var canRaiseLimits: Bool { capabilities.contains("CAP_SYS_RESOURCE") }

  public init(
    cgroups: CgroupFeatures, capabilities: [String], hardLimits: [String: UInt64], appArmor: Bool, machine: String,
    kernel: KernelVersion
  ) {
    self.cgroups = cgroups
    self.capabilities = capabilities
    self.hardLimits = hardLimits
    self.appArmor = appArmor
    self.machine = machine
    self.kernel = kernel
  }

  /// Looks at this host. Reads files.
  public static func detect() throws(SystemError) -> HostFeatures {
    var limits: [String: UInt64] = [:]
    for name in ResourceLimits.numbers.keys { limits[name] = ResourceLimits.hard(name) }
    return HostFeatures(
      cgroups: try CgroupFeatures.detect(), capabilities: try Capabilities.bounding(), hardLimits: limits,
      appArmor: FileSystem.exists("/sys/kernel/security/apparmor/profiles"), machine: SystemFacts.machine,
      kernel: KernelVersion(release: SystemFacts.kernelRelease))
  }
}
