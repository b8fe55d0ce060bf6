import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct BridgePlanTests {
  private let driver = BridgeDriver(instance: "apus")

  @Test(arguments: [
    ("plain", false, true, true), ("dual-stack", true, true, true), ("no-icc", false, false, true),
    ("no-masquerade", false, true, false),
  ])
  func network(name: String, ipv6: Bool, interContainer: Bool, masquerade: Bool) throws {
    let network = try Samples.network(ipv6: ipv6, interContainer: interContainer, masquerade: masquerade)
    try driver.validate(network)
    let endpoint = try Samples.endpoint(
      ipv6: ipv6,
      ports: [("0.0.0.0", 8080, .tcp, 80), ("::", 8080, .tcp, 80), ("127.0.0.1", 5353, .udp, 53)])
    let plans = [driver.plan(network), driver.plan(endpoint, on: network)]
    try expectGolden(plans.map(\.text).joined(separator: "\n"), "bridge-\(name)")
    try expectGolden(Samples.table(plans).text, "bridge-\(name)-nftables")
    try expectGolden(Samples.iptables(plans), "bridge-\(name)-iptables")
  }

  @Test(arguments: [GatewayMode.routed, .unprotectedNAT, .isolated])
  func gatewayMode(_ mode: GatewayMode) throws {
    var network = try Samples.network(ipv6: true)
    network.bridge?.gatewayMode4 = mode
    network.bridge?.gatewayMode6 = mode
    network.isInternal = mode == .isolated
    try driver.validate(network)
    var endpoint = try Samples.endpoint(ipv6: true)
    endpoint.openPorts = [TransportPort(80, .tcp)]
    let plans = [driver.plan(network), driver.plan(endpoint, on: network)]
    try expectGolden(plans.map(\.text).joined(separator: "\n"), "bridge-\(mode.rawValue)")
    try expectGolden(Samples.table(plans).text, "bridge-\(mode.rawValue)-nftables")
    try expectGolden(Samples.iptables(plans), "bridge-\(mode.rawValue)-iptables")
  }

  @Test func whatLeavesMayHaveAChosenAddress() throws {
    var network = try Samples.network(ipv6: true)
    network.bridge?.hostAddress4 = IPv4Address("192.0.2.7")
    network.bridge?.hostAddress6 = IPv6Address("2001:db8::7")
    let plans = [driver.plan(network)]
    try expectGolden(plans.map(\.text).joined(separator: "\n"), "bridge-host-address")
    try expectGolden(Samples.table(plans).text, "bridge-host-address-nftables")
    try expectGolden(Samples.iptables(plans), "bridge-host-address-iptables")
    // Not where nothing is translated, nor where nobody wants it.
    for change in [
      { (network: inout NetworkRecord) in network.bridge?.masquerade = false },
      { (network: inout NetworkRecord) in
        network.bridge?.gatewayMode4 = .routed
        network.bridge?.gatewayMode6 = .routed
      },
    ] {
      var other = network
      change(&other)
      #expect(!driver.plan(other).text.contains("192.0.2.7"))
    }
  }

  @Test func aLinkHasTheSettingsAndAddressesThatWereAskedFor() throws {
    let network = try Samples.network()
    var endpoint = try Samples.endpoint()
    endpoint.settings = [try #require(LinkSetting("net.ipv4.conf.IFNAME.log_martians=1"))]
    endpoint.linkLocal = try ["169.254.9.9", "fe80::9"].map { try #require(IPAddress($0)) }
    try expectGolden(driver.plan(endpoint, on: network).text, "bridge-settings")
  }

  @Test func networksThatCannotBeAreRefused() throws {
    func refuse(_ change: (inout NetworkRecord) throws -> Void, _ words: String) throws {
      var network = try Samples.network(ipv6: true)
      try change(&network)
      let changed = network
      #expect { try driver.validate(changed) } throws: { "\($0)".contains(words) }
    }
    try refuse({ $0.bridge?.bridgeName = "a-name-too-long-for-a-link" }, "invalid bridge name")
    try refuse({ $0.bridge?.bridgeName = "a/b" }, "invalid bridge name")
    try refuse({ $0.bridge?.bridgeName = "" }, "invalid bridge name")
    try refuse({ $0.bridge?.mtu = 1000 }, "invalid MTU")
    try refuse({ $0.bridge?.gatewayMode6 = .isolated }, "can only be used for an internal network")
    try refuse({ $0.subnets.append($0.subnets[0]) }, "doesn't support multiple subnets")
    try refuse({ $0.subnets[0].gateway = $0.subnets[1].gateway }, "no matching subnet for gateway")
    try refuse({ $0.subnets[0].range = $0.subnets[1].subnet }, "no matching subnet for range")
  }
}
