import NIOCore

/// Cuts what comes in pieces into lines.
struct LineBuffer {
  /// A line is longer than it may be.
  struct TooLong: Error, CustomStringConvertible {
    let limit: Int
    var description: String { "a line has more than \(limit) bytes" }
  }

  private let limit: Int
  private var rest: [UInt8] = []

  /// - Parameter limit: bytes of a line.
  init(limit: Int) { self.limit = limit }

  /// The lines that a piece completes, without their ends; empty ones are left out.
  mutating func take(_ chunk: ByteBuffer) throws(TooLong) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for part in chunk.readableBytesView.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    )
    .enumerated() {
      if part.offset > 0 {
        if !rest.isEmpty { lines.append(rest) }
        rest = []
      }
      guard rest.count + part.element.count <= limit else { throw TooLong(limit: limit) }
      rest += part.element
    }
    return lines
  }
}
