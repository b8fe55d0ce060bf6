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
    try refuse({ $0.subnets.removeFirst() }, "needs an IPv4 subnet")
    try refuse({ $0.subnets[0].gateway = $0.subnets[1].gateway }, "no matching subnet for gateway")
    try refuse({ $0.subnets[0].range = $0.subnets[1].subnet }, "no matching subnet for range")
  }
}
