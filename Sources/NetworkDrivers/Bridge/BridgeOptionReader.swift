import Addressing
import NetworkModel

/// Reads docker's options of bridge networks.
enum BridgeOptionReader {
  private static let prefix = "com.docker.network.bridge."

  static func settings(
    _ options: [String: String], network: NetworkRecord
  ) throws(NetworkError) -> BridgeSettings {
    // As docker names them: people and scripts look for it.
    var settings = BridgeSettings(bridgeName: "br-\(network.id.prefix(12))")
    for (label, value) in options.sorted(by: { $0.key < $1.key }) {
      switch label {
      case prefix + "name": if !value.isEmpty { settings.bridgeName = value }
      case prefix + "enable_icc": settings.interContainer = try OptionValue.bool(label, value)
      case prefix + "enable_ip_masquerade": settings.masquerade = try OptionValue.bool(label, value)
      case prefix + "inhibit_ipv4": settings.inhibitsIPv4 = try OptionValue.bool(label, value)
      case prefix + "host_binding_ipv4":
        guard let address = IPv4Address(value) else { throw OptionValue.wrong(label, value, "nil ip") }
        settings.hostBinding = address == .any ? nil : .v4(address)
      case OptionLabel.hostIPv4:
        guard let address = IPv4Address(value) else { throw OptionValue.wrong(label, value, "nil ip") }
        settings.hostAddress4 = address
      case OptionLabel.hostIPv6:
        guard let address = IPv6Address(value) else { throw OptionValue.wrong(label, value, "nil ip") }
        settings.hostAddress6 = address
      case prefix + "gateway_mode_ipv4": settings.gatewayMode4 = try mode(label, value)
      case prefix + "gateway_mode_ipv6": settings.gatewayMode6 = try mode(label, value)
      case prefix + "trusted_host_interfaces":
        // Docker separates them by colons.
        settings.trustedLinks = value.split(separator: ":").map(String.init)
        for link in settings.trustedLinks where !LinkName.isValid(link) {
          throw OptionValue.wrong(label, value, "\"\(link)\" is no name of a link")
        }
      case OptionLabel.mtu: settings.mtu = try OptionValue.mtu(label, value)
      case OptionLabel.interfacePrefix: settings.interfacePrefix = try OptionValue.interfacePrefix(label, value)
      default: try OptionValue.refuse(label, driver: .bridge)
      }
    }
    return settings
  }

  private static func mode(_ label: String, _ value: String) throws(NetworkError) -> GatewayMode {
    if value.isEmpty { return .nat }
    guard let mode = GatewayMode(rawValue: value) else {
      throw OptionValue.wrong(label, value, "unknown gateway mode \(value)")
    }
    return mode
  }
}
