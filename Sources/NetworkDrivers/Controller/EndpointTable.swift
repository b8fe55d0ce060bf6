import NetworkModel

/// The endpoints that there are, found by their own ids and by what they join: a host has many, and each join and leave
/// asks for those of one sandbox.
struct EndpointTable: Sendable {
  private var records: [String: EndpointRecord] = [:]
  private var bySandbox: [String: Set<String>] = [:]
  private var byNetwork: [String: Set<String>] = [:]

  init() {}

  init(_ endpoints: some Sequence<EndpointRecord>) { for endpoint in endpoints { self[endpoint.id] = endpoint } }

  /// All of them, in no order.
  var values: some Collection<EndpointRecord> { records.values }

  /// Their ids, in no order.
  var keys: some Collection<String> { records.keys }

  /// The endpoint with an id. Setting one of another id than its own would lose it.
  subscript(id: String) -> EndpointRecord? {
    get { records[id] }
    set {
      let old = records[id]
      records[id] = newValue
      if let old, old.sandboxID != newValue?.sandboxID { Self.take(id, from: &bySandbox, at: old.sandboxID) }
      if let old, old.networkID != newValue?.networkID { Self.take(id, from: &byNetwork, at: old.networkID) }
      guard let newValue else { return }
      if old?.sandboxID != newValue.sandboxID { bySandbox[newValue.sandboxID, default: []].insert(id) }
      if old?.networkID != newValue.networkID { byNetwork[newValue.networkID, default: []].insert(id) }
    }
  }

  /// Those of a sandbox, in no order.
  func of(sandbox: String) -> [EndpointRecord] { (bySandbox[sandbox] ?? []).compactMap { records[$0] } }

  /// Those on a network, in no order.
  func on(network: String) -> [EndpointRecord] { (byNetwork[network] ?? []).compactMap { records[$0] } }

  /// Whether nobody is on a network.
  func isEmpty(network: String) -> Bool { byNetwork[network] == nil }

  private static func take(_ id: String, from index: inout [String: Set<String>], at key: String) {
    index[key]?.remove(id)
    if index[key]?.isEmpty == true { index[key] = nil }
  }
}
