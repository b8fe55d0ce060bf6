import Addressing
import Testing

@testable import APIServer

/// Numbers that are always the same.
private struct Counting: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
}

@Suite struct RangeTests {
  @Test func flags() throws {
    let both = try ServiceNetwork(ranges: "10.43.0.7/16,fd00::/112", nodePorts: "30000-32767")
    #expect(both.ranges.map(\.description) == ["10.43.0.0/16", "fd00::/112"])
    #expect(both.families == ["IPv4", "IPv6"] && both.apiAddress.description == "10.43.0.1")
    #expect(both.apiAddresses.map(\.description) == ["10.43.0.1", "fd00::1"])
    for text in [
      "", "x", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/7", "fd00::/63", "10.0.0.0/16,", "10.0.0.0/16,10.1.0.0/16",
    ] {
      #expect(throws: ServiceNetwork.Problem.self) { try ServiceNetwork(ranges: text, nodePorts: "1-2") }
    }
    for text in ["", "1", "2-1", "0-5", "1-65536", "a-b", "1-2-3"] {
      #expect(throws: ServiceNetwork.Problem.self) { try ServiceNetwork(ranges: "10.0.0.0/16", nodePorts: text) }
    }
  }

  /// Every address is given out once, those of the upper part first, and the network's own two never.
  @Test(arguments: [("10.0.0.0/24", 254, 16), ("10.0.0.0/28", 14, 0), ("10.0.0.0/29", 6, 0), ("fd00::/120", 255, 16)])
  func all(of text: String, count: Int, lower: Int) throws {
    let cidr = try #require(IPCIDR(text))
    let range = try #require(ClusterIPRange(cidr))
    var generator = Counting(state: 7)
    var given: [IPAddress] = []
    while let next = range.pick(using: &generator, isFree: { !given.contains($0) }) { given.append(next) }
    #expect(given.count == count && Set(given).count == count)
    let offsets = given.compactMap { cidr.offset(of: $0) }
    #expect(offsets.suffix(lower).allSatisfy { $0 <= UInt128(lower) })
    #expect(!offsets.contains(0) && given.allSatisfy(range.contains))
    #expect(!range.contains(cidr.network.address))
  }

  @Test func hugeRanges() throws {
    let range = try #require(IPCIDR("fd00::/64").flatMap { ClusterIPRange($0) })
    var generator = Counting(state: 1)
    let address = try #require(range.pick(using: &generator) { _ in true })
    #expect(range.contains(address))
    #expect(!range.contains(try #require(IPAddress("fd00:0:0:1::1"))))
    #expect(!range.contains(try #require(IPAddress("10.0.0.1"))))
  }

  /// A ServiceCIDR may hold what no service can have an address of.
  @Test(arguments: ["10.0.0.1/32", "10.0.0.0/31", "fd00::1/128", "::/0", "fd00::/63"])
  func nothingToGive(from text: String) throws {
    let cidr = try #require(IPCIDR(text))
    #expect(ClusterIPRange(cidr).map(\.cidr) == nil)
  }

  @Test func smallestAndLargestRanges() throws {
    for (text, count) in [("10.0.0.0/30", 2), ("fd00::/127", 1)] {
      let range = try #require(IPCIDR(text).flatMap { ClusterIPRange($0) })
      var generator = Counting(state: 5)
      var given: Set<IPAddress> = []
      while let next = range.pick(using: &generator, isFree: { !given.contains($0) }) { given.insert(next) }
      #expect(given.count == count)
    }
    #expect(IPCIDR("0.0.0.0/0").flatMap { ClusterIPRange($0) } != nil)
  }

  @Test func ports() {
    let range = NodePortRange(30_000...32_767)
    var generator = Counting(state: 3)
    var given: Set<Int64> = []
    var order: [Int64] = []
    while let next = range.pick(using: &generator, isFree: { !given.contains($0) }) {
      given.insert(next)
      order.append(next)
    }
    #expect(given == Set(range.ports))
    #expect(order.suffix(86).allSatisfy { $0 < 30_086 })
    #expect(range.description == "30000-32767")
    let few = NodePortRange(1...3)
    #expect(few.pick(using: &generator) { $0 == 1 } == 1)
    #expect(few.pick(using: &generator) { _ in false } == nil)
  }
}
