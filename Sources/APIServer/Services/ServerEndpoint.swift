import Addressing

/// Where one server of a cluster is reached from other hosts: each may have a port of its own.
struct ServerEndpoint: Sendable, Hashable, Comparable, CustomStringConvertible {
  let address: IPAddress
  let port: Int

  init(address: IPAddress, port: Int) {
    self.address = address
    self.port = port
  }

  /// `192.0.2.1:6443`, `[2001:db8::1]:6443`; without a port, as it was written once, it is the one given.
  /// - Returns: nil for what is no such text.
  init?(_ text: String, defaultPort: Int) {
    if let address = IPAddress(text) {
      self.init(address: address, port: defaultPort)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard let address = IPAddress(String(host)) else { return nil }
    self.init(address: address, port: Int(port))
  }

  var description: String { address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)" }

  static func < (a: ServerEndpoint, b: ServerEndpoint) -> Bool {
    (a.address, a.port) < (b.address, b.port)
  }

  /// The servers of one port: an EndpointSlice has one, and so has a subset of Endpoints.
  struct Group: Sendable, Equatable {
    let port: Int
    let addresses: [IPAddress]
  }

  /// All servers of one address family, by their ports: most of them first, then by the port. Every server that knows of the
  /// same ones comes to the same.
  ///
  /// The family is that of the first address: an EndpointSlice has one.
  static func groups(_ places: [ServerEndpoint]) -> [Group] {
    guard let family = places.min()?.address.family else { return [] }
    let own = Dictionary(grouping: places.filter { $0.address.family == family }, by: \.port)
    return own.map { Group(port: $0.key, addresses: $0.value.map(\.address).sorted()) }.sorted {
      $0.addresses.count == $1.addresses.count
        ? $0.port < $1.port : $0.addresses.count > $1.addresses.count
    }
  }
}
