import Addressing
import Testing

/// A small generator with a fixed seed (splitmix64), so that a failure can be repeated.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct AddressTests {
  @Test(arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.20.30.40"])
  func ipv4RoundTrip(_ text: String) { #expect(IPv4Address(text)?.description == text) }

  /// Go's net.ParseIP gives nil for each of these.
  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.004", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.a", "-1.2.3.4", "+1.2.3.4", "0x1.2.3.4", "1,2.3.4", "1.2.3.4/8", "12345.1.1.1", "1.2.3.٤",
  ])
  func ipv4Refused(_ text: String) {
    #expect(IPv4Address(text) == nil)
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: [
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::1.2.3.4", "::102:304"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ("0:0:1::", "0:0:1::"), ("fe80::1:0:0", "fe80::1:0:0"), ("::1:0:0:0", "::1:0:0:0"),
  ])
  func ipv6Text(_ pair: (String, String)) { #expect(IPv6Address(pair.0)?.description == pair.1) }

  @Test(arguments: [
    "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3",
    "12345::",
    "g::", "1:", ":1", "1:2:3:4:5:6:7:", "fe80::1%eth0", "::1.2.3", "::1.2.3.256", "1.2.3.4::", "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::01.2.3.4", " ::1", "::1 ", "[::1]", "::1/64", "1:2:3:4:5:1.2.3.4",
  ])
  func ipv6Refused(_ text: String) {
    #expect(IPv6Address(text) == nil)
    #expect(IPAddress(text) == nil)
  }

  @Test func everyAddressSurvivesItsText() {
    var random = Seeded(state: 1)
    for _ in 0..<2000 {
      let v4 = IPv4Address(rawValue: UInt32.random(in: .min ... .max, using: &random))
      #expect(IPv4Address(v4.description) == v4)
      #expect(IPv4Address(bytes: v4.bytes) == v4)
      // Groups that are often zero, so that runs of every place and length occur.
      var value: UInt128 = 0
      for _ in 0..<8 {
        let group = Bool.random(using: &random) ? 0 : UInt16.random(in: 0...0xFFFF, using: &random)
        value = value << 16 | UInt128(group)
      }
      let v6 = IPv6Address(rawValue: value)
      #expect(IPv6Address(v6.description) == v6)
      #expect(IPv6Address(bytes: v6.bytes) == v6)
      #expect(!v6.description.contains(":::"))
    }
  }

  @Test func kinds() throws {
    #expect(
      IPv4Address(10, 1, 2, 3).isPrivate && IPv4Address(172, 31, 0, 1).isPrivate
        && !IPv4Address(172, 32, 0, 1).isPrivate)
    #expect(
      IPv4Address(169, 254, 1, 1).isLinkLocal && IPv4Address(224, 0, 0, 1).isMulticast
        && IPv4Address.loopback.isLoopback)
    let linkLocal = try #require(IPv6Address("febf::1"))
    #expect(linkLocal.isLinkLocal)
    #expect(try #require(IPv6Address("fd00::1")).isUniqueLocal)
    #expect(try #require(IPv6Address("ff02::1")).isMulticast)
    #expect(try #require(IPAddress("::ffff:10.0.0.1")).unmapped == .v4(IPv4Address(10, 0, 0, 1)))
    #expect(IPv4Address.broadcast.advanced(by: 1) == nil)
    #expect(IPv4Address(10, 0, 0, 255).advanced(by: 1) == IPv4Address(10, 0, 1, 0))
    let v4 = try #require(IPAddress("1.2.3.4"))
    #expect(v4 < .v6(.any))
  }

  @Test func hardwareAddresses() throws {
    #expect(MACAddress(derivedFrom: IPv4Address(172, 17, 0, 2)).description == "02:42:ac:11:00:02")
    for text in ["02:42:ac:11:00:02", "02-42-AC-11-00-02", "0242.ac11.0002"] {
      #expect(MACAddress(text)?.description == "02:42:ac:11:00:02")
    }
    for text in [
      "", "02:42:ac:11:00", "02:42:ac:11:00:0g", "02:42-ac:11:00:02", "0242ac110002", "02:42:ac:11:00:02:03",
      "0242:ac11:0002",
    ] {
      #expect(MACAddress(text) == nil, "\(text)")
    }
    var random = Seeded(state: 3)
    var seen: Set<MACAddress> = []
    for _ in 0..<1000 {
      let mac = MACAddress.random(using: &random)
      #expect(mac.bytes[0] & 0x3 == 2)
      #expect(MACAddress(mac.description) == mac && MACAddress(bytes: mac.bytes) == mac)
      seen.insert(mac)
    }
    #expect(seen.count == 1000)
    #expect(IPv6Address.linkLocal(from: MACAddress(rawValue: 0x0242_AC11_0002)).description == "fe80::42:acff:fe11:2")
  }

  @Test func ports() throws {
    #expect(PortRange("8000-8010")?.count == 11 && PortRange("80")?.description == "80")
    for text in ["", "8010-8000", "1-", "-1", "65536", "1-2-3", "+1", "a", "000080"] {
      #expect(PortRange(text) == nil, "\(text)")
    }
    let range = try #require(PortRange("65534-65535"))
    #expect(Array(range) == [65534, 65535])
    #expect(range.overlaps(PortRange(65535)) && !range.overlaps(PortRange(80)) && range.contains(65534))
    #expect(TransportPort("53/UDP")?.description == "53/udp" && TransportPort("80")?.transport == .tcp)
    #expect(TransportPort("80/icmp") == nil && TransportPort("/tcp") == nil)
    #expect(TransportProtocol(number: 132) == .sctp)
  }
}
