import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct OverlayPlanTests {
  private let driver = OverlayDriver(instance: "apus")

  private func network(_ options: [String: String] = [:], ipv6: Bool = false) throws -> NetworkRecord {
    var subnets = [
      SubnetRecord(subnet: try #require(IPCIDR("172.17.0.0/16")), gateway: try #require(IPAddress("172.17.0.1")))
    ]
    if ipv6 {
      subnets.append(
        SubnetRecord(subnet: try #require(IPCIDR("fd00:17::/64")), gateway: try #require(IPAddress("fd00:17::1"))))
    }
    var network = NetworkRecord(
      id: String(repeating: "a", count: 64), name: "span", driver: .overlay, created: 0, subnets: subnets)
    try driver.configure(&network, options: options)
    if network.overlay?.identifier == 0 { network.overlay?.identifier = OverlaySettings.firstIdentifier }
    try driver.validate(network)
    return network
  }

  @Test(arguments: [false, true]) func plan(ipv6: Bool) throws {
    let network = try network(ipv6: ipv6)
    var endpoint = try Samples.endpoint(ipv6: ipv6)
    endpoint.mtu = 1450
    endpoint.gateway = nil
    endpoint.gateway6 = nil
    let vtep: IPAddress = try #require(IPAddress("192.0.2.1"))
    var own = driver.plan(network)
    own.segment = driver.segment(network, vtep: vtep, mtu: 1450)
    let peer = ClusterEndpoint(
      host: "other", vtep: try #require(IPAddress("192.0.2.2")),
      mac: MACAddress(derivedFrom: IPv4Address(172, 17, 0, 3)), address: IPAddress("172.17.0.3"),
      address6: ipv6 ? IPAddress("fd00:17::3") : nil)
    (own.segment.neighbours, own.segment.forwarding) =
      OverlayTables(["peer": peer], host: "this", locals: [endpoint]).plan(link: OverlayDriver.tunnelName)
    let plans = [own, driver.plan(endpoint, on: network)]
    try expectGolden(plans.map(\.text).joined(separator: "\n"), ipv6 ? "overlay-dual-stack" : "overlay-plain")
  }

  @Test func theUnderlayLeavesRoomForTheOuterHeaders() throws {
    let four: IPAddress = try #require(IPAddress("192.0.2.1"))
    let six: IPAddress = try #require(IPAddress("2001:db8::1"))
    #expect(Underlay(address: four, mtu: 1500).innerMTU == 1450)
    #expect(Underlay(address: six, mtu: 1500).innerMTU == 1430)
    #expect(Underlay(address: four, mtu: 9000).innerMTU == 8950)
  }

  @Test func optionsAreTaken() throws {
    let network = try network([
      "com.docker.network.driver.overlay.vxlanid_list": "5000", "com.docker.network.driver.mtu": "1400",
      "com.docker.network.container_iface_prefix": "net", "encrypted": "false", "org.example.colour": "green",
    ])
    #expect(network.overlay?.identifier == 5000 && network.overlay?.mtu == 1400)
    #expect(network.overlay?.interfacePrefix == "net" && !network.givesGateway(.v4))
  }

  @Test(arguments: [
    ("encrypted", "", "encrypted overlay networks are not served"),
    ("encrypted", "true", "encrypted overlay networks are not served"),
    ("encrypted", "perhaps", "failed to parse encrypted value"),
    ("com.docker.network.driver.overlay.vxlanid_list", "0", "invalid vxlan id value"),
    ("com.docker.network.driver.overlay.vxlanid_list", "16777216", "invalid vxlan id value"),
    ("com.docker.network.driver.overlay.vxlanid_list", "1,2", "one identifier"),
    ("com.docker.network.bridge.name", "br9", "unknown option"), ("colour", "green", "unknown option \"colour\""),
  ])
  func optionsThatCannotBeAreRefused(label: String, value: String, words: String) throws {
    #expect { try network([label: value]) } throws: { "\($0)".contains(words) }
  }

  @Test func networksThatCannotBeAreRefused() throws {
    #expect { try network(["com.docker.network.driver.mtu": "1000"], ipv6: true) } throws: { "\($0)".contains("MTU") }
    var two = try network()
    two.subnets.append(two.subnets[0])
    let doubled = two
    #expect { try driver.validate(doubled) } throws: { "\($0)".contains("multiple subnets") }
  }

  @Test func aClustersTableGuardsItsTunnels() {
    let plain = FirewallTable.empty("apus").text
    let guarded = FirewallTable.empty("apus", guardsTunnels: true).text
    #expect(!plain.contains("4789"))
    #expect(guarded.contains("iifname @bridges meta l4proto udp th dport 4789 counter drop"), "\(guarded)")
  }
}
