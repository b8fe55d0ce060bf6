import NIOCore
import Protobuf
import Testing

@testable import KeyValueStore

/// The codec of etcd's messages: what is known of the format, and bytes that are no message.
@Suite struct EtcdMessageTests {
  @Test func requestsAreWhatTheFormatSays() {
    let range = EtcdRequest.Range(key: [0x61], end: [0x62], limit: 300, revision: 0, countsOnly: true)
    #expect(range.encoded == [0x0A, 1, 0x61, 0x12, 1, 0x62, 0x18, 0xAC, 0x02, 0x48, 1])
    // A negative number takes ten bytes, and zero is told in a oneof.
    #expect(
      EtcdRequest.LeaseID(id: -1).encoded == [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01])
    let compare = EtcdRequest.Compare(target: .modRevision(0), key: [0x61], end: [0])
    #expect(compare.encoded == [0x10, 2, 0x1A, 1, 0x61, 0x30, 0, 0x82, 0x04, 1, 0])
    #expect(EtcdRequest.Watch.progress.encoded == [0x1A, 0])
    #expect(EtcdRequest.Watch.cancel(.init(id: 5)).encoded == [0x12, 2, 0x08, 5])
  }

  @Test func answersAreRead() throws {
    let watch = try EtcdAnswer.Watch(
      decoding: ByteBuffer(
        bytes: [0x0A, 2, 0x18, 9, 0x10, 7, 0x18, 1, 0x38, 1, 0x32, 2, 0x6E, 0x6F]
          + [0x5A, 0x0D, 0x08, 1, 0x12, 5, 0x0A, 1, 0x61, 0x18, 9, 0x1A, 2, 0x2A, 0]
          // Fields of later versions, in each of the types.
          + [0xA8, 0x06, 1, 0xA1, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0xA5, 0x06, 0, 0, 0, 0, 0xA2, 0x06, 1, 0]))
    #expect(watch.header?.revision == 9 && watch.id == 7 && watch.isCreated && watch.isFragment)
    #expect(watch.reason == "no" && watch.events.count == 1)
    #expect(watch.events[0].isDeletion && watch.events[0].current?.modRevision == 9)
    #expect(watch.events[0].previous?.value == [])
  }

  @Test(
    arguments: [
      // A number of more than 64 bits, and one that does not end; a type that does not exist; a group; field 0; a length
      // beyond the end; a number where a message must be.
      [0x08] + [UInt8](repeating: 0xFF, count: 10), [0x08, 0xFF], [0x0E, 0], [0x0B], [0x02, 1, 0], [0x0A, 5, 0],
      [0x08, 1],
      [0x09, 1, 2], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
    ] as [[UInt8]])
  func whatIsNoMessageIsRefused(_ bytes: [UInt8]) {
    #expect(throws: ProtobufFault.self) { try EtcdAnswer.Range(decoding: ByteBuffer(bytes: bytes)) }
  }

  /// Damaged messages are refused or read as something, and nothing else happens.
  @Test func damagedMessagesDoNoHarm() throws {
    var random = SeededGenerator(seed: 20_251_126)
    let whole: [UInt8] =
      [0x0A, 4, 0x18, 9, 0x20, 2, 0x10, 7]
      + [0x5A, 0x10, 0x12, 9, 0x0A, 3, 0x61, 0x2F, 0x62, 0x18, 9, 0x2A, 0, 0x1A, 3, 0x0A, 1, 0x61]
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
      }
      for decode in [
        { _ = try EtcdAnswer.Watch(decoding: $0) }, { _ = try EtcdAnswer.Transaction(decoding: $0) },
        { _ = try EtcdAnswer.Range(decoding: $0) }, { _ = try EtcdAnswer.Lease(decoding: $0) },
      ] as [(ByteBuffer) throws -> Void] {
        do { try decode(ByteBuffer(bytes: bytes)) } catch {
          #expect(error is ProtobufFault)
          refused += 1
        }
      }
    }
    #expect(refused > 1000)
  }

  @Test func messagesAreTakenOutOfAnyPieces() throws {
    var random = SeededGenerator(seed: 7)
    let sent = (0..<200).map { number in
      ByteBuffer(repeating: UInt8(number), count: Int.random(in: 0..<300, using: &random))
    }
    var stream = ByteBuffer()
    for message in sent {
      var framed = GRPCMessages.framed(message)
      stream.writeBuffer(&framed)
    }
    var messages = GRPCMessages(limit: 300)
    var found: [ByteBuffer] = []
    while stream.readableBytes > 0 {
      let size = min(stream.readableBytes, Int.random(in: 1..<40, using: &random))
      guard var piece = stream.readSlice(length: size) else { break }
      messages.append(&piece)
      while let message = try messages.next() { found.append(message) }
    }
    #expect(found == sent && !messages.isPartial)
  }

  /// Pieces never end where a message does: only the rest is kept.
  @Test func messagesThatWereTakenAreNotKept() throws {
    let message = Array(GRPCMessages.framed(ByteBuffer(repeating: 1, count: 1000)).readableBytesView)
    var messages = GRPCMessages(limit: 1000)
    var first = ByteBuffer(bytes: message.prefix(1))
    messages.append(&first)
    for _ in 0..<200 {
      var piece = ByteBuffer(bytes: message.dropFirst() + message.prefix(1))
      messages.append(&piece)
      #expect(try messages.next() != nil)
      #expect(try messages.next() == nil)
    }
    #expect(messages.buffer.storageCapacity <= 8192)
  }

  @Test func statusMessagesAreDecoded() {
    #expect(GRPCStatus.decode("a%20b%C3%A9%zz%2") == "a b\u{E9}%zz%2")
  }

  @Test(arguments: [
    ([3, 4, 24], false), ([3, 4, 25], true), ([3, 5, 7], false), ([3, 5, 8], true), ([3, 6, 0], true),
    ([4, 0, 0], true),
    ([3, 3, 99], false), ([3], false), ([], false),
  ])
  func progressIsAskedOfThoseThatTellItRightly(version: [Int], isAsked: Bool) {
    #expect(EtcdWatchStream.tellsProgress(version) == isAsked)
  }
}
