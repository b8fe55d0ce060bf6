/// Answer of `GET /containers/{id}/json`: moby's `container.InspectResponse`.
public struct ContainerInspect: JSONObject, Hashable {
  public static let goType = "container.InspectResponse"

  public var id = ""
  public var created = Timestamp()
  public var path = ""
  public var args: [String] = []
  public var state = ContainerStatus()
  /// The image's identifier.
  public var image = ""
  public var resolvConfPath = ""
  public var hostnamePath = ""
  public var hostsPath = ""
  public var logPath = ""
  /// With the slash before it.
  public var name = ""
  public var restartCount = 0
  public var driver = ""
  public var platform = ""
  public var mountLabel = ""
  public var processLabel = ""
  public var appArmorProfile = ""
  public var execIDs: [String]?
  public var hostConfig = HostConfig()
  public var graphDriver = DriverData()
  public var sizeRw: Int64?
  public var sizeRootFs: Int64?
  public var mounts: [MountPoint] = []
  public var config = ContainerConfig()
  public var networkSettings = NetworkSettings()
  public var imageManifestDescriptor: Descriptor?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
    visit("Created", &created)
    visit("Path", &path)
    visit("Args", &args)
    visit("State", &state)
    visit("Image", &image)
    visit("ResolvConfPath", &resolvConfPath)
    visit("HostnamePath", &hostnamePath)
    visit("HostsPath", &hostsPath)
    visit("LogPath", &logPath)
    visit("Name", &name)
    visit("RestartCount", &restartCount)
    visit("Driver", &driver)
    visit("Platform", &platform)
    visit("MountLabel", &mountLabel)
    visit("ProcessLabel", &processLabel)
    visit("AppArmorProfile", &appArmorProfile)
    visit("ExecIDs", &execIDs)
    visit("HostConfig", &hostConfig)
    visit("GraphDriver", &graphDriver)
    visit("SizeRw", &sizeRw, .omitEmpty)
    visit("SizeRootFs", &sizeRootFs, .omitEmpty)
    visit("Mounts", &mounts)
    visit("Config", &config)
    visit("NetworkSettings", &networkSettings)
    visit("ImageManifestDescriptor", &imageManifestDescriptor, .omitEmpty)
  }
}

/// Where the storage driver keeps a root file system: moby's `storage.DriverData`.
public struct DriverData: JSONObject, Hashable {
  public static let goType = "storage.DriverData"

  public var data: [String: String]?
  public var name = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Data", &data)
    visit("Name", &name)
  }
}
