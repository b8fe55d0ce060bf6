import Linux
import Testing

@testable import Netlink

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

@Suite struct CodecTests {
  @Test func lengthsAndPaddingAreMeasured() {
    var writer = MessageWriter()
    writer.attribute(1, string: "ab")
    writer.nested(2) {
      $0.attribute(3, UInt8(7))
      $0.attribute(4, bigEndian: UInt16(0x1234))
      $0.flag(5)
    }
    #expect(
      writer.bytes == [
        7, 0, 1, 0, 0x61, 0x62, 0, 0,
        24, 0, 2, 0x80,
        5, 0, 3, 0, 7, 0, 0, 0,
        6, 0, 4, 0, 0x12, 0x34, 0, 0,
        4, 0, 5, 0,
      ])
  }

  @Test func requestHasAHeaderThatFits() {
    let request = NetlinkRequest.setLink(.index(7), LinkSettings(isUp: true, mtu: 1400))
    #expect(
      request.encoded(sequence: 9, port: 5) == [
        40, 0, 0, 0, 19, 0, 5, 0, 9, 0, 0, 0, 5, 0, 0, 0,
        0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
        8, 0, 4, 0, 0x78, 5, 0, 0,
      ])
  }

  @Test func zeroIsNotNothing() {
    let free = NetlinkRequest.setLink(.index(7), LinkSettings(masterIndex: 0)).encoded(sequence: 0, port: 0)
    let same = NetlinkRequest.setLink(.index(7), LinkSettings()).encoded(sequence: 0, port: 0)
    #expect(free.count == same.count + 8)
    #expect(Array(free.suffix(8)) == [8, 0, 10, 0, 0, 0, 0, 0])
  }

  @Test func whatIsWrittenIsRead() throws {
    var random = Seeded(state: 42)
    for _ in 0..<500 {
      var writer = MessageWriter()
      var expected: [(UInt16, [UInt8])] = []
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let type = UInt16.random(in: 1...200, using: &random)
        let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        writer.attribute(AttributeType(type, ""), bytes: payload)
        expected.append((type, payload))
      }
      let read = try Attributes(writer.bytes[...])
      #expect(read.all.map(\.type) == expected.map(\.0))
      #expect(read.all.map(\.bytes) == expected.map(\.1))
    }
  }

  @Test func garbageNeverTraps() {
    var random = Seeded(state: 7)
    var understood = 0
    for _ in 0..<5000 {
      var bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Half of them begin with a length that fits, so that the code behind it is reached.
      if bytes.count >= 16, Bool.random(using: &random) {
        bytes.replaceSubrange(0..<4, with: [UInt8(bytes.count), 0, 0, 0])
      }
      guard let messages = try? NetlinkMessage.split(bytes) else { continue }
      for message in messages {
        understood += 1
        _ = try? Link(message)
        _ = try? InterfaceAddress(message)
        _ = try? Route(message)
        _ = try? Neighbour(message)
        _ = try? RoutingRule(message)
        _ = try? ConntrackEntry(message)
        _ = try? RouteEvent(message)
        _ = try? Acknowledgement(message)
      }
    }
    #expect(understood > 500)
  }

  @Test func brokenLengthsAreErrors() {
    #expect(throws: NetlinkError.self) { try Attributes([3, 0, 1, 0]) }
    #expect(throws: NetlinkError.self) { try Attributes([9, 0, 1, 0, 0, 0, 0, 0]) }
    #expect(throws: NetlinkError.self) { try NetlinkMessage.split([UInt8](repeating: 0, count: 16)) }
    #expect(throws: NetlinkError.self) { try NetlinkMessage.split([17] + [UInt8](repeating: 0, count: 15)) }
  }

  @Test func errorNamesTheAttribute() throws {
    let request = NetlinkRequest(16, .acknowledge, purpose: "set link x") {
      $0.append([UInt8](repeating: 0, count: 16))
      $0.attribute(AttributeType(3, "IFLA_IFNAME"), string: "x")
      $0.nested(AttributeType(18, "IFLA_LINKINFO")) { $0.attribute(AttributeType(1, "IFLA_INFO_KIND"), string: "y") }
    }
    let echoed = request.encoded(sequence: 1, port: 1)
    // -EINVAL, the request, then the offset of the nested attribute (16 + 16 + 8 + 4) and a text.
    var answer = MessageWriter()
    answer.append(Int32(-22))
    answer.append(echoed)
    answer.attribute(1, string: "bad kind")
    answer.attribute(2, UInt32(44))
    var message = MessageWriter()
    message.append(UInt32(16 + answer.bytes.count))
    message.append(UInt16(2))
    message.append(UInt16(0x200))
    message.append(UInt32(1))
    message.append(UInt32(1))
    message.append(answer.bytes)
    let received = try #require(try NetlinkMessage.split(message.bytes).first)
    let error = try #require(try Acknowledgement(received).error(for: request))
    #expect(error.message == "set link x: invalid argument (bad kind), at IFLA_INFO_KIND")
    #expect(error.errno == .invalid)
    #expect(error.attribute == "IFLA_INFO_KIND")
  }

  @Test func interruptionShowsInTheType() throws {
    func message(_ type: UInt16, flags: UInt16, sequence: UInt32 = 3, _ payload: [UInt8] = []) throws -> NetlinkMessage
    {
      var writer = MessageWriter()
      writer.append(UInt32(16 + payload.count))
      writer.append(type)
      writer.append(flags)
      writer.append(sequence)
      writer.append(UInt32(0))
      writer.append(payload)
      return try #require(try NetlinkMessage.split(writer.bytes).first)
    }
    let request = NetlinkRequest.dumpLinks()
    var calm = DumpAssembly(request: request, sequence: 3)
    let part1 = try calm.take(message(16, flags: 2))
    #expect(part1 == nil)
    let part2 = try calm.take(message(16, flags: 2, sequence: 2))
    #expect(part2 == nil)
    guard case .complete(let whole) = try calm.take(message(3, flags: 2, [0, 0, 0, 0])) else {
      Issue.record("not complete")
      return
    }
    #expect(whole.count == 1)
    var disturbed = DumpAssembly(request: request, sequence: 3)
    let part3 = try disturbed.take(message(16, flags: 0x12))
    #expect(part3 == nil)
    let part4 = try disturbed.take(message(16, flags: 2))
    #expect(part4 == nil)
    guard case .interrupted(let all) = try disturbed.take(message(3, flags: 2, [0, 0, 0, 0])) else {
      Issue.record("not interrupted")
      return
    }
    #expect(all.count == 2)
    var refused = DumpAssembly(request: request, sequence: 3)
    #expect(throws: NetlinkError.self) { try refused.take(message(2, flags: 0, [0xFF, 0xFF, 0xFF, 0xFF])) }
  }
}
