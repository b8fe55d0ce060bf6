import Addressing
import NetworkModel
import Testing

@Suite struct SubnetPlannerTests {
  private func cidr(_ text: String) throws -> IPCIDR { try #require(IPCIDR(text)) }

  private func plan(
    _ pools: [NetworkRequest.Pool], ipv4: Bool = true, ipv6: Bool = false, networks: [String] = [],
    routes: [String] = []
  ) throws -> [SubnetRecord] {
    try SubnetPlanner.subnets(
      PoolReader.read(pools), hasIPv4: ipv4, hasIPv6: ipv6,
      SubnetPlanner.Surroundings(
        networks: networks.map { try cidr($0) }, routes: routes.map { try cidr($0) }, pools: AddressPool.defaults))
  }

  @Test func nothingAskedForIsTakenFromThePools() throws {
    let records = try plan([], networks: ["172.17.0.0/16"])
    #expect(records.map(\.subnet.description) == ["172.18.0.0/16"])
    #expect(records.map(\.gateway.description) == ["172.18.0.1"])
    #expect(!records[0].isChosen)
  }

  @Test func ipv6GetsAUniqueLocalSubnet() throws {
    let records = try plan([], ipv6: true)
    #expect(records.map(\.subnet.family) == [.v4, .v6])
    #expect(records[1].subnet.prefixLength == 64 && records[1].subnet.description.hasPrefix("fd"))
    #expect(try plan([], ipv4: false, ipv6: true).map(\.subnet.family) == [.v6])
  }

  @Test(arguments: [
    (NetworkRequest.Pool(subnet: "10.1.0.0/24"), "10.1.0.1"),
    (NetworkRequest.Pool(subnet: "10.1.0.0/24", gateway: "10.1.0.9"), "10.1.0.9"),
    (NetworkRequest.Pool(subnet: "10.1.0.0/24", range: "10.1.0.128/25"), "10.1.0.129"),
    (NetworkRequest.Pool(subnet: "10.1.0.0/24", auxiliary: ["a": "10.1.0.1"]), "10.1.0.2"),
    (NetworkRequest.Pool(subnet: "10.1.0.0/30"), "10.1.0.1"),
  ])
  func theGatewayIsTheFirstThatIsFree(pool: NetworkRequest.Pool, gateway: String) throws {
    #expect(try plan([pool]).map(\.gateway.description) == [gateway])
  }

  @Test(arguments: [
    ("10.1.0.0/16", ["10.1.2.0/24"], [], true), ("10.1.2.0/24", ["10.0.0.0/8"], [], true),
    ("10.1.0.0/16", ["10.2.0.0/16"], [], false), ("10.1.0.0/16", [], ["10.1.0.0/24"], true),
    ("10.1.0.0/16", [], ["0.0.0.0/0"], false),
  ])
  func overlapsAreRefused(subnet: String, networks: [String], routes: [String], refused: Bool) throws {
    let request = [NetworkRequest.Pool(subnet: subnet)]
    if refused {
      #expect { try plan(request, networks: networks, routes: routes) } throws: {
        ($0 as? NetworkError)?.code == .forbidden
          && "\($0)" == "invalid pool request: Pool overlaps with other one on this address space"
      }
    } else {
      #expect(try plan(request, networks: networks, routes: routes).count == 1)
    }
  }

  @Test func twoPoolsOfOneRequestMustNotOverlapEither() throws {
    #expect(throws: NetworkError.self) {
      try plan([.init(subnet: "10.1.0.0/16"), .init(subnet: "10.1.2.0/24")])
    }
  }

  @Test func aPoolOfAFamilyThatIsOffIsNotUsed() throws {
    let records = try plan([.init(subnet: "10.1.0.0/24"), .init(subnet: "fd00:1::/64")])
    #expect(records.map(\.subnet.description) == ["10.1.0.0/24"])
  }
}
