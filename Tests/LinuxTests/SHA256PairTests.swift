import Linux
import Testing

@Suite struct SHA256PairTests {
  /// Digests by `sha256sum`: FIPS 180-4's examples and lengths around a block's end.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownDigests(_ text: String, _ digest: String) throws {
    guard var pair = SHA256Pair() else { return }
    let bytes = Array(text.utf8)
    pair.update(.first, bytes, count: bytes.count)
    pair.update(.second, bytes, count: bytes.count)
    #expect(hexadecimal(pair.digest(.first)) == digest)
    #expect(hexadecimal(pair.digest(.second)) == digest)
  }

  /// However the pieces of two streams follow each other, each has the digest that it has alone and in one piece.
  @Test func anyOrderOfPieces() throws {
    guard SHA256Pair() != nil else { return }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<25 {
      let streams = [0, 1].map { _ in
        (0..<Int.random(in: 0...(Bool.random() ? 2_000 : 1_200_000))).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      }
      var pair = try #require(SHA256Pair())
      var offsets = [0, 0]
      while offsets[0] < streams[0].count || offsets[1] < streams[1].count {
        let lane = Int.random(in: 0...1, using: &generator)
        let rest = streams[lane].count - offsets[lane]
        guard rest > 0 else { continue }
        let count = Int.random(in: 1...min(rest, Bool.random() ? 100 : 300_000), using: &generator)
        pair.update(lane == 0 ? .first : .second, Array(streams[lane][offsets[lane]...]), count: count)
        offsets[lane] += count
      }
      for lane in 0...1 {
        var alone = try #require(SHA256Pair())
        alone.update(.first, streams[lane], count: streams[lane].count)
        #expect(pair.digest(lane == 0 ? .first : .second) == alone.digest(.first))
        #expect(pair.count(lane == 0 ? .first : .second) == Int64(streams[lane].count))
      }
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
