/// How a container sits on its host: moby's `container.HostConfig`.
public struct HostConfig: JSONObject, Hashable {
  public static let goType = "container.HostConfig"

  /// `source:destination[:options]`, the source being an absolute path or a volume's name.
  public var binds: [String]?
  public var containerIDFile = ""
  public var logConfig = LogConfig()
  /// `default`, `bridge`, `none`, `host`, `container:ID` or a network's name.
  public var networkMode = ""
  /// Host bindings by container port (`80/tcp`).
  public var portBindings: PortMap?
  public var restartPolicy = RestartPolicy()
  public var autoRemove = false
  public var volumeDriver = ""
  public var volumesFrom: [String]?
  /// Height and width.
  public var consoleSize = ConsoleSize()
  public var annotations: [String: String]?
  public var capAdd: WordList?
  public var capDrop: WordList?
  public var cgroupnsMode = ""
  public var dns: [String]?
  public var dnsOptions: [String]?
  public var dnsSearch: [String]?
  /// `name:address`.
  public var extraHosts: [String]?
  public var groupAdd: [String]?
  public var ipcMode = ""
  public var cgroup = ""
  public var links: [String]?
  public var oomScoreAdj = 0
  public var pidMode = ""
  public var privileged = false
  public var publishAllPorts = false
  public var readonlyRootfs = false
  public var securityOpt: [String]?
  public var storageOpt: [String: String]?
  /// Mount options by destination.
  public var tmpfs: [String: String]?
  public var utsMode = ""
  public var usernsMode = ""
  /// Size of `/dev/shm` in bytes.
  public var shmSize: Int64 = 0
  public var sysctls: [String: String]?
  public var runtime = ""
  public var isolation = ""
  public var resources = Resources()
  public var mounts: [MountRequest]?
  /// nil: the engine's default; an empty list: none.
  public var maskedPaths: [String]?
  public var readonlyPaths: [String]?
  public var initProcess: Bool?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Binds", &binds)
    visit("ContainerIDFile", &containerIDFile)
    visit("LogConfig", &logConfig)
    visit("NetworkMode", &networkMode)
    visit("PortBindings", &portBindings)
    visit("RestartPolicy", &restartPolicy)
    visit("AutoRemove", &autoRemove)
    visit("VolumeDriver", &volumeDriver)
    visit("VolumesFrom", &volumesFrom)
    visit("ConsoleSize", &consoleSize)
    visit("Annotations", &annotations, .omitEmpty)
    visit("CapAdd", &capAdd)
    visit("CapDrop", &capDrop)
    visit("CgroupnsMode", &cgroupnsMode)
    visit("Dns", &dns)
    visit("DnsOptions", &dnsOptions)
    visit("DnsSearch", &dnsSearch)
    visit("ExtraHosts", &extraHosts)
    visit("GroupAdd", &groupAdd)
    visit("IpcMode", &ipcMode)
    visit("Cgroup", &cgroup)
    visit("Links", &links)
    visit("OomScoreAdj", &oomScoreAdj)
    visit("PidMode", &pidMode)
    visit("Privileged", &privileged)
    visit("PublishAllPorts", &publishAllPorts)
    visit("ReadonlyRootfs", &readonlyRootfs)
    visit("SecurityOpt", &securityOpt)
    visit("StorageOpt", &storageOpt, .omitEmpty)
    visit("Tmpfs", &tmpfs, .omitEmpty)
    visit("UTSMode", &utsMode)
    visit("UsernsMode", &usernsMode)
    visit("ShmSize", &shmSize)
    visit("Sysctls", &sysctls, .omitEmpty)
    visit("Runtime", &runtime, .omitEmpty)
    visit("Isolation", &isolation)
    visit.embedded("Resources", &resources)
    visit("Mounts", &mounts, .omitEmpty)
    visit("MaskedPaths", &maskedPaths)
    visit("ReadonlyPaths", &readonlyPaths)
    visit("Init", &initProcess, .omitEmpty)
  }
}

/// Which log driver a container has, and its options.
public struct LogConfig: JSONObject, Hashable {
  public static let goType = "container.LogConfig"

  public var type = ""
  public var config: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Type", &type)
    visit("Config", &config)
  }
}

/// When the engine starts a container again.
public struct RestartPolicy: JSONObject, Hashable {
  public static let goType = "container.RestartPolicy"

  /// Empty, `no`, `always`, `on-failure` or `unless-stopped`.
  public var name = ""
  public var maximumRetryCount = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name)
    visit("MaximumRetryCount", &maximumRetryCount)
  }
}

/// A terminal's size, printed as `[height, width]`.
public struct ConsoleSize: JSONCodable, Hashable {
  public static let goType = "[2]uint"

  public var height: UInt = 0
  public var width: UInt = 0

  public init() {}

  /// Makes a size.
  public init(height: UInt, width: UInt) {
    self.height = height
    self.width = width
  }

  public func writeJSON(to writer: inout JSONWriter) {
    [height, width].writeJSON(to: &writer)
  }

  public mutating func readJSON(_ value: JSONValue, _ reader: inout JSONReader) {
    guard case .array = value else {
      if value != .null { reader.mismatch(value, Self.goType) }
      return
    }
    var pair: [UInt] = []
    pair.readJSON(value, &reader)
    height = pair.first ?? 0
    width = pair.count > 1 ? pair[1] : 0
  }
}
