import Addressing
import KeyValueStore

/// The cluster's state as one host knows it: a copy that follows the store by its events and stays as it is while the
/// store is away. Pure.
public struct ClusterMirror: Sendable {
  /// Networks by id.
  public private(set) var networks: [String: NetworkRecord] = [:]
  /// Network → address → who has it.
  public private(set) var addresses: [String: [IPAddress: ClusterAddress]] = [:]
  /// Network → endpoint's id → where it is.
  public private(set) var endpoints: [String: [String: ClusterEndpoint]] = [:]
  /// Hosts that live, by id.
  public private(set) var hosts: [String: ClusterHost] = [:]
  /// Whether it was ever filled.
  public private(set) var isFilled = false

  public init() {}

  /// What a change of the mirror is about.
  public struct Changes: Sendable, Hashable {
    /// Networks that came, went or are others now.
    public var networks: Set<String> = []
    /// Networks with other addresses in use.
    public var addresses: Set<String> = []
    /// Networks with other endpoints.
    public var endpoints: Set<String> = []
    /// Keys whose values cannot be read; they are passed over.
    public var unreadable: [String] = []

    public init() {}

    public var isEmpty: Bool { networks.isEmpty && addresses.isEmpty && endpoints.isEmpty && unreadable.isEmpty }
  }

  /// Becomes what a list of all keys says.
  public mutating func replace(with values: [KeyValue]) -> Changes {
    var new = ClusterMirror()
    new.isFilled = true
    var changes = Changes()
    for value in values { new.put(value, &changes) }
    changes.networks = Self.differences(networks, new.networks)
    changes.addresses = Self.differences(addresses, new.addresses)
    changes.endpoints = Self.differences(endpoints, new.endpoints)
    self = new
    return changes
  }

  /// Follows the store.
  public mutating func apply(_ events: [StoreEvent]) -> Changes {
    var changes = Changes()
    for event in events {
      if let value = event.current { put(value, &changes) } else { delete(event.key, &changes) }
    }
    return changes
  }

  private mutating func put(_ value: KeyValue, _ changes: inout Changes) {
    guard let key = ClusterKey(value.key) else { return }
    do {
      switch key {
      case .network(let id):
        networks[id] = try Self.decode(value)
        changes.networks.insert(id)
      case .address(let network, let address):
        addresses[network, default: [:]][address] = try Self.decode(value)
        changes.addresses.insert(network)
      case .endpoint(let network, let id):
        endpoints[network, default: [:]][id] = try Self.decode(value)
        changes.endpoints.insert(network)
      case .host(let id): hosts[id] = try Self.decode(value)
      case .generation, .name, .identifier: break
      }
    } catch { changes.unreadable.append(value.key) }
  }

  private mutating func delete(_ text: String, _ changes: inout Changes) {
    switch ClusterKey(text) {
    case .network(let id):
      networks[id] = nil
      changes.networks.insert(id)
    case .address(let network, let address):
      addresses[network]?[address] = nil
      if addresses[network]?.isEmpty == true { addresses[network] = nil }
      changes.addresses.insert(network)
    case .endpoint(let network, let id):
      endpoints[network]?[id] = nil
      if endpoints[network]?.isEmpty == true { endpoints[network] = nil }
      changes.endpoints.insert(network)
    case .host(let id): hosts[id] = nil
    case .generation, .name, .identifier, nil: break
    }
  }

  private static func decode<Value: Decodable>(_ value: KeyValue) throws -> Value {
    try ClusterCoding.value(value.value)
  }

  private static func differences<Value: Equatable>(_ a: [String: Value], _ b: [String: Value]) -> Set<String> {
    Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }
  }
}
