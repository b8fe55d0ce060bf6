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
  public init(scope: Scope, hasLinks: Bool, allowsMany: Bool) {
    self.scope = scope
    self.hasLinks = hasLinks
    self.allowsMany = allowsMany
  }
}

/// Turns networks and endpoints into plans. Pure: a driver touches nothing, the controller applies what it says.
public protocol NetworkDriver: Sendable {
  var name: DriverName { get }
  var capabilities: DriverCapabilities { get }
  /// Refuses a network that this driver cannot make.
  func validate(_ network: NetworkRecord) throws(NetworkError)
  func plan(_ network: NetworkRecord) -> ObjectPlan
  func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan
}
