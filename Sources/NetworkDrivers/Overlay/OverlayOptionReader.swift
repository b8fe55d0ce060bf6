import NetworkModel

/// Reads docker's options of overlay networks.
enum OverlayOptionReader {
  private static let identifiers = "com.docker.network.driver.overlay.vxlanid_list"

  static func settings(_ options: [String: String]) throws(NetworkError) -> OverlaySettings {
    var settings = OverlaySettings()
    for (label, value) in options.sorted(by: { $0.key < $1.key }) {
      switch label {
      case identifiers: settings.identifier = try identifier(value)
      case "encrypted", "com.docker.network.driver.overlay.encrypted":
        // Present without a value it means yes. What shall be secret is never sent in clear instead (CVE-2023-28841).
        if value.isEmpty { throw encrypted }
        if try OptionValue.bool(label, value) { throw encrypted }
      case OptionLabel.mtu: settings.mtu = try OptionValue.mtu(label, value)
      case OptionLabel.interfacePrefix: settings.interfacePrefix = try OptionValue.interfacePrefix(label, value)
      default: try OptionValue.refuse(label, driver: .overlay)
      }
    }
    return settings
  }

  private static func identifier(_ text: String) throws(NetworkError) -> UInt32 {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 1 else {
      throw OptionValue.wrong(identifiers, text, "a network has one identifier, for all its subnets")
    }
    guard let number = UInt32(text), (1...OverlaySettings.lastIdentifier).contains(number) else {
      throw NetworkError(.invalid, "invalid vxlan id value \"\(text)\" passed: 1 to \(OverlaySettings.lastIdentifier)")
    }
    return number
  }

  private static let encrypted = NetworkError(
    .invalid,
    "option \"encrypted\": encrypted overlay networks are not served, and what shall be secret is not sent in clear: "
      + "leave the option out, or encrypt between the hosts by other means")
}
