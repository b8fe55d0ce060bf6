import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key that tokens are verified with.
public struct TokenVerificationKey: Sendable {
  enum Key: Sendable {
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case rsa(_RSA.Signing.PublicKey)
  }

  /// RSA keys below this size are refused.
  static let smallestRSA = 2048

  let key: Key
  /// Which of its issuer's keys it is.
  public let id: String
  /// The algorithms that the key may be used with; a token that names another is refused.
  let algorithms: [TokenAlgorithm]

  init(_ key: Key, id: String?, algorithm: TokenAlgorithm? = nil) {
    self.key = key
    self.id = id ?? Self.id(of: key)
    let all: [TokenAlgorithm] =
      switch key {
      case .p256: [.es256]
      case .p384: [.es384]
      case .p521: [.es512]
      case .rsa: [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
      }
    algorithms = algorithm.map { wanted in all.filter { $0 == wanted } } ?? all
  }

  /// A public key, or the public half of a private one.
  /// - Parameter pem: SubjectPublicKeyInfo, PKCS #8, SEC 1 or PKCS #1.
  /// - Throws: `malformed`, or `unsupported` for a small RSA key.
  public init(pem: String) throws(PKIError) {
    if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
      self.init(.p256(key), id: nil)
    } else if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) {
      self.init(.p384(key), id: nil)
    } else if let key = try? P521.Signing.PublicKey(pemRepresentation: pem) {
      self.init(.p521(key), id: nil)
    } else if let key = try? _RSA.Signing.PublicKey(unsafePEMRepresentation: pem) {
      guard key.keySizeInBits >= Self.smallestRSA else { throw Self.small(key.keySizeInBits) }
      self.init(.rsa(key), id: nil)
    } else {
      self = try TokenSigningKey(pem: pem).verificationKey
    }
  }

  /// SubjectPublicKeyInfo.
  public var pem: String {
    switch key {
    case .p256(let key): key.pemRepresentation + "\n"
    case .p384(let key): key.pemRepresentation + "\n"
    case .p521(let key): key.pemRepresentation + "\n"
    case .rsa(let key): key.pemRepresentation + "\n"
    }
  }

  static func small(_ bits: Int) -> PKIError {
    PKIError(.unsupported, "an RSA key of \(bits) bits is too small: \(smallestRSA) are needed")
  }

  /// What Kubernetes names a key by: the SHA-256 of its SubjectPublicKeyInfo.
  private static func id(of key: Key) -> String {
    let der =
      switch key {
      case .p256(let key): key.derRepresentation
      case .p384(let key): key.derRepresentation
      case .p521(let key): key.derRepresentation
      case .rsa(let key): key.derRepresentation
      }
    return Base64URL.encode(SHA256.hash(data: der))
  }

  func isValid(_ signature: [UInt8], for message: [UInt8], _ algorithm: TokenAlgorithm) -> Bool {
    guard algorithms.contains(algorithm) else { return false }
    switch (key, algorithm) {
    case (.p256(let key), .es256):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: message)
    case (.p384(let key), .es384):
      guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: message)
    case (.p521(let key), .es512):
      guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: message)
    case (.rsa(let key), .rs256): return key.isValid(signature, for: SHA256.hash(data: message), .insecurePKCS1v1_5)
    case (.rsa(let key), .rs384): return key.isValid(signature, for: SHA384.hash(data: message), .insecurePKCS1v1_5)
    case (.rsa(let key), .rs512): return key.isValid(signature, for: SHA512.hash(data: message), .insecurePKCS1v1_5)
    // The salt is as long as the digest (RFC 7518, section 3.5).
    case (.rsa(let key), .ps256): return key.isValid(signature, for: SHA256.hash(data: message), .PSS)
    case (.rsa(let key), .ps384): return key.isValid(signature, for: SHA384.hash(data: message), .PSS)
    case (.rsa(let key), .ps512): return key.isValid(signature, for: SHA512.hash(data: message), .PSS)
    default: return false
    }
  }
}

extension _RSA.Signing.PublicKey {
  fileprivate func isValid(
    _ signature: [UInt8], for digest: some Digest, _ padding: _RSA.Signing.Padding
  ) -> Bool {
    isValidSignature(.init(rawRepresentation: Data(signature)), for: digest, padding: padding)
  }
}
