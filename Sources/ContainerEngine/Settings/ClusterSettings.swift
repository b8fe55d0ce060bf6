import Addressing
import KeyValueStore
import NetworkDrivers

/// The directives `cluster-store` and `cluster-advertise`, by the names that dockerd had for them.
struct ClusterSettings {
  /// Nil where no store is named: the engine is alone.
  static func read(_ reader: SettingsReader) throws(SettingsError) -> ClusterConfiguration? {
    let store = try reader.string("cluster-store") ?? ""
    let advertised = try reader.string("cluster-advertise") ?? ""
    guard !store.isEmpty else {
      guard advertised.isEmpty else {
        throw SettingsError(.invalid, "cluster-advertise needs cluster-store: name the store of the cluster as well")
      }
      return nil
    }
    guard let location = EtcdLocation(store) else {
      throw SettingsError(
        .invalid,
        "invalid value \"\(store)\" for cluster-store: it must be etcd://HOST:PORT[,HOST:PORT][/PREFIX]; other stores are "
          + "not served")
    }
    guard !advertised.isEmpty else {
      throw SettingsError(
        .invalid,
        "cluster-store needs cluster-advertise: name the address, or the link, by which other hosts reach this one"
      )
    }
    guard let place = place(advertised) else {
      throw SettingsError(
        .invalid, "invalid value \"\(advertised)\" for cluster-advertise: it must be ADDRESS:PORT or LINK:PORT")
    }
    return ClusterConfiguration(store: location, advertised: place)
  }

  /// The port is where dockerd was to be reached; no host needs it here, and it may be left out.
  private static func place(_ text: String) -> ClusterConfiguration.Advertised? {
    if let address = IPAddress(text) { return address.isUnspecified ? nil : .address(address) }
    var host = Substring(text)
    if let colon = text.lastIndex(of: ":") {
      guard UInt16(text[text.index(after: colon)...]) != nil else { return nil }
      host = text[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    if let address = IPAddress(String(host)) { return address.isUnspecified ? nil : .address(address) }
    guard (1...15).contains(host.utf8.count),
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3A })
    else { return nil }
    return .link(String(host))
  }
}
