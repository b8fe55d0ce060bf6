import Linux
import Testing

/// Decompression in pieces of every awkward size.
@Suite struct InflaterTests {
  private func inflate(_ input: [UInt8], _ compression: Compression, piece: Int, output: Int) throws -> [UInt8] {
    var rest = input[...]
    let inflater = try Inflater(compression, pieceSize: piece) { buffer in
      let count = min(buffer.count, rest.count)
      buffer.replaceSubrange(0..<count, with: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: output)
    while true {
      let count = try inflater.read(into: &buffer)
      if count == 0 { return out }
      out += buffer[..<count]
    }
  }

  private static let text = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 5)) }

  @Test(arguments: [1, 2, 7, 64, 1000, 1 << 18]) func membersInAnyPieces(_ piece: Int) throws {
    let one = try Deflater().write(Self.text, finish: true)
    let two = try Deflater().write(Array("end".utf8), finish: true)
    #expect(Compression(magic: one) == .gzip)
    try #expect(inflate(one + two, .gzip, piece: piece, output: 333) == Self.text + Array("end".utf8))
  }

  @Test func truncatedAndBroken() throws {
    let good = try Deflater().write(Self.text, finish: true)
    for cut in [1, 4, 8, 9, 100, good.count - 3] {
      #expect(throws: ArchiveError.self) { try inflate(Array(good.dropLast(cut)), .gzip, piece: 512, output: 4096) }
    }
    #expect(throws: ArchiveError.self) {
      try inflate(good + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], .gzip, piece: 512, output: 4096)
    }
    var flipped = good
    flipped[good.count - 6] ^= 1
    #expect(throws: ArchiveError.self) { try inflate(flipped, .gzip, piece: 512, output: 4096) }
  }
}
