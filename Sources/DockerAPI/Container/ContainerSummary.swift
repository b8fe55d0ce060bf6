/// An entry of `GET /containers/json`: moby's `container.Summary`.
public struct ContainerSummary: JSONObject, Hashable {
  public static let goType = "container.Summary"

  /// The parts of ``HostConfig`` that the list shows.
  public struct HostSummary: JSONObject, Hashable {
    public static let goType = "struct"

    public var networkMode = ""
    public var annotations: [String: String]?

    public init() {}

    public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
      visit("NetworkMode", &networkMode, .omitEmpty)
      visit("Annotations", &annotations, .omitEmpty)
    }
  }

  /// The networks of a container.
  public struct NetworkSummary: JSONObject, Hashable {
    public static let goType = "container.NetworkSettingsSummary"

    public var networks: [String: EndpointSettings] = [:]

    public init() {}

    public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
      visit("Networks", &networks)
    }
  }

  public var id = ""
  public var names: [String] = []
  public var image = ""
  public var imageID = ""
  public var imageManifestDescriptor: Descriptor?
  public var command = ""
  /// Seconds since 1970.
  public var created: Int64 = 0
  public var ports: [PortSummary] = []
  public var sizeRw: Int64 = 0
  public var sizeRootFs: Int64 = 0
  public var labels: [String: String] = [:]
  public var state = ""
  /// `Up 5 minutes`, `Exited (0) 2 hours ago`.
  public var status = ""
  public var hostConfig = HostSummary()
  public var networkSettings = NetworkSummary()
  public var mounts: [MountPoint] = []

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
    visit("Names", &names)
    visit("Image", &image)
    visit("ImageID", &imageID)
    visit("ImageManifestDescriptor", &imageManifestDescriptor, .omitEmpty)
    visit("Command", &command)
    visit("Created", &created)
    visit("Ports", &ports)
    visit("SizeRw", &sizeRw, .omitEmpty)
    visit("SizeRootFs", &sizeRootFs, .omitEmpty)
    visit("Labels", &labels)
    visit("State", &state)
    visit("Status", &status)
    visit("HostConfig", &hostConfig)
    visit("NetworkSettings", &networkSettings)
    visit("Mounts", &mounts)
  }
}
