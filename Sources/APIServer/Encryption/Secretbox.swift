import CSodium

/// Authenticated encryption with a secret key: XSalsa20 and Poly1305 (libsodium's `crypto_secretbox`; D. J. Bernstein,
/// "Cryptography in NaCl", sections 7 to 9).
struct Secretbox: Sendable {
  static let keySize = 32
  static let nonceSize = 24
  static let tagSize = 16

  private let key: [UInt8]

  /// - Parameter key: 32 bytes.
  init(key: [UInt8]) {
    precondition(key.count == Self.keySize)
    self.key = key
  }

  /// The tag and the encrypted text.
  /// - Parameter nonce: 24 bytes that were never used with the key before.
  func seal(_ text: [UInt8], nonce: [UInt8]) -> [UInt8] {
    precondition(nonce.count == Self.nonceSize)
    var sealed = [UInt8](repeating: 0, count: Self.tagSize + text.count)
    let isDone = apus_secretbox_seal(&sealed, text, Int32(text.count), nonce, key)
    precondition(isDone == 1, "libsodium has found no source of random numbers")
    return sealed
  }

  /// Nil where the text is not what was sealed with this key and nonce.
  /// - Parameter sealed: the tag and the encrypted text.
  func open(_ sealed: ArraySlice<UInt8>, nonce: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.tagSize, nonce.count == Self.nonceSize else { return nil }
    var text = [UInt8](repeating: 0, count: sealed.count - Self.tagSize)
    return apus_secretbox_open(&text, Array(sealed), Int32(sealed.count), nonce, key) == 1 ? text : nil
  }
}
