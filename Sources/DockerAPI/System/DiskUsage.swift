/// Answer of `GET /system/df`: moby's `types.DiskUsage`.
public struct DiskUsage: JSONObject, Hashable {
  public static let goType = "types.DiskUsage"

  public var layersSize: Int64 = 0
  /// nil where the client asked for other kinds only.
  public var images: [ImageSummary]?
  public var containers: [ContainerSummary]?
  public var volumes: [VolumeInspect]?
  public var buildCache: [JSONValue]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("LayersSize", &layersSize)
    visit("Images", &images)
    visit("Containers", &containers)
    visit("Volumes", &volumes)
    visit("BuildCache", &buildCache)
  }
}
