import Addressing

/// A host as far as a packet's way depends on it: its addresses, its routes, its rules.
public struct VirtualHost: Sendable {
  public var addresses: Set<IPAddress>
  /// Longest prefix wins.
  public var routes: [(destination: IPCIDR, link: String)]
  public var table: Table

  public init(addresses: Set<IPAddress>, routes: [(destination: IPCIDR, link: String)], table: Table) {
    self.addresses = addresses
    self.routes = routes
    self.table = table
  }

  /// Where a packet ended.
  public enum Fate: Sendable, Hashable {
    /// A process of the host gets it.
    case delivered
    /// It leaves by this link.
    case sent(String)
    case dropped
    case unroutable
  }

  /// The whole way of a packet.
  public struct Journey: Sendable {
    public var fate: Fate
    /// As it was at the end.
    public var packet: VirtualPacket
    public var steps: [RuleWalk.Step]
  }

  /// A packet that comes in by a link.
  public func receive(_ packet: VirtualPacket, on link: String) -> Journey {
    let walk = walk
    var journey = Journey(fate: .dropped, packet: packet, steps: [])
    guard walk.run(.init(.prerouting, input: link), &journey.packet, &journey.steps) else { return journey }
    if isLocal(journey.packet.destination) {
      if walk.run(.init(.input, input: link), &journey.packet, &journey.steps) { journey.fate = .delivered }
      return journey
    }
    guard let out = route(journey.packet.destination) else {
      journey.fate = .unroutable
      return journey
    }
    guard walk.run(.init(.forward, input: link, output: out), &journey.packet, &journey.steps) else { return journey }
    return leave(journey, input: link, output: out)
  }

  /// A packet that a process of the host sends.
  public func send(_ packet: VirtualPacket) -> Journey {
    let walk = walk
    var journey = Journey(fate: .dropped, packet: packet, steps: [])
    let first = isLocal(packet.destination) ? "lo" : route(packet.destination)
    guard let first else {
      journey.fate = .unroutable
      return journey
    }
    guard walk.run(.init(.output, output: first), &journey.packet, &journey.steps) else { return journey }
    // A new destination is routed again.
    if isLocal(journey.packet.destination) {
      journey.fate = .delivered
      return journey
    }
    guard let out = route(journey.packet.destination) else {
      journey.fate = .unroutable
      return journey
    }
    return leave(journey, input: nil, output: out)
  }

  private func leave(_ journey: Journey, input: String?, output: String) -> Journey {
    var journey = journey
    let place = RuleWalk.Place(.postrouting, input: input, output: output)
    if walk.run(place, &journey.packet, &journey.steps) { journey.fate = .sent(output) }
    return journey
  }

  private var walk: RuleWalk {
    let addresses = addresses
    return RuleWalk(table) { addresses.contains($0) || $0.isLoopback }
  }

  private func isLocal(_ address: IPAddress) -> Bool { addresses.contains(address) || address.isLoopback }

  private func route(_ address: IPAddress) -> String? {
    routes.filter { $0.destination.contains(address) }
      .max { $0.destination.prefixLength < $1.destination.prefixLength }?.link
  }
}
