import Addressing
import NetworkModel
import Testing

/// The engine's own IPAM as drivers see it.
struct DefaultIPAMTests {
  private func request(_ subnet: String, withoutGateway: Set<IPFamily> = []) throws -> PoolRequest {
    var request = PoolRequest(
      networkID: "n", pools: try PoolReader.read([.init(subnet: subnet)]), hasIPv4: true, hasIPv6: false, options: [:],
      scope: .local, surroundings: .init(networks: [], routes: [], pools: []))
    request.withoutGateway = withoutGateway
    return request
  }

  private func network(_ ipam: DefaultIPAM, _ request: PoolRequest) async throws -> NetworkRecord {
    NetworkRecord(id: "n", name: "net", driver: .bridge, created: 0, subnets: try await ipam.takePools(request))
  }

  @Test func addressesAreTakenAndGivenBack() async throws {
    let ipam = DefaultIPAM()
    let network = try await network(ipam, request("10.0.0.0/29"))
    for last in 2...6 {
      let taken = try await ipam.takeAddress(AddressRequest(.v4), on: network)
      #expect(taken.address.description == "10.0.0.\(last)/29")
    }
    await #expect(throws: NetworkError.self) { try await ipam.takeAddress(AddressRequest(.v4), on: network) }
    let third = try #require(IPAddress("10.0.0.3"))
    await #expect(throws: NetworkError.self) {
      try await ipam.takeAddress(AddressRequest(.v4, address: third), on: network)
    }
    await ipam.releaseAddress(third, on: network)
    #expect(try await ipam.takeAddress(AddressRequest(.v4), on: network).address.address == third)
  }

  @Test func whatIsThereIsKnownAgain() async throws {
    let network = try await network(DefaultIPAM(), request("10.0.0.0/29"))
    let ipam = DefaultIPAM()
    ipam.adopt(network)
    try ipam.adoptAddress(try #require(IPAddress("10.0.0.2")), on: network)
    #expect(try await ipam.takeAddress(AddressRequest(.v4), on: network).address.description == "10.0.0.3/29")
    await ipam.releasePools(of: network)
    await #expect(throws: NetworkError.self) { try await ipam.takeAddress(AddressRequest(.v4), on: network) }
  }

  @Test func aGatewayThatIsNotWantedIsAFreeAddress() async throws {
    let ipam = DefaultIPAM()
    let network = try await network(ipam, request("10.0.0.0/29", withoutGateway: [.v4]))
    #expect(network.subnets.first?.hasNoGateway == true)
    #expect(try await ipam.takeAddress(AddressRequest(.v4), on: network).address.description == "10.0.0.1/29")
  }

  @Test func nullGivesNothing() async throws {
    let ipam = NullIPAM()
    await #expect(throws: NetworkError.self) { try await ipam.takePools(request("10.0.0.0/24")) }
  }
}
