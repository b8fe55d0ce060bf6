/// A JSON Web Token in its compact form (RFC 7515, section 3.1; RFC 7519): read, not yet believed.
public struct SignedToken: Sendable {
  private struct Header: Codable {
    let alg: String
    var kid: String?
    var crit: [String]?
  }

  /// The longest token that is looked at, in bytes.
  public static let limit = 65_536

  private let algorithm: TokenAlgorithm
  private let keyID: String?
  private let message: [UInt8]
  private let signature: [UInt8]
  /// The claims in JSON; whose they are is not known before `verify`.
  let payload: [UInt8]

  /// - Throws: `malformed`; `unsupported` for an algorithm that is not served, `none` among them.
  public init(_ text: String) throws(PKIError) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= Self.limit, parts.count == 3, let header = Base64URL.decode(parts[0]),
      let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]), !signature.isEmpty
    else { throw PKIError(.malformed, "this is no signed token in compact form") }
    let fields = try TokenJSON.decode(Header.self, header, what: "the header of the token")
    guard fields.crit == nil else {
      throw PKIError(.unsupported, "the token wants an extension to be understood that is not (crit)")
    }
    guard let algorithm = TokenAlgorithm(rawValue: fields.alg) else {
      throw PKIError(.unsupported, "tokens signed with \(fields.alg) are not accepted")
    }
    self.algorithm = algorithm
    self.payload = payload
    self.signature = signature
    keyID = fields.kid
    message = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
  }

  /// Verifies the signature with the key that the token names, or with any where it names none.
  /// - Parameter algorithms: those that are accepted; nil for all that the keys allow.
  /// - Throws: `signature`, `unsupported`.
  func verify(with keys: [TokenVerificationKey], algorithms: [TokenAlgorithm]? = nil) throws(PKIError) {
    if let algorithms, !algorithms.contains(algorithm) {
      throw PKIError(.unsupported, "tokens signed with \(algorithm.rawValue) are not accepted")
    }
    let candidates = keyID.map { id in keys.filter { $0.id == id } } ?? keys
    guard !candidates.isEmpty else { throw PKIError(.signature, "invalid signature, no keys found") }
    guard candidates.contains(where: { $0.isValid(signature, for: message, algorithm) }) else {
      throw PKIError(.signature, "invalid signature")
    }
  }

  /// Who a token says has issued it; nil where it is none. Nobody has verified that.
  static func issuer(of text: String) -> String? {
    struct Issuer: Codable { let iss: String }
    do { return try TokenJSON.decode(Issuer.self, try SignedToken(text).payload, what: "the token").iss } catch {
      // Whatever it is, it is no token.
      return nil
    }
  }

  /// Signs claims.
  static func sign(_ payload: [UInt8], with key: TokenSigningKey) throws(PKIError) -> String {
    let header = try TokenJSON.encode(Header(alg: key.algorithm.rawValue, kid: key.verificationKey.id))
    let message = Base64URL.encode(header) + "." + Base64URL.encode(payload)
    do { return message + "." + Base64URL.encode(try key.sign(Array(message.utf8))) } catch {
      throw PKIError(.signature, "the token cannot be signed", cause: error)
    }
  }
}
