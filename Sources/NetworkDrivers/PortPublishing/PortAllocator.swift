import Addressing
import NetworkModel

/// Which ports of the host our containers have. Pure bookkeeping; whether another process has a port shows when it is
/// bound.
struct PortAllocator: Sendable {
  private struct Key: Hashable {
    var transport: TransportProtocol
    var port: Port
  }
  private var taken: [Key: Set<IPAddress>] = [:]
  private let ephemeral: PortRange
  private let reserved: Set<Port>
  /// Where the search goes on, for each range: a port that was just freed is given out last.
  private var previous: [PortRange: Port] = [:]

  /// - Parameters:
  ///   - ephemeral: where free ports are searched when no port is asked for.
  ///   - reserved: ports that are never chosen by themselves (ip_local_reserved_ports).
  init(ephemeral: PortRange, reserved: Set<Port> = []) {
    self.ephemeral = ephemeral
    self.reserved = reserved
  }

  /// A port that is free on all of `addresses`, taken. `skipping` are ports that turned out to be another process's.
  mutating func allocate(
    _ range: PortRange?, _ transport: TransportProtocol, on addresses: [IPAddress], skipping: Set<Port> = []
  ) throws(NetworkError) -> Port {
    let search = range ?? ephemeral
    if let range, range.count == 1 {
      for address in addresses {
        if let holder = conflict(range.first, transport, address) { throw Self.allocated(holder, range.first) }
      }
      insert(range.first, transport, addresses)
      return range.first
    }
    let start = previous[search].map { Int($0.rawValue) - Int(search.first.rawValue) + 1 } ?? 0
    for step in 0..<search.count {
      let port = Port(search.first.rawValue + UInt16((start + step) % search.count))
      if skipping.contains(port) || (range == nil && reserved.contains(port)) { continue }
      if addresses.contains(where: { conflict(port, transport, $0) != nil }) { continue }
      insert(port, transport, addresses)
      previous[search] = port
      return port
    }
    throw NetworkError(.exhausted, "all ports are allocated")
  }

  /// Takes ports that a running container has already.
  mutating func adopt(_ port: Port, _ transport: TransportProtocol, on address: IPAddress) {
    insert(port, transport, [address])
  }

  mutating func release(_ port: Port, _ transport: TransportProtocol, on address: IPAddress) {
    let key = Key(transport: transport, port: port)
    taken[key]?.remove(address)
    if taken[key]?.isEmpty == true { taken[key] = nil }
  }

  private mutating func insert(_ port: Port, _ transport: TransportProtocol, _ addresses: [IPAddress]) {
    taken[Key(transport: transport, port: port), default: []].formUnion(addresses)
  }

  /// The address that stands in the way: the same one, or one of the family where either means all addresses.
  private func conflict(_ port: Port, _ transport: TransportProtocol, _ address: IPAddress) -> IPAddress? {
    guard let holders = taken[Key(transport: transport, port: port)] else { return nil }
    if holders.contains(address) { return address }
    return holders.first { $0.family == address.family && ($0.isUnspecified || address.isUnspecified) }
  }

  /// Docker's words.
  private static func allocated(_ address: IPAddress, _ port: Port) -> NetworkError {
    let host = address.family == .v6 ? "[\(address)]" : "\(address)"
    return NetworkError(.conflict, "Bind for \(host):\(port) failed: port is already allocated")
  }
}
