import Addressing
import FoundationEssentials
import Testing

@Suite struct AddressBitmapTests {
  /// `#expect` cannot take apart a call that changes its receiver.
  func holds(_ value: Bool, location: SourceLocation = #_sourceLocation) { #expect(value, sourceLocation: location) }

  /// Against a plain set, with pools of many sizes.
  @Test(arguments: [0, 1, 62, 63, 64, 65, 127, 4095, 4096, 5000] as [UInt128])
  func behavesAsASet(_ last: UInt128) {
    var random = Seeded(state: UInt64(last) + 11)
    var bitmap = AddressBitmap(last: last)
    var model: Set<UInt128> = []
    for step in 0..<4000 {
      let position = UInt128.random(in: 0...last, using: &random)
      // Fill first, then thin out: full words and their parents come and go.
      let fills = step < 2000 || Bool.random(using: &random)
      if fills {
        if Bool.random(using: &random) {
          let inserted = bitmap.insert(position)
          #expect(inserted == model.insert(position).inserted)
        } else if let next = bitmap.allocate(after: nil) {
          let isNew = model.insert(next).inserted
          #expect(isNew)
        } else {
          #expect(model.count == Int(last) + 1)
        }
      } else {
        let removed = bitmap.remove(position)
        let wasThere = model.remove(position) != nil
        #expect(removed == wasThere)
      }
      guard step % 50 == 0 else { continue }
      let expected = (position...last).first { !model.contains($0) }
      #expect(bitmap.firstFree(from: position) == expected)
      #expect(bitmap.count == UInt128(model.count))
    }
    #expect(bitmap.runs.flatMap { Array($0) } == model.sorted())
  }

  @Test func bigPoolsAreFast() {
    for last in [(1 << 24) - 1, UInt128(UInt64.max), UInt128.max] as [UInt128] {
      var bitmap = AddressBitmap(last: last)
      for position in 0..<UInt128(20_000) { #expect(bitmap.allocate(after: nil) == position) }
      holds(bitmap.insert(last))
      holds(!bitmap.insert(last))
      #expect(bitmap.firstFree(from: last) == nil)
      #expect(bitmap.firstFree(from: last - 1) == last - 1)
      holds(bitmap.remove(7))
      #expect(bitmap.firstFree() == 7)
      #expect(bitmap.allocate(after: 9999) == 20_000)
      #expect(bitmap.runs == [0...6, 8...20_000, last...last])
    }
  }

  @Test func serialAllocationComesRound() {
    var bitmap = AddressBitmap(last: 255)
    #expect(bitmap.allocate(after: nil, from: 2, through: 4) == 2)
    #expect(bitmap.allocate(after: 2, from: 2, through: 4) == 3)
    holds(bitmap.remove(2))
    #expect(bitmap.allocate(after: 3, from: 2, through: 4) == 4)
    #expect(bitmap.allocate(after: 4, from: 2, through: 4) == 2)
    #expect(bitmap.allocate(after: 2, from: 2, through: 4) == nil)
    #expect(bitmap.allocate(after: 255) == 0)
  }

  @Test func survivesJSON() throws {
    var bitmap = AddressBitmap(last: .max)
    for position in [0, 1, 2, 70, .max] as [UInt128] { holds(bitmap.insert(position)) }
    let data = try JSONEncoder().encode(bitmap)
    #expect(try JSONDecoder().decode(AddressBitmap.self, from: data) == bitmap)
    for text in [
      #"{"last":"10","taken":"11"}"#, #"{"last":"10","taken":"3-2"}"#, #"{"last":"10","taken":"1,1"}"#,
      #"{"last":"x","taken":""}"#, #"{"last":"10","taken":"a"}"#, #"{"last":"10","taken":"1-2-3"}"#,
    ] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(AddressBitmap.self, from: Data(text.utf8)) }
    }
  }

  @Test func addressesAreStringsInJSON() throws {
    struct Record: Codable, Equatable {
      var a: IPAddress, b: IPCIDR, c: MACAddress, d: PortRange, e: TransportPort, f: IPv4CIDR, g: IPv6Address, h: Port
    }
    let record = Record(
      a: .v4(.loopback), b: try #require(IPCIDR("10.0.0.1/8")), c: MACAddress(rawValue: 1),
      d: try #require(PortRange("1-2")),
      e: TransportPort(80, .tcp), f: try #require(IPv4CIDR("10.0.0.0/8")), g: .loopback, h: 80)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(record)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"a":"127.0.0.1","b":"10.0.0.1/8","c":"00:00:00:00:00:01","d":"1-2","e":"80/tcp","f":"10.0.0.0/8","g":"::1","h":80}"#
    )
    #expect(try JSONDecoder().decode(Record.self, from: data) == record)
  }
}
