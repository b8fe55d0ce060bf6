import CLinux

/// The SHA-256 digests (FIPS 180-4) of two streams that come along together, computed side by side. Where the processor
/// has instructions for it, this takes little more than half the time of one after the other.
///
/// Pieces of the two may come in any order; a piece of one waits (in a copy) for its counterpart, up to a limit.
public struct SHA256Pair {
  public enum Lane: Int, Sendable { case first, second }

  private struct Stream {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// What came and is not hashed yet.
    var waiting: [UInt8] = []
    var count: UInt64 = 0
  }

  private static let blockSize = 64
  /// Bytes of one stream that wait for the other's at most.
  private static let limit = 512 * 1024

  private var first = Stream()
  private var second = Stream()

  /// Whether this processor can; elsewhere `init` gives nil.
  public static let isSupported = apus_sha256_pair_supported() != 0

  public init?() {
    guard Self.isSupported else { return nil }
  }

  /// Bytes of a stream so far.
  public func count(_ lane: Lane) -> Int64 { Int64(lane == .first ? first.count : second.count) }

  /// Takes the first `count` bytes of `piece` as the next ones of a stream.
  public mutating func update(_ lane: Lane, _ piece: [UInt8], count: Int) {
    piece.withUnsafeBufferPointer { piece in
      let piece = UnsafeBufferPointer(rebasing: piece[..<count])
      switch lane {
      case .first: Self.update(&first, piece, beside: &second)
      case .second: Self.update(&second, piece, beside: &first)
      }
    }
  }

  private static func update(_ one: inout Stream, _ piece: UnsafeBufferPointer<UInt8>, beside other: inout Stream) {
    one.count += UInt64(piece.count)
    var rest = piece
    if one.waiting.count >= blockSize {
      one.waiting += rest
      rest = UnsafeBufferPointer(rebasing: rest[rest.endIndex...])
    } else if !one.waiting.isEmpty {
      // The block that was begun is made whole, so that what follows is hashed where it stands.
      let missing = min(blockSize - one.waiting.count, rest.count)
      one.waiting += rest[..<missing]
      rest = UnsafeBufferPointer(rebasing: rest[missing...])
      if one.waiting.count == blockSize { hashAlone(&one) }
    }
    if one.waiting.isEmpty {
      let blocks = min(rest.count, other.waiting.count) / blockSize
      if blocks > 0, let start = rest.baseAddress {
        other.waiting.withUnsafeBufferPointer {
          apus_sha256_pair_blocks(&one.state, start, &other.state, $0.baseAddress!, blocks)
        }
        other.waiting.removeFirst(blocks * blockSize)
        rest = UnsafeBufferPointer(rebasing: rest[(blocks * blockSize)...])
      }
      one.waiting += rest
    } else {
      let blocks = min(one.waiting.count, other.waiting.count) / blockSize
      if blocks > 0 {
        one.waiting.withUnsafeBufferPointer { mine in
          other.waiting.withUnsafeBufferPointer { theirs in
            apus_sha256_pair_blocks(&one.state, mine.baseAddress!, &other.state, theirs.baseAddress!, blocks)
          }
        }
        one.waiting.removeFirst(blocks * blockSize)
        other.waiting.removeFirst(blocks * blockSize)
      }
    }
    if one.waiting.count > limit { hashAlone(&one) }
  }

  private static func hashAlone(_ stream: inout Stream) {
    let blocks = stream.waiting.count / blockSize
    guard blocks > 0 else { return }
    stream.waiting.withUnsafeBufferPointer { apus_sha256_blocks(&stream.state, $0.baseAddress!, blocks) }
    stream.waiting.removeFirst(blocks * blockSize)
  }

  /// The 32 bytes of a stream's digest as it stands.
  public func digest(_ lane: Lane) -> [UInt8] {
    var stream = lane == .first ? first : second
    Self.hashAlone(&stream)
    let bits = stream.count * 8
    stream.waiting.append(0x80)
    while stream.waiting.count % Self.blockSize != Self.blockSize - 8 { stream.waiting.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      stream.waiting.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    Self.hashAlone(&stream)
    return stream.state.flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }
}
