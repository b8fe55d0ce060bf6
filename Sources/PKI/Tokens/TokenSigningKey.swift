import Crypto
import CryptoExtras
import FoundationEssentials

/// A private key that signs tokens: ECDSA on P-256, P-384 or P-521, or RSA with SHA-256.
public struct TokenSigningKey: Sendable {
  private enum Key: Sendable {
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)
    case rsa(_RSA.Signing.PrivateKey)
  }
  private let key: Key

  /// A new key on P-256.
  public init() { key = .p256(P256.Signing.PrivateKey()) }

  /// - Parameter pem: PKCS #8, SEC 1 or PKCS #1.
  /// - Throws: `malformed`, or `unsupported` for a small RSA key.
  public init(pem: String) throws(PKIError) {
    if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
      self.key = .p256(key)
    } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
      self.key = .p384(key)
    } else if let key = try? P521.Signing.PrivateKey(pemRepresentation: pem) {
      self.key = .p521(key)
    } else if let key = try? _RSA.Signing.PrivateKey(unsafePEMRepresentation: pem) {
      guard key.keySizeInBits >= TokenVerificationKey.smallestRSA else {
        throw TokenVerificationKey.small(key.keySizeInBits)
      }
      self.key = .rsa(key)
    } else {
      throw PKIError(.malformed, "the key for tokens is no ECDSA or RSA key in PEM")
    }
  }

  /// PKCS #8.
  public var pem: String {
    switch key {
    case .p256(let key): key.pemRepresentation + "\n"
    case .p384(let key): key.pemRepresentation + "\n"
    case .p521(let key): key.pemRepresentation + "\n"
    case .rsa(let key): key.pkcs8PEMRepresentation + "\n"
    }
  }

  public var algorithm: TokenAlgorithm {
    switch key {
    case .p256: .es256
    case .p384: .es384
    case .p521: .es512
    case .rsa: .rs256
    }
  }

  public var verificationKey: TokenVerificationKey {
    switch key {
    case .p256(let key): TokenVerificationKey(.p256(key.publicKey), id: nil)
    case .p384(let key): TokenVerificationKey(.p384(key.publicKey), id: nil)
    case .p521(let key): TokenVerificationKey(.p521(key.publicKey), id: nil)
    case .rsa(let key): TokenVerificationKey(.rsa(key.publicKey), id: nil, algorithm: .rs256)
    }
  }

  func sign(_ message: [UInt8]) throws -> [UInt8] {
    switch key {
    case .p256(let key): Array(try key.signature(for: message).rawRepresentation)
    case .p384(let key): Array(try key.signature(for: message).rawRepresentation)
    case .p521(let key): Array(try key.signature(for: message).rawRepresentation)
    case .rsa(let key):
      Array(try key.signature(for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5).rawRepresentation)
    }
  }
}
