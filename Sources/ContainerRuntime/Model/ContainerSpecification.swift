/// A container to run, as the kernel is to see it: every name is resolved, every image value is merged, the root file
/// system is mounted and the network namespace is there. Neutral between Docker's and Kubernetes' words.
public struct ContainerSpecification: Codable, Sendable, Equatable {
  /// Unique on the host for one runtime; 64 hexadecimal digits by custom.
  public var id: String
  public var process: ProcessSpecification
  /// Path of the mounted root file system on the host.
  public var rootPath: String
  public var readOnlyRoot = false
  public var hostname: String?
  public var domainName: String?
  /// What the user mounts, beside the default mounts; mounted in the order of depth, a target named twice once.
  public var mounts: [MountSpecification] = []
  /// Device nodes of the host, beside the default devices.
  public var devices: [DeviceSpecification] = []
  /// Rules of the devices cgroup in its own words, `c 42:* rmw`, beside what `devices` needs.
  public var deviceRules: [String] = []
  /// Paths that nothing in the container can read; nil for `ContainerDefaults.maskedPaths`.
  public var maskedPaths: [String]?
  /// Paths that nothing in the container can write; nil for `ContainerDefaults.readOnlyPaths`.
  public var readOnlyPaths: [String]?
  public var namespaces = NamespaceSpecification()
  public var sysctls: [String: String] = [:]
  public var resources = ResourceSpecification()
  /// Path of the container's cgroup below each hierarchy's root, `/apus/<id>`.
  public var cgroupPath: String
  /// All capabilities, all devices, no masked paths, no seccomp, writable /sys.
  public var privileged = false
  /// A small init on the host (`/usr/bin/docker-init`) that is PID 1 instead of the process; nil for none.
  public var initPath: String?
  /// Bytes of /dev/shm.
  public var sharedMemorySize = ContainerDefaults.sharedMemorySize
  public var annotations: [String: String] = [:]

  public init(id: String, process: ProcessSpecification, rootPath: String, cgroupPath: String) {
    self.id = id
    self.process = process
    self.rootPath = rootPath
    self.cgroupPath = cgroupPath
  }
}
