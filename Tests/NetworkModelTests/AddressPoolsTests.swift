import Addressing
import NetworkModel
import Testing

@Suite struct AddressPoolsTests {
  private func cidr(_ text: String) throws -> IPCIDR { try #require(IPCIDR(text)) }

  @Test func theDefaultsAreDockers() throws {
    var taken: [IPCIDR] = []
    for _ in 0..<31 { taken.append(try SubnetChooser.choose(.v4, from: AddressPool.defaults, avoiding: taken)) }
    #expect(taken.first == (try cidr("172.17.0.0/16")))
    #expect(taken[14] == (try cidr("172.31.0.0/16")))
    #expect(taken[15] == (try cidr("192.168.0.0/20")))
    #expect(taken.last == (try cidr("192.168.240.0/20")))
    #expect { try SubnetChooser.choose(.v4, from: AddressPool.defaults, avoiding: taken) } throws: {
      ($0 as? NetworkError)?.code == .exhausted
        && "\($0)".hasPrefix("all predefined address pools have been fully subnetted")
    }
  }

  @Test(arguments: [
    ("172.17.0.0/16", "172.18.0.0/16"), ("172.17.5.0/24", "172.18.0.0/16"), ("172.16.0.0/12", "192.168.0.0/20"),
    ("0.0.0.0/0", "172.17.0.0/16"), ("10.0.0.0/8", "172.17.0.0/16"),
  ])
  func routesOfTheHostAreAvoided(route: String, chosen: String) throws {
    let subnet = try SubnetChooser.choose(.v4, from: AddressPool.defaults, avoiding: [cidr(route)])
    #expect(subnet == (try cidr(chosen)))
  }

  @Test func aTakenBlockInsideALargePoolIsSkippedAtOnce() throws {
    let pool = try #require(AddressPool(base: cidr("10.0.0.0/8"), size: 30))
    let subnet = try SubnetChooser.choose(.v4, from: [pool], avoiding: [cidr("10.0.0.0/9"), cidr("10.128.0.0/30")])
    #expect(subnet == (try cidr("10.128.0.4/30")))
  }

  @Test func ipv6PoolsAreCutToo() throws {
    let pool = try #require(AddressPool(base: cidr("fd00:1::/48"), size: 64))
    #expect(
      try SubnetChooser.choose(.v6, from: [pool], avoiding: [cidr("fd00:1::/64")]) == cidr("fd00:1:0:1::/64"))
  }

  @Test func aPoolWhoseSubnetsAreLargerThanItselfIsRefused() throws {
    #expect(AddressPool(base: try cidr("10.0.0.0/16"), size: 8) == nil)
    #expect(AddressPool(base: try cidr("10.0.0.0/16"), size: 33) == nil)
  }
}
