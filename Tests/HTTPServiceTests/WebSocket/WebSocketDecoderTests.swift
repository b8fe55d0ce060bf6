import NIOCore
import Testing

@testable import HTTPService

@Suite struct WebSocketDecoderTests {
  /// All events of `bytes`, fed `step` at a time.
  private func events(_ bytes: [UInt8], step: Int = .max, limit: Int = 100_000) throws -> [WebSocketDecoder.Event] {
    var decoder = WebSocketDecoder(limit: limit)
    var events: [WebSocketDecoder.Event] = []
    var rest = bytes[...]
    repeat {
      decoder.feed(ByteBuffer(bytes: rest.prefix(step)))
      rest = rest.dropFirst(step)
      while let event = try decoder.next() { events.append(event) }
    } while !rest.isEmpty
    return events
  }

  private func text(_ text: String) -> WebSocketDecoder.Event {
    .message(WebSocketMessage(.text, ByteBuffer(string: text)))
  }

  @Test(arguments: [1, 2, 3, 7, 100_000])
  func readsMessagesInPiecesOfAnySize(step: Int) throws {
    let long = [UInt8](repeating: 0x61, count: 300)
    let longer = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
    let bytes =
      ClientFrames.text("héllo") + ClientFrames.frame(2, long) + ClientFrames.frame(2, longer) + ClientFrames.frame(2)
      + ClientFrames.close(1000, "bye")
    #expect(
      try events(bytes, step: step) == [
        text("héllo"), .message(WebSocketMessage(.binary, ByteBuffer(bytes: long))),
        .message(WebSocketMessage(.binary, ByteBuffer(bytes: longer))),
        .message(WebSocketMessage(.binary, ByteBuffer())), .close(WebSocketClose(1000, "bye")),
      ])
  }

  @Test(arguments: [1, 5, 100_000])
  func putsFragmentsTogetherAndLetsControlFramesBetweenThem(step: Int) throws {
    // The fragments split a character.
    let bytes =
      ClientFrames.frame(1, [0x68, 0xC3], fin: false) + ClientFrames.frame(9, [1, 2])
      + ClientFrames.frame(0, [0xA9], fin: false) + ClientFrames.frame(10, [3]) + ClientFrames.frame(0, [], fin: false)
      + ClientFrames.frame(0, [0x21])
    #expect(
      try events(bytes, step: step) == [.ping(ByteBuffer(bytes: [1, 2])), .pong(ByteBuffer(bytes: [3])), text("hé!")])
  }

  /// What comes never ends where a frame does: only the rest is kept.
  @Test func keepsTheRestAndNotWhatWasRead() throws {
    let frame = ClientFrames.frame(2, [UInt8](repeating: 0x61, count: 1000))
    var decoder = WebSocketDecoder(limit: 100_000)
    decoder.feed(ByteBuffer(bytes: frame.prefix(1)))
    for _ in 0..<200 {
      decoder.feed(ByteBuffer(bytes: frame.dropFirst() + frame.prefix(1)))
      #expect(try decoder.next() != nil)
      #expect(try decoder.next() == nil)
    }
    #expect(decoder.pending.storageCapacity <= 8192)
  }

  @Test func nothingFollowsAClose() throws {
    #expect(try events(ClientFrames.close() + ClientFrames.text("x")) == [.close(WebSocketClose(1005))])
  }

  static let broken: [(String, [UInt8], UInt16)] = [
    ("reserved bit", ClientFrames.frame(1, [0x61], reserved: 4), 1002),
    ("reserved bit of a control frame", ClientFrames.frame(9, reserved: 1), 1002),
    ("opcode 3", ClientFrames.frame(3), 1002),
    ("opcode 11", ClientFrames.frame(11), 1002),
    ("no mask", ClientFrames.frame(1, [0x61], mask: nil), 1002),
    ("ping in fragments", ClientFrames.frame(9, [1], fin: false), 1002),
    ("long ping", ClientFrames.frame(9, [UInt8](repeating: 0, count: 126)), 1002),
    ("continuation of nothing", ClientFrames.frame(0, [0x61]), 1002),
    ("message inside another", ClientFrames.text("a", fin: false) + ClientFrames.text("b"), 1002),
    ("wasteful length", ClientFrames.frame(2, [1, 2, 3], lengthBytes: 2), 1002),
    ("more wasteful length", ClientFrames.frame(2, [UInt8](repeating: 0, count: 500), lengthBytes: 8), 1002),
    ("length with the highest bit", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1002),
    ("close with one byte", ClientFrames.frame(8, [3]), 1002),
    ("close with code 999", ClientFrames.close(999), 1002),
    ("close with code 1005", ClientFrames.close(1005), 1002),
    ("close with code 1006", ClientFrames.close(1006), 1002),
    ("close with code 1016", ClientFrames.close(1016), 1002),
    ("close with code 5000", ClientFrames.close(5000), 1002),
    ("reason that is not UTF-8", ClientFrames.frame(8, [0x03, 0xE8, 0xFF]), 1007),
    ("text that is not UTF-8", ClientFrames.frame(1, [0xC3]), 1007),
    ("text with a surrogate", ClientFrames.frame(1, [0xED, 0xA0, 0x80]), 1007),
    ("too large", ClientFrames.frame(2, [UInt8](repeating: 0, count: 1001)), 1009),
    ("too large, by its head alone", [0x82, 0xFE, 0x03, 0xE9], 1009),
    (
      "too large in fragments",
      ClientFrames.frame(2, [UInt8](repeating: 0, count: 600), fin: false)
        + ClientFrames.frame(0, [UInt8](repeating: 0, count: 600)), 1009
    ),
  ]

  @Test(arguments: broken.indices) func refusesWithTheRightCode(index: Int) {
    let (name, bytes, code) = Self.broken[index]
    for step in [1, 3, Int.max] {
      #expect("\(name)") { try events(bytes, step: step, limit: 1000) } throws: {
        ($0 as? WebSocketClose)?.code == code
      }
    }
  }

  @Test func aMessageOfExactlyTheLimitPasses() throws {
    #expect(try events(ClientFrames.frame(2, [UInt8](repeating: 0, count: 1000)), limit: 1000).count == 1)
  }

  /// Random bytes, and right frames with a few bytes changed, in pieces of random size: the decoder either reads what a
  /// second reading in one piece reads, or refuses both times with the same code.
  @Test func fuzz() throws {
    var random = SplitMix(seed: 0x5EED)
    for round in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let payload = (0..<Int.random(in: 0...200, using: &random)).map { _ in
          UInt8.random(in: 0x20...0x7E, using: &random)
        }
        let opcode: UInt8 = [0, 1, 2, 8, 9, 10].randomElement(using: &random)!
        bytes += ClientFrames.frame(opcode, payload, fin: .random(using: &random))
      }
      if round % 3 != 0 {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: .min ... .max, using: &random)
        }
      }
      let whole = Result { try events(bytes, limit: 300) }
      let pieces = Result { try events(bytes, step: Int.random(in: 1...9, using: &random), limit: 300) }
      switch (whole, pieces) {
      case (.success(let a), .success(let b)): #expect(a == b)
      case (.failure(let a as WebSocketClose), .failure(let b as WebSocketClose)): #expect(a == b)
      default: Issue.record("\(bytes): \(whole) in one piece, \(pieces) in many")
      }
    }
  }
}

/// A small generator whose sequence its seed decides.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
