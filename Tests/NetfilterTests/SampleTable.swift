import Netfilter

/// A table that uses every kind of thing that we write.
enum SampleTable {
  static let ports = NamedSet(
    "ports", key: [.ipv4Address, .protocol, .port], value: .data([.ipv4Address, .port]),
    elements: [
      Element(
        [.address([10, 0, 0, 1]), .protocol(6), .port(80)], .data([.address([172, 17, 0, 2]), .port(8080)])),
      Element(
        [.address([10, 0, 0, 1]), .protocol(17), .port(53)], .data([.address([172, 17, 0, 3]), .port(5353)])),
    ])
  static let links = NamedSet(
    "links", key: [.interfaceName, .interfaceName], value: .verdict,
    elements: [
      Element([.interface("a0"), .interface("a0")], .verdict(.accept)),
      Element([.interface("b0"), .interface("b0")], .verdict(.goto("other"))),
    ])
  static let inside = NamedSet(
    "inside", key: [.interfaceName, .ipv4Address], isInterval: true,
    elements: [
      Element(
        [.interface("a0"), .address([172, 17, 0, 0])], end: [.interface("a0"), .address([172, 17, 255, 255])])
    ])
  static let ports6 = NamedSet(
    "ports6", key: [.protocol, .port], value: .data([.ipv6Address, .port]),
    elements: [
      Element(
        [.protocol(6), .port(443)], .data([.address([0xFD] + [UInt8](repeating: 0, count: 14) + [2]), .port(443)]))
    ])

  static let table = Table(
    TableName(.inet, "sample"), sets: [ports, links, inside, ports6],
    chains: [
      Chain(
        "pre", BaseHook(.nat, .prerouting, .destinationNAT),
        rules: [
          Rule(
            "four",
            Match.destinationIsLocal + Match.family(.ipv4)
              + Match.translateDestination(
                .ipv4, [.destination4, .transportProtocol, .destinationPort], map: "ports")),
          Rule(
            "six",
            Match.family(.ipv6)
              + Match.translateDestination(.ipv6, [.transportProtocol, .destinationPort], map: "ports6")),
        ]),
      Chain("other", rules: [Rule("published", Match.destinationTranslated + [.verdict(.accept)])]),
      Chain(
        "forward", BaseHook(.filter, .forward, .filter, accepts: false),
        rules: [
          Rule("known", Match.established + [.verdict(.accept)]),
          Rule("links", Match.verdictMap([.inputName, .outputName], "links")),
          Rule("count", Match.interface(.inputName, "lo", equal: false) + [.counter, .verdict(.jump("other"))]),
        ]),
      Chain(
        "post", BaseHook(.nat, .postrouting, .sourceNAT),
        rules: [
          Rule(
            "own",
            Match.destinationTranslated + Match.family(.ipv4) + Match.set([.outputName, .source4], "inside")
              + [.masquerade]),
          Rule(
            "net", Match.family(.ipv4) + Match.network(.source4, [127, 0, 0, 0], prefixLength: 8) + [.masquerade]),
        ]),
      Chain(
        "in", BaseHook(.filter, .input, Priority(300)),
        rules: [
          Rule(
            "port",
            [
              .meta(.transportProtocol, into: Register(0)), .compare(Register(0), .equal, [17]),
              .load([0, 53], into: Register(0)),
              .setPayload(.transport, offset: 2, length: 2, from: Register(0), checksum: 6), .verdict(.accept),
            ])
        ]),
    ])
}
