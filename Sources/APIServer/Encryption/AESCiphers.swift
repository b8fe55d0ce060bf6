import Crypto
import CryptoExtras
import FoundationEssentials

/// AES in Galois/counter mode with a random nonce, which stands before the text; the tag stands behind it
/// (NIST SP 800-38D; kube-apiserver's `aesgcm`).
struct AESGCMCipher: ValueCipher {
  private static let nonceSize = 12
  private let key: SymmetricKey

  /// - Parameter key: 16, 24 or 32 bytes.
  init(_ key: [UInt8]) { self.init(SymmetricKey(data: key)) }

  init(_ key: SymmetricKey) { self.key = key }

  func seal(_ value: [UInt8], at place: [UInt8]) throws(CipherError) -> [UInt8] {
    do {
      let box = try AES.GCM.seal(value, using: key, authenticating: place)
      return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    } catch { throw CipherError("AES-GCM cannot encrypt: \(error)") }
  }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard sealed.count >= Self.nonceSize else { throw .tooShort }
    do {
      return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: place))
    } catch { throw CipherError("cipher: message authentication failed") }
  }
}

/// AES in cipher block chaining with a random vector, which stands before the text, and PKCS #7 padding (NIST SP 800-38A,
/// RFC 5652, 6.3; kube-apiserver's `aescbc`). What is written is not authenticated.
struct AESCBCCipher: ValueCipher {
  private static let blockSize = 16
  private let key: SymmetricKey

  /// - Parameter key: 16, 24 or 32 bytes.
  init(_ key: [UInt8]) { self.key = SymmetricKey(data: key) }

  func seal(_ value: [UInt8], at place: [UInt8]) throws(CipherError) -> [UInt8] {
    do {
      let vector = AES._CBC.IV()
      return Array(vector) + Array(try AES._CBC.encrypt(value, using: key, iv: vector))
    } catch { throw CipherError("AES-CBC cannot encrypt: \(error)") }
  }

  func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws(CipherError) -> [UInt8] {
    guard sealed.count >= Self.blockSize else { throw .tooShort }
    guard sealed.count % Self.blockSize == 0 else {
      throw CipherError("the stored data is not a multiple of the block size")
    }
    guard sealed.count > Self.blockSize else { throw CipherError("invalid PKCS7 data (empty or not padded)") }
    do {
      let vector = try AES._CBC.IV(ivBytes: sealed.prefix(Self.blockSize))
      return Array(try AES._CBC.decrypt(sealed.dropFirst(Self.blockSize), using: key, iv: vector))
    } catch { throw CipherError("invalid padding on input") }
  }
}
