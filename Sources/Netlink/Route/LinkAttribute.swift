/// Attributes of links (linux/if_link.h).
enum LinkAttribute {
  static let address = AttributeType(1, "IFLA_ADDRESS")
  static let name = AttributeType(3, "IFLA_IFNAME")
  static let mtu = AttributeType(4, "IFLA_MTU")
  static let link = AttributeType(5, "IFLA_LINK")
  static let master = AttributeType(10, "IFLA_MASTER")
  static let protocolInfo = AttributeType(12, "IFLA_PROTINFO")
  static let transmitQueueLength = AttributeType(13, "IFLA_TXQLEN")
  static let operationalState = AttributeType(16, "IFLA_OPERSTATE")
  static let linkInfo = AttributeType(18, "IFLA_LINKINFO")
  static let alias = AttributeType(20, "IFLA_IFALIAS")
  static let statistics = AttributeType(23, "IFLA_STATS64")
  static let familySpecific = AttributeType(26, "IFLA_AF_SPEC")
  static let group = AttributeType(27, "IFLA_GROUP")
  static let namespace = AttributeType(28, "IFLA_NET_NS_FD")
  static let promiscuity = AttributeType(30, "IFLA_PROMISCUITY")
  static let linkNamespace = AttributeType(37, "IFLA_LINK_NETNSID")
  static let properties = AttributeType(52, "IFLA_PROP_LIST")
  static let alternativeName = AttributeType(53, "IFLA_ALT_IFNAME")

  /// Inside IFLA_LINKINFO.
  enum Info {
    static let kind = AttributeType(1, "IFLA_INFO_KIND")
    static let data = AttributeType(2, "IFLA_INFO_DATA")
    static let portKind = AttributeType(4, "IFLA_INFO_SLAVE_KIND")
    static let portData = AttributeType(5, "IFLA_INFO_SLAVE_DATA")
  }

  /// Inside IFLA_AF_SPEC, inside AF_INET6.
  static let addressGeneration = AttributeType(8, "IFLA_INET6_ADDR_GEN_MODE")
}
