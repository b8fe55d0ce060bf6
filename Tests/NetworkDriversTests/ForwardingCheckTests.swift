import Addressing
import Linux
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Rules of other software, made by its own programs in a namespace (root), and what is found in them.
@Suite struct ForwardingCheckTests {
  private func check() throws -> ForwardingCheck {
    let container: IPAddress = try #require(IPAddress("172.17.0.2"))
    let container6: IPAddress = try #require(IPAddress("fd00:17::2"))
    return ForwardingCheck(passages: [
      .init(bridge: "apus0", container: container, uplink: "out0", port: TransportPort(80, .tcp)),
      .init(bridge: "apus0", container: container6, uplink: "out0", port: nil),
      .init(bridge: "br-1", container: container, uplink: "out0", port: nil),
    ])
  }

  private static func chain(_ policy: String, _ rules: String...) -> String {
    let chain =
      "nft add table inet t; nft 'add chain inet t f { type filter hook forward priority 0; policy \(policy); }'"
    return ([chain] + rules.map { "nft \($0)" }).joined(separator: "; ")
  }

  private static func iptables(_ rules: String...) -> String {
    (["-P FORWARD DROP"] + rules).map { "iptables-nft \($0)" }.joined(separator: "; ")
  }

  /// A shell's line that makes rules, and what they drop.
  private struct Case: Sendable {
    var line: String
    var dropped: String
    init(_ line: String, drops dropped: String = "") {
      self.line = line
      self.dropped = dropped
    }
  }

  private static let all = "from and to apus0 and from br-1"
  private static let cases: [Case] = [
    Case("true"), Case(chain("accept")), Case(chain("drop"), drops: all),
    Case(chain("accept", "add rule inet t f counter reject"), drops: all),
    Case(chain("drop", "add rule inet t f iifname apus0 accept"), drops: "from br-1 and to apus0"),
    Case(chain("drop", "add rule inet t f oifname '\"apus*\"' accept"), drops: "from apus0, br-1"),
    Case(
      chain(
        "drop", "add rule inet t f ct state established,related accept",
        "add rule inet t f iifname '{ apus0, br-1 }' accept", "add rule inet t f ct status dnat accept")),
    Case(chain("drop", "add rule inet t f iifname != '{ eth7, eth8 }' accept")),
    Case(chain("accept", "add rule inet t f meta nfproto ipv6 drop"), drops: "from apus0"),
    Case(
      chain(
        "drop", "add chain inet t g", "add rule inet t g accept",
        "add rule inet t f iifname vmap '{ apus0 : jump g, br-1 : goto g }'", "add rule inet t f oifname apus0 jump g")),
    // What another hook does, and what is not understood, says nothing.
    Case("nft add table inet t; nft 'add chain inet t i { type filter hook input priority 0; policy drop; }'"),
    Case(chain("accept", "add rule inet t f limit rate 5/second drop")),
    Case(iptables(), drops: all),
    Case(iptables("-A FORWARD -i apus0 -j ACCEPT", "-A FORWARD -o apus0 -j ACCEPT"), drops: "from br-1"),
    Case(
      iptables(
        "-N USER", "-I FORWARD -j USER", "-A USER -i 'apus+' -j ACCEPT",
        "-A USER -o apus0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A USER -i br-1 -j ACCEPT"),
      drops: "to apus0"),
    Case("ip6tables-nft -P FORWARD DROP", drops: "from apus0"),
  ]

  @Test(arguments: cases.indices)
  func whatOthersDrop(_ index: Int) async throws {
    let (line, dropped) = (Self.cases[index].line, Self.cases[index].dropped)
    try await Lab.with { lab in
      _ = try await lab.command(["/bin/sh", "-ec", line], in: lab.host)
      let check = try check()
      let found = try await Lab.onThread { [host = lab.host] in
        let connection = try NftablesConnection(in: host)
        var found: [ForwardingCheck.Obstacle] = []
        for name in try connection.tables(at: .forward) {
          if let table = try connection.snapshot(name, anonymous: true).table { found += check.obstacles(in: table) }
        }
        return found
      }
      if dropped.isEmpty {
        #expect(found == [])
      } else {
        #expect(found.count == 1)
        #expect(found.first?.text.contains("drops what is forwarded \(dropped): ") == true, "\(found)")
      }
    }
  }

  private static let olderCases: [Case] = [
    Case(":FORWARD ACCEPT [0:0]"), Case(":FORWARD DROP [0:0]", drops: all),
    Case(
      ":FORWARD DROP [0:0]\n-A FORWARD -i apus0 -j ACCEPT\n-A FORWARD -o apus0 -j ACCEPT", drops: "from br-1"),
    Case(":FORWARD DROP [0:0]\n-A FORWARD ! -i eth7 -m comment --comment \"all but one\" -j ACCEPT"),
    Case(
      ":FORWARD DROP [0:0]\n:X - [0:0]\n-A FORWARD -j X\n-A X -i br-1 -g Y\n:Y - [0:0]\n-A Y -j ACCEPT",
      drops: "from and to apus0"),
    Case(
      ":FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
        + "-A FORWARD -j REJECT --reject-with icmp-port-unreachable", drops: all),
    Case(
      ":FORWARD DROP [0:0]\n-A FORWARD -s 10.0.0.0/8 -j ACCEPT\n-A FORWARD -i apus+ -j RETURN", drops: all),
  ]

  @Test(arguments: olderCases.indices)
  func whatTheOlderTablesDrop(_ index: Int) throws {
    let (chains, dropped) = (Self.olderCases[index].line, Self.olderCases[index].dropped)
    let snapshot = Iptables.Snapshot("*filter\n\(chains)\nCOMMIT\n")
    let found = try check().obstacle(in: snapshot, .v4)
    if dropped.isEmpty {
      #expect(found == nil)
    } else {
      #expect(found?.text.contains("drops what is forwarded \(dropped): ") == true, "\(String(describing: found))")
    }
  }

  @Test func aControllerTellsOfThem() async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller()
      try await controller.start(liveSandboxes: [])
      _ = try await lab.command(["/usr/sbin/ip", "route", "add", "default", "via", "192.0.2.2"], in: lab.host)
      #expect(await controller.forwardingWarnings() == [])
      for program in ["iptables-nft", "iptables-legacy"] {
        _ = try await lab.command(["/usr/sbin/\(program)", "-P", "FORWARD", "DROP"], in: lab.host)
        let warnings = await controller.forwardingWarnings()
        #expect(warnings.count == 1 && warnings[0].hasPrefix("WARNING: another firewall ("))
        #expect(warnings.first?.contains("drops what is forwarded from lab0: ") == true, "\(warnings)")
        _ = try await lab.command(["/usr/sbin/\(program)", "-P", "FORWARD", "ACCEPT"], in: lab.host)
      }
      #expect(await controller.forwardingWarnings() == [])
    }
  }
}
