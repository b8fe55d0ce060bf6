/// Answer of `GET /distribution/{name}/json`: moby's `registry.DistributionInspect`.
public struct DistributionInspect: JSONObject, Hashable {
  public static let goType = "registry.DistributionInspect"

  /// The manifest, or the index of manifests.
  public var descriptor = Descriptor()
  public var platforms: [ImagePlatform]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Descriptor", &descriptor)
    visit("Platforms", &platforms)
  }
}
