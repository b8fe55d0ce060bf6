import NetworkModel

/// Reads docker's options of macvlan networks.
enum MacvlanOptionReader {
  static func settings(
    _ options: [String: String], network: NetworkRecord
  ) throws(NetworkError) -> MacvlanSettings {
    // Docker's name for the link of a network that has no parent.
    var settings = MacvlanSettings(parent: "dm-\(network.id.prefix(12))", ownsParent: true)
    for (label, value) in options.sorted(by: { $0.key < $1.key }) {
      switch label {
      case "parent":
        if value.isEmpty { continue }
        guard LinkName.isValid(value), value != "lo" else {
          throw NetworkError(.invalid, "loopback interface is not a valid macvlan parent link: \(value)")
        }
        settings.parent = value
        settings.ownsParent = false
        settings.vlan = try vlan(value)
      case "macvlan_mode":
        if value.isEmpty { continue }
        guard let mode = MacvlanSettings.Mode(rawValue: value) else {
          throw NetworkError(
            .invalid, "requested macvlan mode '\(value)' is not valid, 'bridge' mode is the macvlan driver default")
        }
        settings.mode = mode
      case OptionLabel.mtu: settings.mtu = try OptionValue.mtu(label, value)
      case OptionLabel.interfacePrefix: settings.interfacePrefix = try OptionValue.interfacePrefix(label, value)
      default: try OptionValue.refuse(label, driver: .macvlan)
      }
    }
    return settings
  }

  /// `eth0.10` is VLAN 10 on eth0, made where no link of that name is there.
  private static func vlan(_ parent: String) throws(NetworkError) -> MacvlanSettings.VLAN? {
    let parts = parent.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let id = UInt16(parts[1]) else { return nil }
    guard (1...4094).contains(id) else {
      throw NetworkError(.invalid, "vlan id must be between 1-4094, received: \(id)")
    }
    return MacvlanSettings.VLAN(link: String(parts[0]), id: id)
  }
}
