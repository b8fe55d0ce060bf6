/// A network as the doors show it.
public struct NetworkSummary: Sendable, Equatable {
  public struct Subnet: Sendable, Equatable {
    /// In CIDR notation.
    public var subnet: String
    /// Where addresses are given out; empty for all of the subnet.
    public var range: String
    public var gateway: String
    /// Addresses that are never given out, by name.
    public var auxiliary: [String: String]
    public init(subnet: String, range: String = "", gateway: String = "", auxiliary: [String: String] = [:]) {
      self.subnet = subnet
      self.range = range
      self.gateway = gateway
      self.auxiliary = auxiliary
    }
  }
  public var id: String
  public var name: String
  public var driver: String
  /// `local` or `global`.
  public var scope: String
  /// Nanoseconds since 1970.
  public var created: Int64
  public var subnets: [Subnet]
  public var ipamDriver: String
  public var ipamOptions: [String: String]
  public var isInternal: Bool
  public var isAttachable: Bool
  public var isConfigurationOnly: Bool
  /// The configuration-only network that it was made from; empty for none.
  public var configuredFrom: String
  public var hasIPv4: Bool
  public var hasIPv6: Bool
  /// Docker's option names, `com.docker.network.bridge.name` and so on.
  public var options: [String: String]
  public var labels: [String: String]
  /// Container id → its endpoint; running containers only.
  public var endpoints: [String: ContainerEndpoint]

  /// One of the three that every engine has.
  public var isPredefined: Bool { ["bridge", "host", "none"].contains(name) }
}
