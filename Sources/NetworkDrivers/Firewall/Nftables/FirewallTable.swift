import Addressing
import Netfilter
import NetworkModel

/// The table of one instance: a fixed number of rules, whatever runs. Networks and ports are elements of sets and maps.
///
///     raw       what comes from outside to 127/8, or from a container as 127/8, is dropped before anything else
///     publish   a port of this host leads to a container: one lookup by address, one for all addresses
///     forward   known connections pass; between containers of one bridge as the network wants it; nothing into or out
///               of an internal network; into a bridge only what was translated, that is, published, and what a network
///               without translation has opened, from elsewhere than another bridge also what has no protection; out of
///               a bridge everything
///     source    masquerade: what leaves a bridge; what a container sends to itself or a neighbour by way of a
///               published port (else the answer would take the short way and not be recognised); what the host sends
///               from 127/8
enum FirewallTable {
  static let bridges = NamedSet("bridges", key: [.interfaceName])
  /// Input and output: a bridge and itself.
  static let neighbours = NamedSet("neighbours", key: [.interfaceName, .interfaceName], value: .verdict)
  /// A bridge and an address of its own subnet. Without the input link, because a packet that is turned back inside the
  /// bridge (br_netfilter) has none when it leaves.
  static let inside4 = NamedSet("inside4", key: [.interfaceName, .ipv4Address], isInterval: true)
  static let inside6 = NamedSet("inside6", key: [.interfaceName, .ipv6Address], isInterval: true)
  static let masquerade4 = NamedSet("masquerade4", key: [.interfaceName])
  static let masquerade6 = NamedSet("masquerade6", key: [.interfaceName])
  static let source4 = NamedSet("source4", key: [.interfaceName], value: .data([.ipv4Address]))
  static let source6 = NamedSet("source6", key: [.interfaceName], value: .data([.ipv6Address]))
  static let publish4 = NamedSet(
    "publish4", key: [.ipv4Address, .protocol, .port], value: .data([.ipv4Address, .port]))
  static let publishAny4 = NamedSet("publish_any4", key: [.protocol, .port], value: .data([.ipv4Address, .port]))
  static let publish6 = NamedSet(
    "publish6", key: [.ipv6Address, .protocol, .port], value: .data([.ipv6Address, .port]))
  static let publishAny6 = NamedSet("publish_any6", key: [.protocol, .port], value: .data([.ipv6Address, .port]))

  /// Bridges of internal networks.
  static let confined = NamedSet("confined", key: [.interfaceName])
  static let unprotected4 = NamedSet("unprotected4", key: [.interfaceName])
  static let unprotected6 = NamedSet("unprotected6", key: [.interfaceName])
  /// Protocols without ports that may come in by a bridge.
  static let echo = NamedSet("echo", key: [.interfaceName, .protocol])
  static let open4 = NamedSet("open4", key: [.interfaceName, .ipv4Address, .protocol, .port])
  static let open6 = NamedSet("open6", key: [.interfaceName, .ipv6Address, .protocol, .port])

  static let openFrom4 = NamedSet(
    "open_from4", key: [.interfaceName, .interfaceName, .ipv4Address, .protocol, .port])
  static let openFrom6 = NamedSet(
    "open_from6", key: [.interfaceName, .interfaceName, .ipv6Address, .protocol, .port])

  static let sets = [
    bridges, neighbours, inside4, inside6, masquerade4, masquerade6, source4, source6, publish4, publishAny4, publish6,
    publishAny6,
    confined, unprotected4, unprotected6, echo, open4, open6, openFrom4,
    openFrom6,
  ]

  /// The table without elements.
  /// - Parameter guardsTunnels: this host's tunnels to others carry overlay networks.
  static func empty(_ name: String, guardsTunnels: Bool = false) -> Table {
    var raw = raw
    if guardsTunnels { raw.rules.append(tunnels) }
    return Table(
      TableName(.inet, name), sets: sets,
      chains: [raw, publish, prerouting, output, apart, incoming, forward, postrouting])
  }

  /// A container must not speak as a host: its packets would come out of the tunnel on any overlay network it likes. UDP
  /// to the port of VXLAN, from a bridge.
  private static let tunnels = Rule(
    "no container is a tunnel's end",
    Match.set([.inputName], bridges.name) + [
      .meta(.transportProtocol, into: Register(0)), .compare(Register(0), .equal, [TransportProtocol.udp.number]),
      .payload(.transport, offset: 2, length: 2, into: Register(0)),
      .compare(
        Register(0), .equal, [UInt8(OverlaySettings.port >> 8), UInt8(truncatingIfNeeded: OverlaySettings.port)]),
      .counter, .verdict(.drop),
    ])

  private static let loopback: [UInt8] = [127, 0, 0, 0]

  private static let raw = Chain(
    "raw", BaseHook(.filter, .prerouting, .raw),
    rules: [
      // route_localnet on a bridge must open 127/8 neither to containers nor, with a published port, to the neighbours
      // of the host (CVE-2020-8558).
      Rule(
        "nobody outside reaches 127/8",
        Match.interface(.inputName, "lo", equal: false) + Match.family(.ipv4)
          + Match.network(.destination4, loopback, prefixLength: 8) + [.counter, .verdict(.drop)]),
      Rule(
        "nobody outside is 127/8",
        Match.interface(.inputName, "lo", equal: false) + Match.family(.ipv4)
          + Match.network(.source4, loopback, prefixLength: 8) + [.counter, .verdict(.drop)]),
    ])

  private static let publish = Chain(
    "publish",
    rules: [
      Rule(
        "IPv4 port of one address",
        Match.family(.ipv4)
          + Match.translateDestination(
            .ipv4, [.destination4, .transportProtocol, .destinationPort], map: publish4.name)),
      Rule(
        "IPv4 port of all addresses",
        Match.family(.ipv4)
          + Match.translateDestination(.ipv4, [.transportProtocol, .destinationPort], map: publishAny4.name)),
      // ::1 cannot leave the host and link-local addresses cannot leave their link.
      Rule(
        "IPv6 loopback stays",
        Match.family(.ipv6) + Match.network(.destination6, [UInt8](repeating: 0, count: 15) + [1], prefixLength: 128)
          + [.verdict(.return)]),
      Rule(
        "IPv6 link-local stays",
        Match.family(.ipv6)
          + Match.network(.source6, [0xFE, 0x80] + [UInt8](repeating: 0, count: 14), prefixLength: 10)
          + [.verdict(.return)]),
      Rule(
        "IPv6 port of one address",
        Match.family(.ipv6)
          + Match.translateDestination(
            .ipv6, [.destination6, .transportProtocol, .destinationPort], map: publish6.name)),
      Rule(
        "IPv6 port of all addresses",
        Match.family(.ipv6)
          + Match.translateDestination(.ipv6, [.transportProtocol, .destinationPort], map: publishAny6.name)),
    ])

  private static let prerouting = Chain(
    "prerouting", BaseHook(.nat, .prerouting, .destinationNAT),
    rules: [Rule("to this host", Match.destinationIsLocal + [.verdict(.jump("publish"))])])

  private static let output = Chain(
    "output", BaseHook(.nat, .output, .destinationNAT),
    rules: [Rule("from this host to itself", Match.destinationIsLocal + [.verdict(.jump("publish"))])])

  /// Between the containers of a network that keeps them apart.
  private static let apart = Chain(
    "apart",
    rules: [
      Rule("published", Match.destinationTranslated + [.verdict(.accept)]),
      Rule("kept apart", [.counter, .verdict(.drop)]),
    ])

  private static let incoming = Chain(
    "incoming",
    rules: [
      Rule("published", Match.destinationTranslated + [.verdict(.accept)]),
      // What a network without translation opens, it opens to the other networks too, as docker has it.
      Rule("pings", Match.set([.outputName, .transportProtocol], echo.name) + [.verdict(.accept)]),
      Rule(
        "IPv4 opened",
        Match.family(.ipv4)
          + Match.set([.outputName, .destination4, .transportProtocol, .destinationPort], open4.name)
          + [.verdict(.accept)]),
      Rule(
        "IPv6 opened",
        Match.family(.ipv6)
          + Match.set([.outputName, .destination6, .transportProtocol, .destinationPort], open6.name)
          + [.verdict(.accept)]),
      // Beyond that networks are isolated from each other, whatever they leave unprotected.
      Rule("from another network", Match.set([.inputName], bridges.name) + [.counter, .verdict(.drop)]),
      Rule(
        "IPv4 without protection",
        Match.family(.ipv4) + Match.set([.outputName], unprotected4.name)
          + [.verdict(.accept)]),
      Rule(
        "IPv6 without protection",
        Match.family(.ipv6) + Match.set([.outputName], unprotected6.name)
          + [.verdict(.accept)]),
      Rule(
        "IPv4 opened to a link",
        Match.family(.ipv4)
          + Match.set([.inputName, .outputName, .destination4, .transportProtocol, .destinationPort], openFrom4.name)
          + [.verdict(.accept)]),
      Rule(
        "IPv6 opened to a link",
        Match.family(.ipv6)
          + Match.set([.inputName, .outputName, .destination6, .transportProtocol, .destinationPort], openFrom6.name)
          + [.verdict(.accept)]),
      Rule("not published", [.counter, .verdict(.drop)]),
    ])

  private static let forward = Chain(
    "forward", BaseHook(.filter, .forward, .filter),
    rules: [
      Rule("known connection", Match.established + [.verdict(.accept)]),
      Rule("between containers", Match.verdictMap([.inputName, .outputName], neighbours.name)),
      Rule("into an internal network", Match.set([.outputName], confined.name) + [.counter, .verdict(.drop)]),
      Rule("out of an internal network", Match.set([.inputName], confined.name) + [.counter, .verdict(.drop)]),
      Rule("into a bridge", Match.set([.outputName], bridges.name) + [.verdict(.goto("incoming"))]),
      Rule("out of a bridge", Match.set([.inputName], bridges.name) + [.verdict(.accept)]),
    ])

  private static let postrouting = Chain(
    "postrouting", BaseHook(.nat, .postrouting, .sourceNAT),
    rules: [
      Rule(
        "IPv4 back into the same bridge",
        Match.destinationTranslated + Match.family(.ipv4) + Match.set([.outputName, .source4], inside4.name)
          + [.masquerade]),
      Rule(
        "IPv6 back into the same bridge",
        Match.destinationTranslated + Match.family(.ipv6) + Match.set([.outputName, .source6], inside6.name)
          + [.masquerade]),
      Rule(
        "from loopback",
        Match.set([.outputName], bridges.name) + Match.family(.ipv4)
          + Match.network(.source4, loopback, prefixLength: 8) + [.masquerade]),
      Rule(
        "same bridge keeps its addresses", Match.set([.inputName, .outputName], neighbours.name) + [.verdict(.return)]),
      Rule(
        "IPv4 leaves with a chosen address",
        Match.family(.ipv4) + Match.translateSource(.ipv4, [.inputName], map: source4.name)),
      Rule(
        "IPv6 leaves with a chosen address",
        Match.family(.ipv6) + Match.translateSource(.ipv6, [.inputName], map: source6.name)),
      Rule("IPv4 leaves", Match.family(.ipv4) + Match.set([.inputName], masquerade4.name) + [.masquerade]),
      Rule("IPv6 leaves", Match.family(.ipv6) + Match.set([.inputName], masquerade6.name) + [.masquerade]),
    ])

  /// The elements of one entry.
  static func elements(of entry: FirewallEntry) -> [(set: NamedSet, element: Element)] {
    switch entry {
    case .bridge(let name, let subnets, let interContainer):
      let inside = subnets.map { subnet in
        let ends = [subnet.network.address, subnet.host(subnet.lastOffset) ?? subnet.address].map {
          [Datum.interface(name), .address($0.bytes)]
        }
        return (set: subnet.family == .v4 ? inside4 : inside6, element: Element(ends[0], end: ends[1]))
      }
      return inside + [
        (bridges, Element([.interface(name)])),
        (
          neighbours,
          Element([.interface(name), .interface(name)], .verdict(interContainer ? .accept : .goto("apart")))
        ),
      ]
    case .confine(let bridge): return [(confined, Element([.interface(bridge)]))]
    case .unprotected(let bridge, let family):
      return [(family == .v4 ? unprotected4 : unprotected6, Element([.interface(bridge)]))]
    case .echo(let bridge, let family):
      // ICMP and ICMPv6 (IANA's protocol numbers).
      return [(echo, Element([.interface(bridge), .protocol(family == .v4 ? 1 : 58)]))]
    case .open(let bridge, let address, let port):
      return [
        (
          address.family == .v4 ? open4 : open6,
          Element([
            .interface(bridge), .address(address.bytes), .protocol(port.transport.number), .port(port.port.rawValue),
          ])
        )
      ]
    case .openFrom(let link, let bridge, let address, let port):
      return [
        (
          address.family == .v4 ? openFrom4 : openFrom6,
          Element([
            .interface(link), .interface(bridge), .address(address.bytes), .protocol(port.transport.number),
            .port(port.port.rawValue),
          ])
        )
      ]
    case .masquerade(let bridge, let family):
      return [(family == .v4 ? masquerade4 : masquerade6, Element([.interface(bridge)]))]
    case .leaveAs(let address, let bridge):
      return [
        (
          address.family == .v4 ? source4 : source6,
          Element([.interface(bridge)], .data([.address(address.bytes)]))
        )
      ]
    case .publish(let key, let target):
      let port: [Datum] = [.protocol(key.port.transport.number), .port(key.port.port.rawValue)]
      let value = ElementValue.data([.address(target.address.bytes), .port(target.port.rawValue)])
      if key.address.isUnspecified {
        return [(key.address.family == .v4 ? publishAny4 : publishAny6, Element(port, value))]
      }
      return [(key.address.family == .v4 ? publish4 : publish6, Element([.address(key.address.bytes)] + port, value))]
    }
  }
}
