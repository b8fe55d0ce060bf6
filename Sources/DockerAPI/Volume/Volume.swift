/// A volume: moby's `volume.Volume`.
public struct VolumeInspect: JSONObject, Hashable {
  public static let goType = "volume.Volume"

  /// RFC 3339 text with whole seconds.
  public var createdAt = ""
  public var driver = ""
  public var labels: [String: String]?
  public var mountpoint = ""
  public var name = ""
  public var options: [String: String]?
  public var scope = ""
  public var status: [String: JSONValue]?
  public var usageData: VolumeUsage?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("CreatedAt", &createdAt, .omitEmpty)
    visit("Driver", &driver)
    visit("Labels", &labels)
    visit("Mountpoint", &mountpoint)
    visit("Name", &name)
    visit("Options", &options)
    visit("Scope", &scope)
    visit("Status", &status, .omitEmpty)
    visit("UsageData", &usageData, .omitEmpty)
  }
}

/// How much a volume holds and how many containers refer to it; -1 for unknown.
public struct VolumeUsage: JSONObject, Hashable {
  public static let goType = "volume.UsageData"

  public var refCount: Int64 = -1
  public var size: Int64 = -1

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("RefCount", &refCount)
    visit("Size", &size)
  }
}

/// Body of `POST /volumes/create`.
public struct VolumeCreateRequest: JSONObject, Hashable {
  public static let goType = "volume.CreateOptions"

  public var clusterVolumeSpec: JSONValue?
  public var driver = ""
  public var driverOpts: [String: String]?
  public var labels: [String: String]?
  public var name = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ClusterVolumeSpec", &clusterVolumeSpec, .omitEmpty)
    visit("Driver", &driver, .omitEmpty)
    visit("DriverOpts", &driverOpts, .omitEmpty)
    visit("Labels", &labels, .omitEmpty)
    visit("Name", &name, .omitEmpty)
  }
}

/// Answer of `GET /volumes`.
public struct VolumeList: JSONObject, Hashable {
  public static let goType = "volume.ListResponse"

  public var volumes: [VolumeInspect] = []
  public var warnings: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Volumes", &volumes)
    visit("Warnings", &warnings)
  }
}

/// Answer of `POST /volumes/prune`.
public struct VolumesPruneReport: JSONObject, Hashable {
  public static let goType = "volume.PruneReport"

  public var volumesDeleted: [String]?
  public var spaceReclaimed: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("VolumesDeleted", &volumesDeleted)
    visit("SpaceReclaimed", &spaceReclaimed)
  }
}
