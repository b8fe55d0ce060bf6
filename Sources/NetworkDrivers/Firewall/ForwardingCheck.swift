import Addressing
import Netfilter
import NetworkModel

/// Whether rules of other software drop what is forwarded for containers. The kernel forwards a packet only where the
/// chains of all tables let it pass: what ours accept, a FORWARD chain with the policy DROP still drops. Pure.
///
/// Other software's rules are walked by virtual packets. Conditions that are not understood are taken as not met: then a
/// rule that would accept does not, and one that would drop does not either.
struct ForwardingCheck: Sendable {
  /// What is forwarded for one network, in one family.
  struct Passage: Sendable, Hashable {
    var bridge: String
    /// A container's address.
    var container: IPAddress
    /// The link that leads elsewhere.
    var uplink: String
    /// A container's port that is published.
    var port: TransportPort?
  }

  enum Direction: Sendable, Hashable { case out, into }

  /// What a chain drops.
  struct Obstacle: Sendable, Hashable {
    /// Whose chain it is, for people.
    var place: String
    /// Bridges by what is dropped.
    var dropped: [Direction: [String]]

    var text: String {
      let out = dropped[.out] ?? []
      let into = dropped[.into] ?? []
      let both = out.filter { into.contains($0) }
      let parts = [
        ("from and to", both), ("from", out.filter { !both.contains($0) }), ("to", into.filter { !both.contains($0) }),
      ].filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: ", "))" }
      return
        "another firewall (\(place)) drops what is forwarded \(parts.joined(separator: " and ")): let it accept what "
        + "comes in by these bridges and what goes out to them, or start the engine with --firewall-backend iptables"
    }
  }

  var passages: [Passage]

  /// Somewhere else (RFC 5737, RFC 3849).
  static func elsewhere(_ family: IPFamily) -> IPAddress {
    switch family {
    case .v4: .v4(IPv4Address(198, 51, 100, 1))
    case .v6: IPAddress("2001:db8::1") ?? .v6(.any)
    }
  }

  private func packet(_ passage: Passage, _ direction: Direction) -> VirtualPacket? {
    let elsewhere = Self.elsewhere(passage.container.family)
    switch direction {
    case .out: return VirtualPacket(.tcp, from: passage.container, to: elsewhere, Port(443))
    case .into:
      guard let port = passage.port else { return nil }
      var packet = VirtualPacket(port.transport, from: elsewhere, to: passage.container, port.port)
      packet.isDestinationTranslated = true
      return packet
    }
  }

  private func obstacle(
    _ place: String, _ drops: (Passage, Direction, VirtualPacket) -> Bool
  ) -> Obstacle? {
    var dropped: [Direction: [String]] = [:]
    for direction in [Direction.out, .into] {
      for passage in passages {
        guard let packet = packet(passage, direction), drops(passage, direction, packet) else { continue }
        if dropped[direction]?.contains(passage.bridge) != true {
          dropped[direction, default: []].append(passage.bridge)
        }
      }
    }
    return dropped.isEmpty ? nil : Obstacle(place: place, dropped: dropped)
  }

  // MARK: nf_tables

  /// The chains of a table that drop.
  func obstacles(in table: Table) -> [Obstacle] {
    table.chains.filter { $0.base?.hook == .forward && $0.base?.type == .filter }.compactMap { chain in
      var alone = table
      alone.chains.removeAll { $0.base != nil && $0.name != chain.name }
      let walk = RuleWalk(alone) { _ in false }
      return obstacle("nf_tables table \(table.name), chain \(chain.name)") { passage, direction, packet in
        guard Self.sees(table.name.family, packet) else { return false }
        var packet = packet
        var steps: [RuleWalk.Step] = []
        let (input, output) = Self.links(passage, direction)
        return !walk.run(.init(.forward, input: input, output: output), &packet, &steps)
      }
    }
  }

  private static func sees(_ family: Family, _ packet: VirtualPacket) -> Bool {
    switch family {
    case .inet: true
    case .ipv4: packet.destination.family == .v4
    case .ipv6: packet.destination.family == .v6
    case .arp, .netdev, .bridge: false
    }
  }

  private static func links(_ passage: Passage, _ direction: Direction) -> (String, String) {
    direction == .out ? (passage.bridge, passage.uplink) : (passage.uplink, passage.bridge)
  }

  // MARK: iptables' older tables

  /// Whether the FORWARD chain of iptables' older kind drops.
  func obstacle(in snapshot: Iptables.Snapshot, _ family: IPFamily) -> Obstacle? {
    let policy = snapshot.policies[.filter]?["FORWARD"] ?? "ACCEPT"
    let program = family == .v4 ? "iptables-legacy" : "ip6tables-legacy"
    return obstacle("\(program), chain FORWARD") { passage, direction, packet in
      guard packet.destination.family == family else { return false }
      let (input, output) = Self.links(passage, direction)
      return (Self.target("FORWARD", snapshot, input, output, depth: 0) ?? policy) != "ACCEPT"
    }
  }

  /// `ACCEPT`, `DROP` or `REJECT`; nil where no rule decides.
  private static func target(
    _ chain: String, _ snapshot: Iptables.Snapshot, _ input: String, _ output: String, depth: Int
  ) -> String? {
    for rule in snapshot.rules(.filter, chain) ?? [] where depth < 16 && matches(rule, input, output) {
      switch rule.target {
      case "ACCEPT", "DROP", "REJECT": return rule.target
      case "RETURN": return nil
      case let next:
        let isGoto = rule.meaning.contains { $0.hasPrefix("-g ") }
        if let result = target(next, snapshot, input, output, depth: depth + 1) { return result }
        if isGoto { return nil }
      }
    }
    return nil
  }

  private static func matches(_ rule: Iptables.SavedRule, _ input: String, _ output: String) -> Bool {
    rule.meaning.allSatisfy { option in
      let parts = option.split(separator: " ", maxSplits: 2).map { String($0) }
      let isNegated = parts.first == "!"
      let words = isNegated ? Array(parts.dropFirst()) : parts
      guard let name = words.first, let value = words.dropFirst().first else { return false }
      func isLink(_ link: String) -> Bool {
        (value.hasSuffix("+") ? link.hasPrefix(value.dropLast()) : link == value) != isNegated
      }
      switch name {
      case "-i": return isLink(input)
      case "-o": return isLink(output)
      case "-j", "-g", "--comment", "--reject-with": return true
      default: return false
      }
    }
  }
}
