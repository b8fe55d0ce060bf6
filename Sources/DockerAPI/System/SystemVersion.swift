/// Answer of `GET /version`: moby's `types.Version`.
public struct SystemVersion: JSONObject, Hashable {
  public static let goType = "types.Version"

  /// The product.
  public struct Platform: JSONObject, Hashable {
    public static let goType = "struct"

    public var name = ""

    public init() {}

    public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
      visit("Name", &name)
    }
  }

  /// One part of the product.
  public struct Component: JSONObject, Hashable {
    public static let goType = "types.ComponentVersion"

    public var name = ""
    public var version = ""
    public var details: [String: String]?

    public init() {}

    /// Makes a component.
    public init(name: String, version: String, details: [String: String]? = nil) {
      self.name = name
      self.version = version
      self.details = details
    }

    public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
      visit("Name", &name)
      visit("Version", &version)
      visit("Details", &details, .omitEmpty)
    }
  }

  public var platform = Platform()
  public var components: [Component] = []
  public var version = ""
  public var apiVersion = ""
  public var minAPIVersion = ""
  public var gitCommit = ""
  public var goVersion = ""
  public var os = ""
  public var arch = ""
  public var kernelVersion = ""
  public var experimental = false
  public var buildTime = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Platform", &platform)
    visit("Components", &components, .omitEmpty)
    visit("Version", &version)
    visit("ApiVersion", &apiVersion)
    visit("MinAPIVersion", &minAPIVersion, .omitEmpty)
    visit("GitCommit", &gitCommit)
    visit("GoVersion", &goVersion)
    visit("Os", &os)
    visit("Arch", &arch)
    visit("KernelVersion", &kernelVersion, .omitEmpty)
    visit("Experimental", &experimental, .omitEmpty)
    visit("BuildTime", &buildTime, .omitEmpty)
  }
}
