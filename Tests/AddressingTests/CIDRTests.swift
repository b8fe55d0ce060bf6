import Addressing
import Testing

@Suite struct CIDRTests {
  @Test(arguments: [
    "", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/+8", "1.2.3/8", "1.2.3.4/8/9", "::/129",
    "::1%eth0/64",
    "/8", "1.2.3.4/8 ", "1.2.3.4/99999999999999999999",
  ])
  func refused(_ text: String) { #expect(IPCIDR(text) == nil) }

  @Test func parts() throws {
    let cidr = try #require(IPv4CIDR("172.17.0.1/16"))
    #expect(cidr.first == IPv4Address(172, 17, 0, 0) && cidr.last == IPv4Address(172, 17, 255, 255))
    #expect(cidr.network.description == "172.17.0.0/16" && !cidr.isNetwork && cidr.mask.description == "255.255.0.0")
    #expect(cidr.broadcast == cidr.last && cidr.lastOffset == 65535)
    #expect(cidr.host(258) == IPv4Address(172, 17, 1, 2) && cidr.host(65536) == nil)
    #expect(cidr.offset(of: IPv4Address(172, 17, 1, 2)) == 258 && cidr.offset(of: IPv4Address(172, 18, 0, 0)) == nil)
    #expect(try #require(IPv4CIDR("10.0.0.0/31")).broadcast == nil)
    let all = try #require(IPv6CIDR("::/0"))
    #expect(all.lastOffset == .max && all.contains(.loopback) && all.mask == .any)
    #expect(try #require(IPv4CIDR("0.0.0.0/0")).last == .broadcast)
    #expect(cidr.supernet(prefixLength: 8).description == "172.0.0.0/8")
  }

  @Test func subnets() throws {
    let pool = try #require(IPv4CIDR("10.0.0.0/8"))
    let subnets = try #require(pool.subnets(prefixLength: 10)).map(\.description)
    #expect(subnets == ["10.0.0.0/10", "10.64.0.0/10", "10.128.0.0/10", "10.192.0.0/10"])
    #expect(pool.subnets(prefixLength: 7) == nil && pool.subnets(prefixLength: 33) == nil)
    let end = try #require(IPv4CIDR("255.255.255.0/24")).subnets(prefixLength: 25)
    #expect(try #require(end).map(\.description) == ["255.255.255.0/25", "255.255.255.128/25"])
    let v6 = try #require(IPv6CIDR("fd00::/8"))
    #expect(
      try #require(v6.subnets(prefixLength: 64)).prefix(2).map(\.description) == ["fd00::/64", "fd00:0:0:1::/64"])
    let everything = try #require(IPv4CIDR("0.0.0.0/0"))
    #expect(try #require(everything.subnets(prefixLength: 0)).map(\.description) == ["0.0.0.0/0"])
  }

  @Test func containmentAgreesWithArithmetic() throws {
    var random = Seeded(state: 5)
    for _ in 0..<2000 {
      let a = try #require(
        IPv4CIDR(
          IPv4Address(rawValue: .random(in: .min ... .max, using: &random)),
          prefixLength: .random(in: 0...32, using: &random)))
      // Near by, so that both outcomes are common.
      let near =
        a.address.rawValue ^ UInt32.random(in: .min ... .max, using: &random)
        >> UInt32.random(in: 0...31, using: &random)
      let b = try #require(IPv4CIDR(IPv4Address(rawValue: near), prefixLength: .random(in: 0...32, using: &random)))
      #expect(a.contains(b.address) == (a.first <= b.address && b.address <= a.last))
      #expect(a.overlaps(b) == (a.first <= b.last && b.first <= a.last))
      #expect(a.overlaps(b) == b.overlaps(a))
      #expect(a.contains(b) == (a.first <= b.first && b.last <= a.last))
      #expect(IPv4CIDR(a.description) == a)
      #expect(a.host(a.address.rawValue - a.first.rawValue) == a.address)
    }
  }

  @Test func eitherFamily() throws {
    let v4 = try #require(IPCIDR("10.1.2.3/24"))
    let v6 = try #require(IPCIDR("fd00::1/64"))
    #expect(v4.family == .v4 && v6.family == .v6 && !v4.overlaps(v6))
    #expect(v4.contains(.v4(IPv4Address(10, 1, 2, 255))) && !v4.contains(.v6(.loopback)))
    #expect(v6.host(0x1234)?.description == "fd00::1234" && v4.host(300) == nil)
    #expect(v4.offset(of: try #require(IPAddress("10.1.2.7"))) == 7)
    #expect(v4.network.description == "10.1.2.0/24")
  }
}
