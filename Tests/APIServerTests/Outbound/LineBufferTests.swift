import NIOCore
import Testing

@testable import APIServer

@Suite struct LineBufferTests {
  private func texts(_ lines: [[UInt8]]) -> [String] {
    lines.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("lines come whole, however they are cut")
  func cuts() throws {
    let text = "one\n\ntwo\nthree"
    for cut in 0...text.utf8.count {
      var buffer = LineBuffer(limit: 10)
      let first = try buffer.take(ByteBuffer(bytes: Array(text.utf8.prefix(cut))))
      let second = try buffer.take(ByteBuffer(bytes: Array(text.utf8.dropFirst(cut))))
      #expect(texts(first + second) == ["one", "two"])
      #expect(texts(try buffer.take(ByteBuffer(string: "!\n"))) == ["three!"])
    }
  }

  @Test("a line that never ends is not kept")
  func limit() throws {
    var buffer = LineBuffer(limit: 4)
    #expect(try buffer.take(ByteBuffer(string: "1234")).isEmpty)
    #expect(throws: LineBuffer.TooLong.self) { _ = try buffer.take(ByteBuffer(string: "5")) }
  }
}
