/// Makes of a value what nobody reads without the key, and reads it again.
protocol ValueCipher: Sendable {
  /// - Parameter place: where the value stands: what is moved elsewhere is not read any more, by ciphers that can tell.
  func seal(_ value: [UInt8], at place: [UInt8]) throws(CipherError) -> [UInt8]
  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) async throws(CipherError) -> [UInt8]
  /// Whether a value was sealed by another key than it would be today.
  func isStale(_ sealed: ArraySlice<UInt8>) -> Bool
}

extension ValueCipher {
  func isStale(_ sealed: ArraySlice<UInt8>) -> Bool { false }
}

/// Why a value cannot be sealed or read.
struct CipherError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }

  static let tooShort = CipherError("the stored data was shorter than the required size")
}

/// XSalsa20 and Poly1305 with a random nonce, which stands before the tag and the text (NaCl's `secretbox`; kube-apiserver's
/// `secretbox`).
struct SecretboxCipher: ValueCipher {
  private let box: Secretbox

  /// - Parameter key: 32 bytes.
  init(_ key: [UInt8]) { box = Secretbox(key: key) }

  func seal(_ value: [UInt8], at place: [UInt8]) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let nonce = (0..<Secretbox.nonceSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return nonce + box.seal(value, nonce: nonce)
  }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard sealed.count >= Secretbox.nonceSize + Secretbox.tagSize else { throw .tooShort }
    let nonce = Array(sealed.prefix(Secretbox.nonceSize))
    guard let value = box.open(sealed.dropFirst(Secretbox.nonceSize), nonce: nonce) else {
      throw CipherError("secretbox: message authentication failed")
    }
    return value
  }
}

/// What encrypts nothing, and does not take for text what another cipher has written (kube-apiserver's `identity`).
struct IdentityCipher: ValueCipher {
  /// What everything begins with that is encrypted; no object does.
  static let encryptedPrefix = Array("k8s:enc:".utf8)

  func seal(_ value: [UInt8], at place: [UInt8]) -> [UInt8] { value }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard !sealed.starts(with: Self.encryptedPrefix) else {
      throw CipherError("identity transformer tried to read encrypted data")
    }
    return Array(sealed)
  }
}
