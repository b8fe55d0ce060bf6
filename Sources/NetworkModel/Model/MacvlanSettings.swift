/// What a macvlan network is made of.
public struct MacvlanSettings: Sendable, Hashable, Codable {
  /// How the containers on one parent see each other (`macvlan_mode`; ip-link(8), macvlan).
  public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
    case bridge, `private`, vepa, passthru
  }
  public var mode: Mode
  /// The link of the host whose segment the containers join.
  public var parent: String
  /// The parent is a link that exists for this network alone: nothing leaves it.
  public var ownsParent: Bool
  /// The parent is a VLAN link (`LINK.ID`) that is made with the network where it is not there.
  public var vlan: VLAN?
  public var mtu: Int?
  /// What the links of containers are called, before their number.
  public var interfacePrefix = "eth"

  /// A VLAN on another link.
  public struct VLAN: Sendable, Hashable, Codable {
    public var link: String
    /// 1 to 4094.
    public var id: UInt16
    public init(link: String, id: UInt16) {
      self.link = link
      self.id = id
    }
  }

  public init(mode: Mode = .bridge, parent: String, ownsParent: Bool = false) {
    self.mode = mode
    self.parent = parent
    self.ownsParent = ownsParent
  }
}
