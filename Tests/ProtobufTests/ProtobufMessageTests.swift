import Protobuf
import Testing

/// The wire format: what is written is what the format says, and what is read is what was written.
@Suite struct ProtobufMessageTests {
  private struct Leaf: ProtobufEncodable, ProtobufDecodable, Equatable {
    var number: Int64 = 0
    var isSet = false
    var text = ""
    var bytes: [UInt8] = []

    func encode(to message: inout ProtobufMessage) {
      message.write(1, number)
      message.write(2, isSet)
      message.write(3, text)
      message.write(16, bytes)
    }

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: number = try field.int64()
      case 2: isSet = try field.bool()
      case 3: text = try field.string()
      case 16: bytes = try field.bytes()
      default: break
      }
    }
  }

  private struct Tree: ProtobufEncodable, ProtobufDecodable, Equatable {
    var leaves: [Leaf] = []

    func encode(to message: inout ProtobufMessage) { message.write(1, leaves) }

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 1 { leaves.append(try field.message()) }
    }
  }

  /// The examples of the format's documentation.
  @Test func documentedExamples() {
    #expect(Leaf(number: 150).encoded == [0x08, 0x96, 0x01])
    #expect(Leaf(text: "testing").encoded == [0x1A, 0x07] + Array("testing".utf8))
    #expect(Leaf(number: -2).encoded == [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01])
    #expect(Leaf(bytes: [7]).encoded == [0x82, 0x01, 0x01, 0x07])
  }

  @Test("numbers, flags and texts of the wire format")
  func wireFormat() {
    var message = ProtobufMessage()
    message.append(1, Int64(150))
    message.append(2, "testing")
    #expect(message.bytes == [0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
    message = ProtobufMessage()
    message.append(20, true)
    message.append(3, 1.0)
    message.append(1, Int64(-1))
    #expect(
      message.bytes == [0xA0, 0x01, 0x01, 0x19, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x08]
        + [UInt8](repeating: 0xFF, count: 9) + [0x01])
  }

  @Test func defaultsAreLeftOutWhereTheFormatSaysSo() {
    #expect(Leaf().encoded.isEmpty)
    var message = ProtobufMessage()
    message.append(1, Int64(0))
    message.append(2, false)
    message.append(3, "")
    #expect(message.bytes == [0x08, 0, 0x10, 0, 0x1A, 0])
    // A message that says nothing is there all the same.
    #expect(Tree(leaves: [Leaf()]).encoded == [0x0A, 0])
  }

  @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 3_000_000]) func lengthsOfAnySize(count: Int) throws {
    let tree = Tree(leaves: [
      Leaf(number: .min, isSet: true, text: String(repeating: "é", count: count / 2), bytes: []),
      Leaf(number: .max, bytes: [UInt8](repeating: 0xA5, count: count)),
    ])
    #expect(try Tree(decoding: tree.encoded) == tree)
  }

  @Test func aMessageWithinOtherBytes() throws {
    let leaf = Leaf(number: 5, text: "a")
    let bytes = [1, 2, 3] + leaf.encoded + [0xFF]
    #expect(try Leaf(decoding: bytes, 3..<(bytes.count - 1)) == leaf)
  }

  @Test func numbersOfFixedWidthAndPackedOnes() throws {
    var message = ProtobufMessage()
    message.append(1, 2.5)
    message.append(verbatim: [0x15, 1, 2, 3, 4])
    message.append(3, [0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05])
    var reader = ProtobufReader(message.bytes)
    guard case .fixed64(let bits)? = try reader.next()?.value, case .fixed32(let word)? = try reader.next()?.value,
      case .bytes(let range)? = try reader.next()?.value
    else {
      Issue.record("another type")
      return
    }
    #expect(Double(bitPattern: bits) == 2.5 && word == 0x0403_0201)
    var packed = ProtobufReader(message.bytes, range)
    var numbers: [UInt64] = []
    while let number = try packed.nextPacked() { numbers.append(number) }
    #expect(numbers == [3, 270, 86_942])
    #expect(try reader.next() == nil)
  }

  @Test(
    arguments: [
      ([0x08], .truncated), ([0x08, 0x80], .truncated), ([0x1A, 5, 0x61], .truncated), ([0x09, 1, 2], .truncated),
      ([0x15, 1], .truncated),
      // No number, groups, a type that does not exist, a number of more than 64 bits, a text that is a number.
      ([0x00, 1], .malformed), ([0x0B], .malformed), ([0x0C], .malformed), ([0x0F], .malformed),
      ([0x08] + [UInt8](repeating: 0xFF, count: 9) + [2], .malformed), ([0x18, 1], .malformed),
      ([0x0A, 0], .malformed),
      // A field's number of more than 29 bits.
      ([0x80, 0x80, 0x80, 0x80, 0x10, 0], .malformed),
    ] as [([UInt8], ProtobufFault.Code)])
  func whatIsNoMessageIsRefused(bytes: [UInt8], code: ProtobufFault.Code) {
    let error = #expect(throws: ProtobufFault.self) { try Leaf(decoding: bytes) }
    #expect(error?.code == code)
  }
}
