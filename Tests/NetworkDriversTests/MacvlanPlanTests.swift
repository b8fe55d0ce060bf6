import Addressing
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct MacvlanPlanTests {
  private let driver = MacvlanDriver(instance: "apus")

  private func network(_ options: [String: String]) throws -> NetworkRecord {
    var network = NetworkRecord(
      id: String(repeating: "a", count: 64), name: "lan", driver: .macvlan, created: 0,
      subnets: [
        SubnetRecord(subnet: try #require(IPCIDR("192.0.2.0/24")), gateway: try #require(IPAddress("192.0.2.1")))
      ])
    try driver.configure(&network, options: options)
    try driver.validate(network)
    return network
  }

  @Test(arguments: [
    ("parent", ["parent": "eth0"]), ("vlan", ["parent": "eth0.10", "macvlan_mode": "vepa"]), ("alone", [:]),
    ("passthru", ["parent": "eth0", "macvlan_mode": "passthru", "com.docker.network.driver.mtu": "1400"]),
  ])
  func plan(name: String, options: [String: String]) throws {
    let network = try network(options)
    var endpoint = try Samples.endpoint()
    endpoint.mtu = network.macvlan?.mtu ?? 0
    let plans = [driver.plan(network), driver.plan(endpoint, on: network)]
    try expectGolden(plans.map(\.text).joined(separator: "\n"), "macvlan-\(name)")
  }

  @Test(arguments: [
    ("macvlan_mode", "bridged", "requested macvlan mode 'bridged' is not valid"),
    ("parent", "lo", "loopback interface is not a valid macvlan parent link"),
    ("parent", "eth0.5000", "vlan id must be between 1-4094"), ("colour", "green", "unknown option \"colour\""),
  ])
  func optionsThatCannotBeAreRefused(label: String, value: String, words: String) throws {
    #expect { try network([label: value]) } throws: { "\($0)".contains(words) }
  }
}
