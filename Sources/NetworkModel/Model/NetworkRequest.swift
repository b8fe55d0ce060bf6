import Addressing

/// A network that somebody asks for. Nil leaves the choice to the engine.
public struct NetworkRequest: Sendable {
  /// A pool as asked for, in text: what cannot be read is refused together with its network.
  public struct Pool: Sendable, Hashable {
    public var subnet: String
    public var range: String
    public var gateway: String
    public var auxiliary: [String: String]
    public init(subnet: String = "", range: String = "", gateway: String = "", auxiliary: [String: String] = [:]) {
      self.subnet = subnet
      self.range = range
      self.gateway = gateway
      self.auxiliary = auxiliary
    }
  }
  public var name: String
  public var driver = DriverName.bridge
  /// `local`, `global` or empty.
  public var scope = ""
  public var pools: [Pool] = []
  public var ipam = IPAMChoice()
  public var hasIPv4: Bool?
  public var hasIPv6: Bool?
  public var isInternal = false
  public var isAttachable = false
  public var isConfigurationOnly = false
  /// The name of a configuration-only network whose pools, options and labels are taken over.
  public var configuredFrom = ""
  public var options: [String: String] = [:]
  public var labels: [String: String] = [:]

  public init(name: String) { self.name = name }
}
