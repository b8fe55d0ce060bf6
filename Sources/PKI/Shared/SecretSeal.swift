import Crypto
import CryptoExtras
import FoundationEssentials

/// Seals bytes with a key that whoever knows a secret can derive: AES-256 in Galois/Counter Mode (NIST SP 800-38D) under
/// PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2).
///
/// What is sealed says how its key is derived, so that it can be opened with nothing but the secret. Deriving takes some
/// tenths of a second of processor time, once.
public struct SecretSeal: Sendable {
  /// As many as is recommended for HMAC-SHA-256 (OWASP, "Password Storage Cheat Sheet").
  private static let rounds = 600_000
  /// What is believed of a stranger's envelope: not so few that guessing is cheap, not so many that opening never ends.
  private static let believableRounds = 210_000...10_000_000
  private static let kind = "apus/1 PBKDF2-HMAC-SHA-256 AES-256-GCM"

  private struct Envelope: Codable {
    var kind: String
    var rounds: Int
    var salt: Data
    var box: Data
  }

  private let rounds: Int
  private let salt: Data
  private let key: SymmetricKey

  private init(secret: String, salt: Data, rounds: Int) throws(PKIError) {
    self.salt = salt
    self.rounds = rounds
    do {
      key = try KDF.Insecure.PBKDF2.deriveKey(
        from: Array(secret.utf8), salt: salt, using: .sha256, outputByteCount: 32, rounds: rounds)
    } catch { throw PKIError(.unsupported, "no key can be derived from the secret", cause: error) }
  }

  /// For something that is sealed for the first time. Blocks for the time that deriving takes.
  public init(secret: String) throws(PKIError) {
    var random = SystemRandomNumberGenerator()
    let salt = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    try self.init(secret: secret, salt: salt, rounds: Self.rounds)
  }

  /// For something that is sealed already: the same secret gives the same key. Blocks for the time that deriving takes.
  /// - Throws: `malformed` where it is nothing that was sealed here.
  public init(secret: String, for sealed: [UInt8]) throws(PKIError) {
    let envelope = try Self.envelope(sealed)
    try self.init(secret: secret, salt: envelope.salt, rounds: envelope.rounds)
  }

  /// Bytes that only who knows the secret can read, and that nobody can change unnoticed.
  public func seal(_ bytes: [UInt8]) throws(PKIError) -> [UInt8] {
    do {
      let box = try AES.GCM.seal(bytes, using: key, authenticating: Array(Self.kind.utf8))
      guard let combined = box.combined else { throw PKIError(.unsupported, "the nonce has not the usual length") }
      return Array(
        try JSONEncoder().encode(Envelope(kind: Self.kind, rounds: rounds, salt: salt, box: combined)))
    } catch { throw PKIError(.malformed, "the secrets cannot be sealed", cause: error) }
  }

  /// - Throws: `signature` where the secret is another one, or the bytes were changed; `malformed`.
  public func open(_ sealed: [UInt8]) throws(PKIError) -> [UInt8] {
    let envelope = try Self.envelope(sealed)
    guard envelope.salt == salt, envelope.rounds == rounds else {
      throw PKIError(.signature, "it was sealed anew with another key")
    }
    do {
      return Array(
        try AES.GCM.open(
          AES.GCM.SealedBox(combined: envelope.box), using: key, authenticating: Array(Self.kind.utf8)))
    } catch { throw PKIError(.signature, "it was sealed with another secret, or was changed since", cause: error) }
  }

  private static func envelope(_ sealed: [UInt8]) throws(PKIError) -> Envelope {
    let envelope: Envelope
    do { envelope = try JSONDecoder().decode(Envelope.self, from: Data(sealed)) } catch {
      throw PKIError(.malformed, "it is nothing that was sealed", cause: error)
    }
    guard envelope.kind == kind else {
      throw PKIError(.unsupported, "it was sealed by another version, as \(envelope.kind)")
    }
    guard believableRounds.contains(envelope.rounds), (16...1024).contains(envelope.salt.count) else {
      throw PKIError(.malformed, "it says that its key is derived in a way that nobody derives keys")
    }
    return envelope
  }
}
