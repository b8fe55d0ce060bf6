import Addressing

/// What one network namespace holds of the things that a plan is about.
public struct NamespaceState: Sendable, Hashable {
  /// A link that is there.
  public struct Link: Sendable, Hashable {
    public var name: String
    /// The kernel's name of its kind (`bridge`, `veth`); empty for hardware and loopback.
    public var kind: String
    /// Its alias, in which the owner's mark is kept.
    public var owner: String?
    public var isUp: Bool
    /// Bytes.
    public var mtu: Int
    public var mac: MACAddress?
    /// The link that it is a port of.
    public var master: String?
    /// As a port of a bridge: see `LinkPlan`.
    public var isIsolated = false
    public var isHairpin = false
    public var learns = true

    public init(
      name: String, kind: String, owner: String? = nil, isUp: Bool = true, mtu: Int, mac: MACAddress? = nil,
      master: String? = nil
    ) {
      self.name = name
      self.kind = kind
      self.owner = owner
      self.isUp = isUp
      self.mtu = mtu
      self.mac = mac
      self.master = master
    }
  }
  /// By name: those that the plan names, and those that bear the mark of one of its links.
  public var links: [String: Link] = [:]
  public var addresses: Set<AddressPlan> = []
  /// Of the main table.
  public var routes: Set<RoutePlan> = []
  public var neighbours: Set<NeighbourPlan> = []
  public var forwarding: Set<ForwardingPlan> = []
  /// By path; what is not there has no value.
  public var sysctls: [String: String] = [:]

  public init() {}
}
