import Addressing
import NetworkModel
import Testing

@Suite struct SubnetAllocatorTests {
  private func allocator(
    _ subnet: String, gateway: String, range: String? = nil, auxiliary: [String: String] = [:]
  ) throws -> SubnetAllocator {
    var others: [String: IPAddress] = [:]
    for (name, text) in auxiliary {
      let address: IPAddress = try #require(IPAddress(text))
      others[name] = address
    }
    return SubnetAllocator(
      SubnetRecord(
        subnet: try #require(IPCIDR(subnet)), range: try range.map { try #require(IPCIDR($0)) },
        gateway: try #require(IPAddress(gateway)), auxiliary: others))
  }

  @Test func givesEachAddressOnce() throws {
    var pool = try allocator("10.1.0.0/29", gateway: "10.1.0.1", auxiliary: ["printer": "10.1.0.4"])
    var given: [String] = []
    for _ in 0..<4 { given.append("\(try pool.allocate(network: "n"))") }
    #expect(given == ["10.1.0.2", "10.1.0.3", "10.1.0.5", "10.1.0.6"])
    #expect { try pool.allocate(network: "web (1)") } throws: {
      "\($0)" == "no available IPv4 addresses on this network's address pools: web (1)"
    }
  }

  @Test func aFreedAddressComesLast() throws {
    var pool = try allocator("10.1.0.0/29", gateway: "10.1.0.1")
    let first = try pool.allocate(network: "n")
    pool.release(first)
    #expect(try pool.allocate(network: "n") != first)
    for _ in 0..<3 { _ = try pool.allocate(network: "n") }
    #expect(try pool.allocate(network: "n") == first)
  }

  @Test func theRangeIsKept() throws {
    var pool = try allocator("10.1.0.0/16", gateway: "10.1.0.1", range: "10.1.200.0/30")
    var given: [String] = []
    for _ in 0..<4 { given.append("\(try pool.allocate(network: "n"))") }
    #expect(given == ["10.1.200.0", "10.1.200.1", "10.1.200.2", "10.1.200.3"])
    #expect(throws: NetworkError.self) { try pool.allocate(network: "n") }
    // A chosen address may lie outside of the range.
    try pool.take(try #require(IPAddress("10.1.7.7")))
  }

  @Test func aChosenAddressMustBeFreeAndInside() throws {
    var pool = try allocator("10.1.0.0/24", gateway: "10.1.0.1")
    let address = try #require(IPAddress("10.1.0.9"))
    try pool.take(address)
    #expect { try pool.take(address) } throws: { "\($0)" == "Address already in use" }
    #expect(throws: NetworkError.self) { try pool.take(try #require(IPAddress("10.1.0.1"))) }
    #expect(throws: NetworkError.self) { try pool.take(try #require(IPAddress("10.1.0.255"))) }
    #expect { try pool.take(try #require(IPAddress("10.2.0.9"))) } throws: {
      "\($0)".contains("does not belong to any of this network's subnets")
    }
    pool.release(address)
    try pool.take(address)
  }

  @Test func nothingLeaksOverManyRounds() throws {
    var pool = try allocator("10.0.0.0/8", gateway: "10.0.0.1")
    let before = pool.count
    for _ in 0..<10_000 { pool.release(try pool.allocate(network: "n")) }
    #expect(pool.count == before)
  }

  @Test func ipv6HasNoBroadcastAddress() throws {
    var pool = try allocator("fd00::/126", gateway: "fd00::1")
    #expect("\(try pool.allocate(network: "n"))" == "fd00::2")
    #expect("\(try pool.allocate(network: "n"))" == "fd00::3")
  }
}
