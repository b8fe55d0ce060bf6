/// Host bindings by container port (`80/tcp`): go-connections' `nat.PortMap`. A port without a binding maps to `null`.
public typealias PortMap = [String: [PortBinding]?]

/// Where a container's port is bound on the host. The port may be empty (any), a number or a range.
public struct PortBinding: JSONObject, Hashable {
  public static let goType = "nat.PortBinding"

  public var hostIP = ""
  public var hostPort = ""

  public init() {}

  /// Makes a binding.
  public init(hostIP: String, hostPort: String) {
    self.hostIP = hostIP
    self.hostPort = hostPort
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("HostIp", &hostIP)
    visit("HostPort", &hostPort)
  }
}

/// A port in the list of containers: moby's `container.Port`.
public struct PortSummary: JSONObject, Hashable {
  public static let goType = "container.Port"

  public var ip = ""
  public var privatePort: UInt16 = 0
  public var publicPort: UInt16 = 0
  public var type = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("IP", &ip, .omitEmpty)
    visit("PrivatePort", &privatePort)
    visit("PublicPort", &publicPort, .omitEmpty)
    visit("Type", &type)
  }
}
