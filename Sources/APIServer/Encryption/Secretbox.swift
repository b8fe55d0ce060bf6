/// Authenticated encryption with a secret key: XSalsa20 and Poly1305 (D. J. Bernstein, "Extending the Salsa20 nonce" and
/// "Cryptography in NaCl", sections 7 to 9). Nothing in it branches on, or looks up by, what is secret.
struct Secretbox: Sendable {
  static let keySize = 32
  static let nonceSize = 24
  static let tagSize = 16

  /// The key as little-endian words.
  private let key: [UInt32]

  /// - Parameter key: 32 bytes.
  init(key: [UInt8]) {
    precondition(key.count == Self.keySize)
    self.key = Self.words(key[...])
  }

  /// The tag and the encrypted text.
  /// - Parameter nonce: 24 bytes that were never used with the key before.
  func seal(_ text: [UInt8], nonce: [UInt8]) -> [UInt8] {
    var stream = Salsa20(key: key, extendedNonce: Self.words(nonce[...]))
    var tag = Poly1305(key: stream.next(32))
    let sealed = zip(text, stream.next(text.count)).map { $0 ^ $1 }
    tag.update(sealed[...])
    return tag.finish() + sealed
  }

  /// Nil where the text is not what was sealed with this key and nonce.
  /// - Parameter sealed: the tag and the encrypted text.
  func open(_ sealed: ArraySlice<UInt8>, nonce: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.tagSize else { return nil }
    let text = sealed.dropFirst(Self.tagSize)
    var stream = Salsa20(key: key, extendedNonce: Self.words(nonce[...]))
    var tag = Poly1305(key: stream.next(32))
    tag.update(text)
    let difference = zip(tag.finish(), sealed).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 }
    guard difference == 0 else { return nil }
    return zip(text, stream.next(text.count)).map { $0 ^ $1 }
  }

  fileprivate static func words(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
      (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
    }
  }
}

/// The stream of XSalsa20.
private struct Salsa20 {
  /// "expand 32-byte k".
  private static let constants: [UInt32] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]

  private var state: [UInt32]
  private var block: [UInt8] = []
  /// How much of the block is used.
  private var used = 0

  /// - Parameters:
  ///   - key: eight words.
  ///   - extendedNonce: six words; the first four make a key of their own.
  init(key: [UInt32], extendedNonce nonce: [UInt32]) {
    let mixed = Self.rounds(Self.state(key, Array(nonce[..<4])))
    let derived = [0, 5, 10, 15, 6, 7, 8, 9].map { mixed[$0] }
    state = Self.state(derived, [nonce[4], nonce[5], 0, 0])
  }

  private static func state(_ key: [UInt32], _ input: [UInt32]) -> [UInt32] {
    [constants[0]] + key[..<4] + [constants[1]] + input + [constants[2]] + key[4...] + [constants[3]]
  }

  /// Ten double rounds.
  private static func rounds(_ state: [UInt32]) -> [UInt32] {
    var x = state
    func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
      func rotated(_ sum: UInt32, _ count: UInt32) -> UInt32 { sum << count | sum >> (32 - count) }
      x[b] ^= rotated(x[a] &+ x[d], 7)
      x[c] ^= rotated(x[b] &+ x[a], 9)
      x[d] ^= rotated(x[c] &+ x[b], 13)
      x[a] ^= rotated(x[d] &+ x[c], 18)
    }
    for _ in 0..<10 {
      quarter(0, 4, 8, 12)
      quarter(5, 9, 13, 1)
      quarter(10, 14, 2, 6)
      quarter(15, 3, 7, 11)
      quarter(0, 1, 2, 3)
      quarter(5, 6, 7, 4)
      quarter(10, 11, 8, 9)
      quarter(15, 12, 13, 14)
    }
    return x
  }

  mutating func next(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      if used == block.count { fill() }
      let taken = min(count - bytes.count, block.count - used)
      bytes += block[used..<used + taken]
      used += taken
    }
    return bytes
  }

  private mutating func fill() {
    let words = zip(Self.rounds(state), state).map { $0 &+ $1 }
    block = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    used = 0
    state[8] &+= 1
    if state[8] == 0 { state[9] &+= 1 }
  }
}

/// The one-time authenticator Poly1305 (RFC 8439, section 2.5), in five limbs of 26 bits.
private struct Poly1305 {
  private static let mask: UInt64 = 0x3FF_FFFF

  private let r: [UInt64]
  private let s: [UInt32]
  private var h: [UInt64] = [0, 0, 0, 0, 0]

  /// - Parameter key: 32 bytes, for one message.
  init(key: [UInt8]) {
    let words = Secretbox.words(key[...])
    r = Self.limbs(words[0] & 0x0FFF_FFFF, words[1] & 0x0FFF_FFFC, words[2] & 0x0FFF_FFFC, words[3] & 0x0FFF_FFFC, 0)
    s = Array(words[4...])
  }

  /// A number of 130 bits in limbs.
  private static func limbs(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ top: UInt64) -> [UInt64] {
    let (a, b, c, d) = (UInt64(a), UInt64(b), UInt64(c), UInt64(d))
    return [
      a & mask, (a >> 26 | b << 6) & mask, (b >> 20 | c << 12) & mask, (c >> 14 | d << 18) & mask, d >> 8 | top << 24,
    ]
  }

  /// Takes the whole message.
  mutating func update(_ message: ArraySlice<UInt8>) {
    var rest = message
    while !rest.isEmpty {
      let part = rest.prefix(16)
      rest = rest.dropFirst(16)
      // What is short is ended by a one; what is whole has it above.
      let isWhole = part.count == 16
      let block = isWhole ? Array(part) : part + [1] + [UInt8](repeating: 0, count: 15 - part.count)
      let words = Secretbox.words(block[...])
      let added = Self.limbs(words[0], words[1], words[2], words[3], isWhole ? 1 : 0)
      for index in 0..<5 { h[index] += added[index] }
      multiply()
    }
  }

  /// `h` times `r` modulo 2¹³⁰ − 5.
  private mutating func multiply() {
    var product: [UInt64] = [0, 0, 0, 0, 0]
    for i in 0..<5 {
      for j in 0..<5 {
        // What goes beyond 130 bits comes in again times five.
        product[(i + j) % 5] += h[i] * (i + j < 5 ? r[j] : 5 * r[j])
      }
    }
    h = product
    carry()
  }

  private mutating func carry() {
    for index in 0..<4 {
      h[index + 1] += h[index] >> 26
      h[index] &= Self.mask
    }
    h[0] += 5 * (h[4] >> 26)
    h[4] &= Self.mask
    h[1] += h[0] >> 26
    h[0] &= Self.mask
  }

  /// The tag.
  mutating func finish() -> [UInt8] {
    carry()
    carry()
    // `h` less the modulus, where that is not negative.
    var reduced = h
    reduced[0] += 5
    for index in 0..<4 {
      reduced[index + 1] += reduced[index] >> 26
      reduced[index] &= Self.mask
    }
    let isBelow = (reduced[4] >> 26) &- 1
    reduced[4] &= Self.mask
    let number = zip(h, reduced).map { ($0 & isBelow) | ($1 & ~isBelow) }
    let words: [UInt64] = [
      number[0] | number[1] << 26, number[1] >> 6 | number[2] << 20, number[2] >> 12 | number[3] << 14,
      number[3] >> 18 | number[4] << 8,
    ]
    var tag: [UInt8] = []
    var carried: UInt64 = 0
    for (word, addend) in zip(words, s) {
      carried += (word & 0xFFFF_FFFF) + UInt64(addend)
      tag += (0..<4).map { UInt8(truncatingIfNeeded: carried >> (8 * UInt64($0))) }
      carried >>= 32
    }
    return tag
  }
}
