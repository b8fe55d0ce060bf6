import Addressing
import AsyncWork
import Linux
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// The rules of iptables against the kernel, each test on a host of its own (root).
@Suite(.serialized) struct IptablesFirewallTests {
  private static let kinds = [Lab.Rules.iptables, .legacy]

  private func fragments() throws -> [FirewallFragment] {
    let driver = BridgeDriver(instance: "lab")
    let network = try Samples.network(ipv6: true)
    let ports = [("0.0.0.0", UInt16(8080), TransportProtocol.tcp, UInt16(80)), ("::", 8080, .tcp, 80)]
    return [
      driver.plan(network).firewall,
      driver.plan(try Samples.endpoint(ipv6: true, ports: ports + [("127.0.0.1", 53, .sctp, 53)]), on: network)
        .firewall,
    ]
  }

  /// Rules in any order. The mark in a chain that was made for the host's owner is not put back.
  private static func withoutMarks(_ rules: [String]) -> [String] {
    rules.filter { !$0.contains("made by Apus") }.sorted()
  }

  /// Runs `body` on the lab's host with a firewall.
  private func onHost(
    _ lab: Lab, _ rules: Lab.Rules, guardsTunnels: Bool = false,
    _ body: @escaping @Sendable (IptablesFirewall) throws -> Void
  ) async throws {
    let path = try lab.searchPath(rules)
    try await Lab.onThread {
      try Namespaces.inside(lab.host, .network) {
        try body(IptablesFirewall(instance: "lab", guardsTunnels: guardsTunnels, searchPath: path))
      }
    }
  }

  private func shell(_ lab: Lab, _ rules: Lab.Rules, _ script: String) async throws -> String {
    try await lab.command(
      ["/usr/bin/env", "PATH=\(try lab.searchPath(rules))", "sh", "-ec", script], in: lab.host)
  }

  @Test func changesOfTheOlderTablesAreSeen() async throws {
    try await Lab.with { lab in
      let tables = try XTables(in: lab.host)
      let look = { tables.fingerprint(ipv4: ["filter", "nat"], ipv6: ["filter"]) }
      let empty = look()
      _ = try await shell(lab, .legacy, "iptables -A INPUT -i lo -s 127.0.0.9 -j ACCEPT")
      let one = look()
      #expect(one != empty)
      #expect(look() == one)
      // Counters are no change.
      _ = try await shell(lab, .legacy, "ip link set lo up; busybox ping -c 1 127.0.0.9 >&2")
      #expect(try await shell(lab, .legacy, "iptables -vnxL INPUT").contains(/\n +[1-9][0-9]* .*127\.0\.0\.9/))
      #expect(look() == one)
      // The same number of rules of the same size.
      _ = try await shell(lab, .legacy, "iptables -R INPUT 1 -i lo -s 127.0.0.8 -j ACCEPT")
      #expect(look() != one)
      _ = try await shell(lab, .legacy, "iptables -R INPUT 1 -i lo -s 127.0.0.9 -j ACCEPT")
      #expect(look() == one)
      _ = try await shell(lab, .legacy, "ip6tables -A FORWARD -j DROP")
      #expect(look() != one)
      _ = try await shell(lab, .legacy, "ip6tables -F; iptables -F")
      #expect(look() == empty)
    }
  }

  @Test(arguments: kinds)
  func tunnelsAreGuardedAsLongAsThereAreSome(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let fragments = try fragments()
      try await onHost(lab, rules) { firewall in _ = try firewall.reconcile(fragments) }
      let plain = Self.withoutMarks(try await lab.rules())
      try await onHost(lab, rules, guardsTunnels: true) { firewall in
        let changes = [try firewall.reconcile(fragments), try firewall.reconcile(fragments)]
        #expect(changes == [true, false])
        let missing = try firewall.missing(fragments)
        #expect(missing.isEmpty)
      }
      let guarded = try await lab.rules()
      // Of both families.
      #expect(guarded.filter { $0.contains("LAB-TUNNELS") && $0.contains("--dport 4789") }.count == 2, "\(guarded)")
      try await onHost(lab, rules) { firewall in
        let changes = [try firewall.reconcile(fragments), try firewall.reconcile(fragments)]
        #expect(changes == [true, false])
      }
      #expect(Self.withoutMarks(try await lab.rules()) == plain)
    }
  }

  @Test(arguments: kinds)
  func whatIsAddedOneByOneIsWhatIsWantedTogether(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let fragments = try fragments()
      try await onHost(lab, rules) { firewall in
        #expect(firewall.kind == (rules == .legacy ? .legacy : .nft))
        try firewall.reconcile([])
      }
      let empty = try await lab.rules()
      try await onHost(lab, rules) { firewall in for fragment in fragments { try firewall.add(fragment) } }
      let full = try await lab.rules()
      #expect(full.count > empty.count)
      // Nothing is sent where all is there, and what was read is understood: a counter would be back at zero.
      try await onHost(lab, rules) { firewall in try firewall.reconcile(fragments.reversed()) }
      #expect(try await lab.rules() == full)
      try await onHost(lab, rules) { firewall in
        for fragment in fragments { try firewall.remove(fragment) }
        // Once more: it is gone already.
        for fragment in fragments { try firewall.remove(fragment) }
      }
      #expect(try await lab.rules() == empty)
      try await onHost(lab, rules) { firewall in
        try firewall.reconcile(fragments)
        try firewall.removeAll()
        try firewall.removeAll()
      }
      let left = try await lab.rules()
      #expect(!left.contains { $0.contains("LAB") || $0.contains("DOCKER-USER") }, "\(left)")
    }
  }

  @Test(arguments: kinds)
  func whatSomebodyChangedIsRepairedAndTheirsIsLeft(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let fragments = try fragments()
      try await onHost(lab, rules) { firewall in try firewall.reconcile(fragments) }
      let before = try await lab.rules()
      // Theirs: before ours, behind ours, in chains of theirs.
      _ = try await shell(
        lab, rules,
        """
        iptables -N THEIRS; iptables -A THEIRS -s 192.0.2.77 -j DROP; iptables -A FORWARD -j THEIRS
        iptables -I INPUT -p tcp --dport 22 -j ACCEPT; iptables -t nat -A PREROUTING -p tcp --dport 1 -j RETURN
        iptables -A DOCKER-USER -s 192.0.2.78 -j DROP
        """)
      let theirs = try await lab.rules()
      #expect(theirs != before)
      try await onHost(lab, rules) { firewall in try firewall.reconcile(fragments) }
      #expect(try await lab.rules() == theirs)
      // Ours: emptied, reordered, doubled, deleted, added to.
      _ = try await shell(
        lab, rules,
        """
        iptables -F LAB-FORWARD; iptables -t nat -F LAB-ANYADDRESS; iptables -A LAB-OPEN -j ACCEPT
        iptables -I LAB-INCOMING -j ACCEPT; iptables -D FORWARD -m comment --comment "instance lab" -j LAB-FORWARD
        iptables -I FORWARD -m comment --comment "instance lab" -j LAB-FORWARD
        ip6tables -t nat -F; ip6tables -t nat -X; ip6tables -F
        """
        .replacing("LAB-", with: "APUS-LAB-"))
      try await onHost(lab, rules) { firewall in try firewall.reconcile(fragments) }
      #expect(try await Self.withoutMarks(lab.rules()) == Self.withoutMarks(theirs))
      let forward = try await shell(lab, rules, "iptables -S FORWARD").split(separator: "\n").dropFirst()
      #expect(
        forward.map { $0.split(separator: " ").last } == ["DOCKER-USER", "APUS-LAB-FORWARD", "THEIRS"])
      try await onHost(lab, rules) { firewall in try firewall.removeAll() }
      let left = try await lab.rules()
      #expect(!left.contains { $0.contains("APUS-LAB") })
      #expect(left.contains { $0.contains("192.0.2.77") } && left.contains { $0.contains("192.0.2.78") })
    }
  }

  @Test func theOtherBackendsRulesAreTakenAway() async throws {
    try await Lab.with { lab in
      var first: [Lab.Rules: [String]] = [:]
      for rules in [Lab.Rules.nftables, .iptables, .nftables, .legacy, .iptables, .legacy, .nftables] {
        try await lab.controller(rules).start(liveSandboxes: [])
        let shown = try await lab.rules().sorted()
        #expect(shown.contains { $0.contains("table inet apus-lab") } == (rules == .nftables))
        #expect(shown.contains { $0.hasPrefix("legacy") } == (rules == .legacy))
        #expect(shown.contains { $0.hasPrefix("nft") } == (rules == .iptables))
        let before = Set(first[rules, default: shown])
        #expect(before.symmetricDifference(shown) == [], "\(rules)")
        first[rules] = shown
      }
    }
  }

  @Test func aMissingProgramIsNamedWithItsPackage() throws {
    #expect { try IptablesFirewall(instance: "lab", searchPath: "/nonexistent:/") } throws: {
      "\($0)" == "iptables-save is not in the path: install Debian's package iptables (apt-get install iptables)"
    }
  }

  @Test(arguments: ["br+", "br\"0", "br'0", "-br0", "br$0", "br!"])
  func linksThatIptablesWouldMisunderstandAreRefused(name: String) async throws {
    try await Lab.with { lab in
      try await onHost(lab, .iptables) { firewall in
        try firewall.reconcile([])
        let fragment = FirewallFragment(key: "network/x", entries: [.bridge(name, [], interContainer: true)])
        #expect { try firewall.add(fragment) } throws: { "\($0)".contains("invalid bridge name") }
        // One that came from a time with another backend keeps nobody from starting.
        try firewall.reconcile([fragment])
      }
    }
  }

  @Test func instancesHaveChainsOfTheirOwn() throws {
    var seen: Set<String> = []
    for instance in ["apus", "apus2", "a", "forward", "a-b", "abcdefghij", "docker"] {
      let chains = FirewallChains(instance: instance)
      for family in [IPFamily.v4, .v6] {
        let names = Set(chains.empty(family).flatMap { $0.chains.map(\.name) })
        #expect(names.allSatisfy { $0.utf8.count <= 28 && $0.hasPrefix("APUS-") })
        if family == .v4 {
          #expect(seen.isDisjoint(with: names))
          seen.formUnion(names)
        }
      }
    }
  }

  @Test func whatTheProgramSaysIsToldWithTheLine() async throws {
    try await Lab.with { lab in
      for rules in Self.kinds {
        let fragments = try fragments()
        try await onHost(lab, rules) { firewall in
          // No chains yet.
          #expect { try firewall.add(fragments[1]) } throws: {
            "\($0)".contains("APUS-LAB-") && "\($0)".contains("line 2")
          }
        }
      }
    }
  }

  @Test func onlyChangesOfOthersToOurChainsAreNews() async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(.iptables)
      try await controller.start(liveSandboxes: [])
      let reactor = try Reactor(name: "lab")
      let keeping = Task { await controller.keepFirewall(on: reactor) }
      defer { keeping.cancel() }
      let before = try await lab.rules()
      _ = try await controller.createSandbox(id: "web")
      _ = try await controller.join(sandbox: "web", network: "bridge", options: EndpointOptions(name: "web"))
      for script in ["iptables -F; iptables -t nat -F", "iptables -t raw -F APUS-LAB-RAW", "nft flush ruleset"] {
        _ = try await shell(lab, .iptables, script)
        try await eventually { try await Self.withoutMarks(lab.rules()) == Self.withoutMarks(before) }
      }
    }
  }
}
