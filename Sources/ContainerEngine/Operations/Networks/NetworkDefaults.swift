import NetworkModel

/// What a network gets that its maker did not choose: the options that the engine's settings have for its driver
/// (dockerd's `default-network-opts`), and the address families that are chosen by options.
enum NetworkDefaults {
  private enum Family: String, CaseIterable {
    case ipv4 = "com.docker.network.enable_ipv4"
    case ipv6 = "com.docker.network.enable_ipv6"

    var choice: WritableKeyPath<NetworkRequest, Bool?> { self == .ipv4 ? \.hasIPv4 : \.hasIPv6 }
  }

  /// A request as it is to be carried out. A network that takes over a configuration gets its options from there alone.
  ///
  /// - Parameter defaults: options by driver.
  /// - Throws: `invalidParameter` where the choice of a family is no boolean.
  static func complete(
    _ request: NetworkRequest, defaults: [String: [String: String]]
  ) throws(EngineError) -> NetworkRequest {
    var request = request
    if request.configuredFrom.isEmpty, let options = defaults[request.driver.rawValue] {
      request.options.merge(options) { own, _ in own }
    }
    for family in Family.allCases {
      // What the request says itself goes before every option, and takes it away.
      if request[keyPath: family.choice] != nil { request.options[family.rawValue] = nil }
      guard let value = request.options[family.rawValue] else { continue }
      switch value {
      case "1", "t", "T", "TRUE", "true", "True": request[keyPath: family.choice] = true
      case "0", "f", "F", "FALSE", "false", "False": request[keyPath: family.choice] = false
      default: throw EngineError(.invalidParameter, "driver-opt \"\(family.rawValue)\" is not a valid bool")
      }
    }
    return request
  }
}
