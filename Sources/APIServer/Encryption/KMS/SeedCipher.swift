import Crypto

/// AES in Galois/counter mode with a key of its own for each value, which comes from a seed and from 32 random bytes, which
/// stand before the nonce (RFC 5869, section 2.3).
struct SeedCipher: ValueCipher {
  private static let infoSize = 32
  private static let keySize = 32
  private let seed: SymmetricKey

  /// - Parameter seed: 32 random bytes.
  init(_ seed: [UInt8]) { self.seed = SymmetricKey(data: seed) }

  private func cipher(_ info: [UInt8]) -> AESGCMCipher {
    AESGCMCipher(HKDF<SHA256>.expand(pseudoRandomKey: seed, info: info, outputByteCount: Self.keySize))
  }

  func seal(_ value: [UInt8], at place: [UInt8]) throws(CipherError) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let info = (0..<Self.infoSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return info + (try cipher(info).seal(value, at: place))
  }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard sealed.count >= Self.infoSize else { throw .tooShort }
    return try cipher(Array(sealed.prefix(Self.infoSize))).open(sealed.dropFirst(Self.infoSize), at: place)
  }
}
