import NetworkModel

/// Labels of options that more than one driver knows (moby, libnetwork/netlabel).
enum OptionLabel {
  static let families: Set = ["com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6"]
  static let mtu = "com.docker.network.driver.mtu"
  static let interfacePrefix = "com.docker.network.container_iface_prefix"
  static let hostIPv4 = "com.docker.network.host_ipv4"
  static let hostIPv6 = "com.docker.network.host_ipv6"
}

/// Reads values of drivers' options, with docker's words for what cannot be read.
enum OptionValue {
  /// What Go's strconv.ParseBool takes.
  static func bool(_ label: String, _ value: String) throws(NetworkError) -> Bool {
    switch value {
    case "1", "t", "T", "TRUE", "true", "True": return true
    case "0", "f", "F", "FALSE", "false", "False": return false
    default: throw wrong(label, value, "strconv.ParseBool: parsing \"\(value)\": invalid syntax")
    }
  }

  /// Bytes.
  static func mtu(_ label: String, _ value: String) throws(NetworkError) -> Int {
    guard let mtu = Int(value) else {
      throw wrong(label, value, "strconv.Atoi: parsing \"\(value)\": invalid syntax")
    }
    if mtu < 0 { throw NetworkError(.invalid, "invalid MTU number: \(mtu) (\(label))") }
    guard (68...65535).contains(mtu) else {
      throw wrong(label, value, "an MTU is 68 to 65535 bytes")
    }
    return mtu
  }

  /// The beginning of the names of containers' links; a number of up to three digits follows.
  static func interfacePrefix(_ label: String, _ value: String) throws(NetworkError) -> String {
    guard LinkName.isValid(value), value.utf8.count <= 12 else {
      throw wrong(label, value, "1 to 12 bytes without blanks, / and :")
    }
    return value
  }

  static func wrong(_ label: String, _ value: String, _ why: String) -> NetworkError {
    NetworkError(.invalid, "failed to parse \(label) value: \(value) (\(why))")
  }

  /// Refuses an option that no driver of ours knows. A label of another maker's (`com.example.colour`) means nothing to
  /// us, and is kept for those whom it means something, as docker keeps it.
  static func refuse(_ label: String, driver: DriverName) throws(NetworkError) {
    if label.contains(".") && !label.hasPrefix("com.docker.") { return }
    throw unknown(label, driver: driver)
  }

  static func unknown(_ label: String, driver: DriverName) -> NetworkError {
    NetworkError(
      .invalid, "unknown option \"\(label)\" for the \(driver.rawValue) driver: remove it, or correct its name")
  }
}

/// What the kernel takes as the name of a link (dev_valid_name).
enum LinkName {
  static func isValid(_ name: String) -> Bool {
    (1...15).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3A }
  }
}
