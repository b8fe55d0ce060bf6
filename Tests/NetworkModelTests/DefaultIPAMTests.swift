import Addressing
import NetworkModel
import Testing

@Suite struct DefaultIPAMTests {
  private func request(_ id: String, _ pool: NetworkRequest.Pool) throws -> PoolRequest {
    PoolRequest(
      networkID: id, pools: try PoolReader.read([pool]), hasIPv4: true, hasIPv6: false, options: [:], scope: .local,
      surroundings: SubnetPlanner.Surroundings(networks: [], routes: [], pools: AddressPool.defaults))
  }

  private func network(_ id: String, _ subnets: [SubnetRecord]) -> NetworkRecord {
    NetworkRecord(id: id, name: id, driver: .bridge, created: 0, subnets: subnets)
  }

  @Test func nothingLeaksOverTenThousandNetworks() async throws {
    let ipam = DefaultIPAM()
    for number in 0..<10_000 {
      let id = "n\(number)"
      let subnets = try await ipam.takePools(request(id, .init(subnet: "10.0.0.0/8")))
      let network = network(id, subnets)
      let first = try await ipam.takeAddress(AddressRequest(.v4), on: network)
      #expect(first.address.description == "10.0.0.2/8")
      await ipam.releaseAddress(first.address.address, on: network)
      await ipam.releasePools(of: network)
      #expect(!ipam.knows(id))
    }
  }

  @Test func nothingLeaksOverTenThousandEndpoints() async throws {
    let ipam = DefaultIPAM()
    let network = network("n", try await ipam.takePools(request("n", .init(subnet: "10.1.0.0/24"))))
    var held: [IPAddress] = []
    for number in 0..<10_000 {
      held.append(try await ipam.takeAddress(AddressRequest(.v4), on: network).address.address)
      if held.count == 250 { for address in held { await ipam.releaseAddress(address, on: network) } }
      if held.count == 250 { held = [] }
      if number % 7 == 0, let last = held.popLast() { await ipam.releaseAddress(last, on: network) }
    }
    for address in held { await ipam.releaseAddress(address, on: network) }
    // All but the network's, the gateway's and the broadcast address are free: 253 of them, and not one more.
    var all: Set<IPAddress> = []
    for _ in 0..<253 { all.insert(try await ipam.takeAddress(AddressRequest(.v4), on: network).address.address) }
    #expect(all.count == 253)
    await #expect { try await ipam.takeAddress(AddressRequest(.v4), on: network) } throws: {
      ($0 as? NetworkError)?.code == .exhausted
    }
  }

  @Test func anAddressIsGivenOnce() async throws {
    let ipam = DefaultIPAM()
    let network = network("n", try await ipam.takePools(request("n", .init(subnet: "10.1.0.0/24"))))
    let wanted: IPAddress = try #require(IPAddress("10.1.0.77"))
    _ = try await ipam.takeAddress(AddressRequest(.v4, address: wanted), on: network)
    await #expect { try await ipam.takeAddress(AddressRequest(.v4, address: wanted), on: network) } throws: {
      "\($0)" == "Address already in use"
    }
    #expect(!ipam.take(wanted, on: "n"))
    ipam.release(wanted, on: "n")
    #expect(ipam.take(wanted, on: "n"))
    #expect(!ipam.take(try #require(IPAddress("10.2.0.1")), on: "n"))
  }
}
