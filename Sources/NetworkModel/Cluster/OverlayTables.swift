import Addressing

/// What the tunnel of an overlay network knows of endpoints on other hosts: who has which address (it answers their
/// neighbours' questions itself), and behind which host each is. Pure.
public struct OverlayTables: Sendable, Hashable {
  /// Address → hardware address.
  public var neighbours: [IPAddress: MACAddress] = [:]
  /// Hardware address → the remote end of the tunnel.
  public var forwarding: [MACAddress: IPAddress] = [:]

  public init() {}

  /// - Parameters:
  ///   - endpoints: all of the network's, by id, those of this host among them.
  ///   - host: this host's id.
  ///   - locals: the endpoints of this host. What they have is here, whatever the cluster has not yet forgotten.
  public init(_ endpoints: [String: ClusterEndpoint], host: String, locals: [EndpointRecord]) {
    let addresses = Set(locals.flatMap(\.addresses))
    let macs = Set(locals.compactMap(\.mac))
    // In a fixed order: of two that claim the same thing every look chooses the same one.
    for (id, endpoint) in endpoints.sorted(by: { $0.key < $1.key }) {
      guard endpoint.host != host, !macs.contains(endpoint.mac), !locals.contains(where: { $0.id == id }) else {
        continue
      }
      for address in endpoint.addresses where !addresses.contains(address) && neighbours[address] == nil {
        neighbours[address] = endpoint.mac
      }
      if forwarding[endpoint.mac] == nil { forwarding[endpoint.mac] = endpoint.vtep }
    }
  }

  /// The tables as parts of a plan, in a fixed order.
  public func plan(link: String) -> (neighbours: [NeighbourPlan], forwarding: [ForwardingPlan]) {
    (
      neighbours.sorted { $0.key < $1.key }.map { NeighbourPlan(address: $0.key, mac: $0.value, link: link) },
      forwarding.sorted { "\($0.key)" < "\($1.key)" }.map { ForwardingPlan(mac: $0.key, remote: $0.value, link: link) }
    )
  }

  /// What must be done to get from one state to another. A replaced entry is among the new ones only.
  public struct Changes: Sendable, Hashable {
    public var setNeighbours: [IPAddress: MACAddress] = [:]
    public var removedNeighbours: [IPAddress: MACAddress] = [:]
    public var setForwarding: [MACAddress: IPAddress] = [:]
    public var removedForwarding: [MACAddress: IPAddress] = [:]

    public var isEmpty: Bool {
      setNeighbours.isEmpty && removedNeighbours.isEmpty && setForwarding.isEmpty && removedForwarding.isEmpty
    }
  }

  public func changes(from old: OverlayTables) -> Changes {
    var changes = Changes()
    changes.setNeighbours = neighbours.filter { old.neighbours[$0.key] != $0.value }
    changes.removedNeighbours = old.neighbours.filter { neighbours[$0.key] == nil }
    changes.setForwarding = forwarding.filter { old.forwarding[$0.key] != $0.value }
    changes.removedForwarding = old.forwarding.filter { forwarding[$0.key] == nil }
    return changes
  }
}

extension OverlayTables.Changes {
  /// The changes as lines for people and golden files, in a fixed order.
  public var text: String {
    func sorted<Key: Comparable, Value>(_ entries: [Key: Value]) -> [(key: Key, value: Value)] {
      entries.sorted { $0.key < $1.key }
    }
    let macs = { (entries: [MACAddress: IPAddress]) in entries.sorted { "\($0.key)" < "\($1.key)" } }
    var lines = sorted(removedNeighbours).map { "- neighbour \($0.key) is \($0.value)" }
    lines += sorted(setNeighbours).map { "+ neighbour \($0.key) is \($0.value)" }
    lines += macs(removedForwarding).map { "- \($0.key) is behind \($0.value)" }
    lines += macs(setForwarding).map { "+ \($0.key) is behind \($0.value)" }
    return lines.map { $0 + "\n" }.joined()
  }
}
