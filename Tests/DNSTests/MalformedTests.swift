import DNS
import Testing

@Suite struct MalformedTests {
  /// A message with one question, whose name and rest are given.
  func question(_ hex: String) throws -> [UInt8] { try bytes("0000 0000 0001 0000 0000 0000" + hex) }
  /// A message with one answer.
  func answer(_ hex: String) throws -> [UInt8] { try bytes("0000 8000 0000 0001 0000 0000" + hex) }

  func refuses(_ message: [UInt8], _ comment: Comment) {
    let error = #expect(throws: DNSError.self, comment) { try Message(decoding: message) }
    #expect(error?.code == .malformed)
  }

  @Test func pointersLeadStrictlyBackwards() throws {
    refuses(try question("c00c 0001 0001"), "to itself")
    refuses(try question("c00e 0001 0001"), "forwards")
    refuses(try question("01 61 c00c 0001 0001"), "to its own labels")
    refuses(try question("01 61 c00e 0001 0001"), "to the pointer")
    refuses(try question("02 00 61 c00d 0001 0001"), "into its own labels, where a name would end")
    refuses(try question("c000 0001 0001"), "into the header")
    refuses(try question("c0"), "half a pointer")
    refuses(try bytes("0000 0000 0002 0000 0000 0000 c012 0001 0001 c00c 0001 0001"), "two that point to each other")
    refuses(
      try bytes("0000 0000 0002 0000 0000 0000 0261c0 00 0001 0001 c00e 0001 0001"), "into a label, and into the header"
    )
  }

  @Test func labelsAreTextOrPointers() throws {
    refuses(try question("40 0001 0001"), "01")
    refuses(try question("80 0001 0001"), "10")
  }

  @Test func namesHaveALimit() throws {
    let label = [63] + [UInt8](repeating: 0x61, count: 63)
    let tail: [UInt8] = [0, 0, 1, 0, 1]
    let head = try question("")
    #expect(throws: Never.self) {
      try Message(decoding: head + label + label + label + [61] + [UInt8](repeating: 0x61, count: 61) + tail)
    }
    refuses(head + label + label + label + [62] + [UInt8](repeating: 0x61, count: 62) + tail, "256 bytes")
    // Two names of which the second continues in the first.
    let two = try bytes("0000 0000 0002 0000 0000 0000")
    let first = label + label + [UInt8](arrayLiteral: 0, 0, 1, 0, 1)
    #expect(throws: Never.self) { try Message(decoding: two + first + label + [0xC0, 12, 0, 1, 0, 1]) }
    refuses(two + first + label + label + [0xC0, 12, 0, 1, 0, 1], "too long by its pointer")
  }

  @Test func countsMustBeTrue() throws {
    for message in try sampleMessages() {
      let good = try message.encoded()
      for count in [4, 6, 8, 10] {
        for (high, low) in [(good[count], good[count + 1] &+ 1), (good[count], good[count + 1] &- 1), (0xFF, 0xFF)] {
          var bad = good
          (bad[count], bad[count + 1]) = (high, low)
          refuses(bad, "\(message) \(count)")
        }
      }
      for length in 0..<good.count { refuses(Array(good[..<length]), "cut to \(length)") }
      refuses(good + [0], "a byte too many")
    }
  }

  @Test func dataFillsItsLength() throws {
    refuses(try answer("00 0001 0001 00000000 0005 0102030405"), "A with five bytes")
    refuses(try answer("00 0001 0001 00000000 0003 010203"), "A with three bytes")
    refuses(try answer("00 001c 0001 00000000 0004 01020304"), "AAAA with four bytes")
    refuses(try answer("00 0005 0001 00000000 0001 01 61 00"), "a name that leads out of its record")
    refuses(try answer("00 0005 0001 00000000 0003 00 0000"), "a name that does not fill its record")
    refuses(try answer("00 0010 0001 00000000 0002 05 61"), "a string that leads out of its record")
    refuses(try answer("00 0029 0001 00000000 0005 0001 0002 61"), "an option that leads out of its record")
    refuses(try answer("00 0029 0001 00000000 0003 0001 00"), "half an option")
    refuses(try answer("00 0006 0001 00000000 0004 00 00 0000"), "half an SOA")
    refuses(try answer("00 ffff 0001 00000000 0001"), "no data")
  }

  @Test func oneOPTRecordWithoutName() throws {
    let opt = "00 0029 0200 00000000 0000"
    #expect(throws: Never.self) { try Message(decoding: try bytes("0000 0000 0000 0000 0000 0001" + opt)) }
    refuses(try bytes("0000 0000 0000 0000 0000 0002" + opt + opt), "two")
    refuses(try bytes("0000 0000 0000 0000 0000 0001 01 61 00 0029 0200 00000000 0000"), "named")
  }
}
