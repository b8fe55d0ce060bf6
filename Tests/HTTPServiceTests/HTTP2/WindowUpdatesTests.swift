import NIOCore
import Testing

@testable import HTTPService

/// Frames that tell of windows are found wherever the bytes are cut, and nothing is lost or changed.
struct WindowUpdatesTests {
  private typealias Frames = HTTP2Frames

  /// What is found in bytes that come in pieces of `size`.
  private func pieces(of bytes: [UInt8], size: Int) -> [WindowUpdates.Piece] {
    var updates = WindowUpdates()
    var found: [WindowUpdates.Piece] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      updates.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
      while let piece = updates.next() { found.append(piece) }
    }
    return found
  }

  private func bytes(of piece: WindowUpdates.Piece) -> [UInt8] {
    switch piece {
    case .other(let bytes), .windowUpdate(let bytes, _, _), .settings(let bytes, _): Array(bytes.readableBytesView)
    }
  }

  private static func setting(_ id: UInt16, _ value: UInt32) -> [UInt8] {
    [UInt8(id >> 8), UInt8(id & 0xFF)] + Frames.number(value)
  }

  /// Everything that a client may say, and what of it concerns windows.
  private static let sample: (bytes: [UInt8], found: [WindowUpdates.Piece]) = {
    let settings = Frames.frame(4, setting(3, 100) + setting(4, 7) + setting(4, 70_000))
    let others = Frames.frame(4, setting(5, 20_000))
    let connection = Frames.frame(8, Frames.number(1 << 30))
    // The first bit says nothing.
    let stream = Frames.frame(8, stream: 0x8000_0003, Frames.number(0x8000_0005))
    let none = Frames.frame(8, stream: 5, Frames.number(0))
    // In the payload of another frame they are none.
    let hidden = Frames.frame(0, stream: 1, connection + settings)
    let bytes =
      Frames.preface + settings + Frames.frame(4, flags: 1) + others + connection
      + Frames.frame(1, flags: 5, stream: 1, [0x82, 0x84]) + stream + hidden + Frames.frame(0, stream: 1) + none
      + Frames.frame(8, stream: 1, [1, 2, 3]) + Frames.frame(4, [1, 2, 3, 4, 5])
    return (
      bytes,
      [
        .settings(ByteBuffer(bytes: settings), initialWindow: 70_000),
        .settings(ByteBuffer(bytes: others), initialWindow: nil),
        .windowUpdate(ByteBuffer(bytes: connection), stream: 0, increment: 1 << 30),
        .windowUpdate(ByteBuffer(bytes: stream), stream: 3, increment: 5),
        .windowUpdate(ByteBuffer(bytes: none), stream: 5, increment: 0),
      ]
    )
  }()

  @Test(arguments: [1, 2, 3, 7, 9, 13, 64, 10_000]) func findsThemInPieces(size: Int) {
    let found = pieces(of: Self.sample.bytes, size: size)
    #expect(found.flatMap(bytes) == Self.sample.bytes)
    let relevant = found.filter { if case .other = $0 { false } else { true } }
    #expect(relevant == Self.sample.found)
  }

  /// What is cut off waits, and nothing else does.
  @Test func handsOnWhatItNeedNotKeep() {
    var updates = WindowUpdates()
    let data = Frames.frame(0, stream: 1, [UInt8](repeating: 7, count: 1_000))
    updates.append(ByteBuffer(bytes: Frames.preface + data.prefix(500)))
    #expect(updates.next() == .other(ByteBuffer(bytes: Frames.preface + data.prefix(500))))
    #expect(updates.next() == nil)
    updates.append(ByteBuffer(bytes: data.dropFirst(500) + Frames.settings.prefix(8)))
    #expect(updates.next() == .other(ByteBuffer(bytes: data.dropFirst(500))))
    #expect(updates.next() == nil)
  }

  /// Any bytes at all come out as they went in, in pieces that are cut anywhere.
  @Test func fuzz() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var bytes = Frames.preface
      while bytes.count < 400, Int.random(in: 0..<20, using: &random) > 0 {
        let payload = (0..<Int.random(in: 0...30, using: &random)).map { _ in
          UInt8.random(in: .min ... .max, using: &random)
        }
        bytes +=
          Bool.random(using: &random)
          ? payload : Frames.frame(.random(in: 0...9), flags: .random(in: 0...1), stream: .random(in: 0...3), payload)
      }
      var updates = WindowUpdates()
      var passed: [UInt8] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...40, using: &random))
        rest = rest.dropFirst(piece.count)
        updates.append(ByteBuffer(bytes: piece))
        while let found = updates.next() { passed += self.bytes(of: found) }
        // What is kept is less than a frame.
        #expect(bytes.starts(with: passed))
      }
    }
  }
}
