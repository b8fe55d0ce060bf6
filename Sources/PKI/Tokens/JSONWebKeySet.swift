import Crypto
import CryptoExtras
import FoundationEssentials

/// The public keys of an issuer, as it publishes them (RFC 7517, section 5).
public struct JSONWebKeySet: Sendable {
  public let keys: [TokenVerificationKey]

  public init(_ keys: [TokenVerificationKey]) { self.keys = keys }

  /// One key of the document (RFC 7518, section 6).
  private struct Entry: Codable {
    var use: String?
    let kty: String
    var kid: String?
    var crv: String?
    var alg: String?
    var x: String?
    var y: String?
    var n: String?
    var e: String?
  }

  private struct Document: Codable {
    let keys: [Entry]
  }

  /// Reads a document. Keys of kinds that are not served, and keys that are not for signatures, are left out: an issuer
  /// may have them for others.
  /// - Throws: `malformed`.
  public init(json: [UInt8]) throws(PKIError) {
    let document = try TokenJSON.decode(Document.self, json, what: "the set of keys")
    keys = document.keys.compactMap { Self.key($0) }
  }

  /// The document, `application/jwk-set+json`.
  public var json: [UInt8] {
    get throws(PKIError) {
      try TokenJSON.encode(Document(keys: keys.map { (key) throws(PKIError) in try Self.entry(key) }))
    }
  }

  private static func key(_ entry: Entry) -> TokenVerificationKey? {
    guard entry.use == nil || entry.use == "sig" else { return nil }
    let algorithm = entry.alg.flatMap { TokenAlgorithm(rawValue: $0) }
    guard entry.alg == nil || algorithm != nil else { return nil }
    let key: TokenVerificationKey.Key
    switch (entry.kty, entry.crv) {
    case ("EC", let curve?):
      guard let x = entry.x.flatMap({ Base64URL.decode($0) }), let y = entry.y.flatMap({ Base64URL.decode($0) }),
        let point = point(curve, x + y)
      else { return nil }
      key = point
    case ("RSA", _):
      guard let n = entry.n.flatMap({ Base64URL.decode($0) }), let e = entry.e.flatMap({ Base64URL.decode($0) }),
        let rsa = try? _RSA.Signing.PublicKey(n: n, e: e), rsa.keySizeInBits >= TokenVerificationKey.smallestRSA
      else { return nil }
      key = .rsa(rsa)
    default: return nil
    }
    let result = TokenVerificationKey(key, id: entry.kid, algorithm: algorithm)
    return result.algorithms.isEmpty ? nil : result
  }

  /// A point on a curve; nil where it is not on it.
  private static func point(_ curve: String, _ raw: [UInt8]) -> TokenVerificationKey.Key? {
    switch curve {
    case "P-256": (try? P256.Signing.PublicKey(rawRepresentation: raw)).map { .p256($0) }
    case "P-384": (try? P384.Signing.PublicKey(rawRepresentation: raw)).map { .p384($0) }
    case "P-521": (try? P521.Signing.PublicKey(rawRepresentation: raw)).map { .p521($0) }
    default: nil
    }
  }

  private static func entry(_ key: TokenVerificationKey) throws(PKIError) -> Entry {
    let algorithm = key.algorithms.first?.rawValue
    switch key.key {
    case .p256(let point): return ellipticEntry(key.id, "P-256", algorithm, Array(point.rawRepresentation))
    case .p384(let point): return ellipticEntry(key.id, "P-384", algorithm, Array(point.rawRepresentation))
    case .p521(let point): return ellipticEntry(key.id, "P-521", algorithm, Array(point.rawRepresentation))
    case .rsa(let rsa):
      do {
        let numbers = try rsa.getKeyPrimitives()
        return Entry(
          use: "sig", kty: "RSA", kid: key.id, alg: algorithm, n: Base64URL.encode(numbers.modulus),
          e: Base64URL.encode(numbers.publicExponent))
      } catch {
        throw PKIError(.unsupported, "the numbers of an RSA key cannot be read", cause: error)
      }
    }
  }

  private static func ellipticEntry(_ id: String, _ curve: String, _ algorithm: String?, _ raw: [UInt8]) -> Entry {
    Entry(
      use: "sig", kty: "EC", kid: id, crv: curve, alg: algorithm, x: Base64URL.encode(raw.prefix(raw.count / 2)),
      y: Base64URL.encode(raw.suffix(raw.count / 2)))
  }
}
