/// What an overlay network is made of: a VXLAN (RFC 7348) over the hosts of a cluster.
public struct OverlaySettings: Sendable, Hashable, Codable {
  /// The network identifier (VNI), 24 bits; 0 until the cluster has given one.
  public var identifier: UInt32 = 0
  /// Bytes; nil takes what the underlay leaves.
  public var mtu: Int?
  /// What the links of containers are called, before their number.
  public var interfacePrefix = "eth"

  public init() {}

  /// Where identifiers that nobody chose begin.
  public static let firstIdentifier: UInt32 = 4097
  public static let lastIdentifier: UInt32 = (1 << 24) - 1
  /// IANA's UDP port of VXLAN.
  public static let port: UInt16 = 4789
}
