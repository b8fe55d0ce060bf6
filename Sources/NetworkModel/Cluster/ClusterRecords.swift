import Addressing

/// A host of the cluster, as long as it gives signs of life.
public struct ClusterHost: Sendable, Hashable, Codable {
  /// The host's own name, for people.
  public var name: String
  /// Where its tunnels end.
  public var address: IPAddress
  public init(name: String, address: IPAddress) {
    self.name = name
    self.address = address
  }
}

/// Who has an address of an overlay network.
public struct ClusterAddress: Sendable, Hashable, Codable {
  /// The endpoint's id.
  public var endpoint: String
  /// The id of the endpoint's host.
  public var host: String
  public init(endpoint: String, host: String) {
    self.endpoint = endpoint
    self.host = host
  }
}

/// An endpoint as all hosts know it: where it is, and by which names it is found.
public struct ClusterEndpoint: Sendable, Hashable, Codable {
  /// The id of its host.
  public var host: String
  /// Where its host's tunnels end.
  public var vtep: IPAddress
  public var mac: MACAddress
  public var address: IPAddress?
  public var address6: IPAddress?
  /// The container's name.
  public var name: String
  /// All names by which it is found on the network.
  public var names: [String]

  public init(
    host: String, vtep: IPAddress, mac: MACAddress, address: IPAddress? = nil, address6: IPAddress? = nil,
    name: String = "", names: [String] = []
  ) {
    self.host = host
    self.vtep = vtep
    self.mac = mac
    self.address = address
    self.address6 = address6
    self.name = name
    self.names = names
  }

  public var addresses: [IPAddress] { [address, address6].compactMap { $0 } }
}
