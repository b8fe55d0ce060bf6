/// How far a network of a driver reaches.
public enum Scope: String, Sendable, Codable {
  case local, global
}

/// What a driver can do.
public struct DriverCapabilities: Sendable, Hashable {
  public var scope: Scope
  /// Endpoints get links, addresses and ports; without it a network is only a name.
  public var hasLinks: Bool
  /// Whether people may make more networks of this driver.
  public var allowsMany: Bool
  /// Whether the host itself is on the network, so that the subnets must not be the host's already.
  public var includesHost: Bool
  public init(scope: Scope, hasLinks: Bool, allowsMany: Bool, includesHost: Bool = false) {
    self.scope = scope
    self.hasLinks = hasLinks
    self.allowsMany = allowsMany
    self.includesHost = includesHost
  }
}

/// Turns networks and endpoints into plans. Pure: a driver touches nothing, the controller applies what it says.
public protocol NetworkDriver: Sendable {
  var name: DriverName { get }
  var capabilities: DriverCapabilities { get }
  /// Reads the options of a network that is to be made into the driver's own settings; `network` has its id and name,
  /// and not yet its subnets. Refuses by name what the driver does not know.
  func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError)
  /// Refuses a network that this driver cannot make.
  func validate(_ network: NetworkRecord) throws(NetworkError)
  func plan(_ network: NetworkRecord) -> ObjectPlan
  func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan
}
