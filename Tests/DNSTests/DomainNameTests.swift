import Addressing
import DNS
import Testing

@Suite struct DomainNameTests {
  @Test func textBecomesLabels() throws {
    #expect(try name("web.example.com").wire == bytes("03 776562 07 6578616d706c65 03 636f6d 00"))
    #expect(try name("web.example.com.") == name("web.example.com"))
    #expect(try name("web.example.com").description == "web.example.com.")
    #expect(try name(".") == .root)
    #expect(DomainName.root.description == ".")
    #expect(DomainName.root.isRoot && DomainName.root.labelCount == 0)
    #expect(try name("a.b.c").labels.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "c"])
  }

  @Test(arguments: [
    ("a\\.b.c", [3, 0x61, 0x2E, 0x62, 1, 0x63, 0] as [UInt8], "a\\.b.c."),
    ("a\\\\b", [3, 0x61, 0x5C, 0x62, 0], "a\\\\b."),
    ("\\000\\255 x", [4, 0, 255, 0x20, 0x78, 0], "\\000\\255\\032x."),
    ("\\x", [1, 0x78, 0], "x."),
    ("_tcp.ü", [4, 0x5F, 0x74, 0x63, 0x70, 2, 0xC3, 0xBC, 0], "_tcp.\\195\\188."),
  ])
  func escapes(_ text: String, _ wire: [UInt8], _ description: String) throws {
    let read = try name(text)
    #expect(read.wire == wire)
    #expect(read.description == description)
    #expect(DomainName(read.description) == read)
  }

  @Test(arguments: ["", "..", ".a", "a..b", "a\\", "a\\25", "a\\256", "a\\2x5", String(repeating: "a", count: 64)])
  func noNames(_ text: String) { #expect(DomainName(text) == nil) }

  @Test func limits() throws {
    let label = String(repeating: "a", count: 63)
    #expect(try name(label).wire.count == 65)
    // 3 * 64 + 62 + 1 = 255.
    let longest = "\(label).\(label).\(label).\(String(repeating: "b", count: 61))"
    #expect(try name(longest).wire.count == 255)
    #expect(try name(longest + ".").wire.count == 255)
    #expect(DomainName(longest + "b") == nil)
    #expect(DomainName(longest + ".c") == nil)
    #expect(DomainName(labels: [[UInt8]](repeating: [0x61], count: 127))?.wire.count == 255)
    #expect(DomainName(labels: [[UInt8]](repeating: [0x61], count: 128)) == nil)
    #expect(DomainName(labels: [[UInt8](repeating: 0x61, count: 64)]) == nil)
    #expect(DomainName(labels: [[]] as [[UInt8]]) == nil)
    #expect(DomainName(labels: [] as [[UInt8]]) == .root)
    #expect(try name(longest).appending(name("c")) == nil)
    #expect(try name("a").appending(name("b.c")) == name("a.b.c"))
    #expect(try name("a").appending(.root) == name("a"))
  }

  @Test func caseDoesNotMatter() throws {
    let (a, b) = (try name("WEB.Example.COM"), try name("web.eXAMPLE.com"))
    #expect(a == b && a.hashValue == b.hashValue)
    #expect(a.description == "WEB.Example.COM.")
    #expect(Set([a, b]).count == 1)
    // Only letters: @ and ` differ by the same bit.
    #expect(try name("@") != name("`"))
    #expect(try name("[") != name("{"))
    #expect(try name("ab") != name("a.b"))
    #expect(try name("Ä") != name("ä"))
  }

  @Test func insideAndParents() throws {
    let zone = try name("example.com")
    #expect(try name("web.EXAMPLE.com").isInside(zone))
    #expect(zone.isInside(zone) && zone.isInside(.root))
    #expect(try !name("notexample.com").isInside(zone))
    #expect(try !name("com").isInside(zone))
    // A label's text that looks like the zone's beginning is not its beginning.
    #expect(try !name("a\\007example.com").isInside(zone))
    #expect(try zone.parent == name("com"))
    #expect(DomainName.root.parent == nil)
  }

  @Test(arguments: [
    ("172.18.0.2", "2.0.18.172.in-addr.arpa."),
    ("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."),
  ])
  func reverseNames(_ text: String, _ reverse: String) throws {
    let address = try #require(IPAddress(text))
    #expect(DomainName(reverse: address).description == reverse)
    #expect(try name(reverse).reversedAddress == address)
    #expect(try name(reverse.uppercased()).reversedAddress == address)
  }

  @Test(arguments: [
    "0.18.172.in-addr.arpa", "1.2.0.18.172.in-addr.arpa", "256.0.18.172.in-addr.arpa", "01.0.18.172.in-addr.arpa",
    "2.0.18.172.ip6.arpa", "1\\.2.0.18.in-addr.arpa", "web.example.com", ".",
    "g.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    "bb.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  ])
  func noReverseNames(_ text: String) throws { #expect(try name(text).reversedAddress == nil) }
}
