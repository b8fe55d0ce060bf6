import Crypto
import FoundationEssentials

/// Issues and checks the tokens of service accounts: JSON Web Tokens signed with ES256 (RFC 7519, RFC 7515, RFC 7518
/// section 3.4; Kubernetes, "Bound service account tokens").
public struct AccountTokens: Sendable {
  /// What a token says.
  public struct Claims: Codable, Sendable, Equatable {
    /// An object that the token is bound to.
    public struct Reference: Codable, Sendable, Equatable {
      public let name: String
      public let uid: String
      public init(name: String, uid: String) {
        self.name = name
        self.uid = uid
      }
    }
    public struct Kubernetes: Codable, Sendable, Equatable {
      public let namespace: String
      public let serviceaccount: Reference
      public let pod: Reference?
      public let secret: Reference?
      public let node: Reference?
      public init(
        namespace: String, serviceaccount: Reference, pod: Reference? = nil, secret: Reference? = nil,
        node: Reference? = nil
      ) {
        self.namespace = namespace
        self.serviceaccount = serviceaccount
        self.pod = pod
        self.secret = secret
        self.node = node
      }
    }
    public var iss: String
    public var sub: String
    public var aud: [String]
    /// Seconds since 1970.
    public var exp: Int64
    public var iat: Int64
    public var nbf: Int64
    public var jti: String
    public var kubernetes: Kubernetes

    enum CodingKeys: String, CodingKey {
      case iss, sub, aud, exp, iat, nbf, jti
      case kubernetes = "kubernetes.io"
    }
  }

  public let issuer: String
  public let keyPEM: String
  private let key: P256.Signing.PrivateKey
  private let keyID: String

  /// - Parameters:
  ///   - keyPEM: the private key; nil makes a new one.
  public init(issuer: String, keyPEM: String? = nil) throws(PKIError) {
    do {
      key = try keyPEM.map { try P256.Signing.PrivateKey(pemRepresentation: $0) } ?? P256.Signing.PrivateKey()
    } catch { throw PKIError(.unreadable, "the key for service-account tokens cannot be read", cause: error) }
    self.issuer = issuer
    self.keyPEM = key.pemRepresentation + "\n"
    keyID = Self.encode(Array(SHA256.hash(data: key.publicKey.derRepresentation)))
  }

  /// Makes a token for an account.
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - lifetime: in seconds.
  public func issue(
    _ kubernetes: Claims.Kubernetes, audiences: [String], identifier: String, now: Int64, lifetime: Int64
  ) throws(PKIError) -> String {
    let claims = Claims(
      iss: issuer, sub: "system:serviceaccount:\(kubernetes.namespace):\(kubernetes.serviceaccount.name)",
      aud: audiences, exp: now + lifetime, iat: now, nbf: now, jti: identifier, kubernetes: kubernetes)
    do {
      let head = Self.encode(Array(#"{"alg":"ES256","kid":"\#(keyID)","typ":"JWT"}"#.utf8))
      let text = head + "." + Self.encode(Array(try JSONEncoder().encode(claims)))
      let signature = try key.signature(for: Data(text.utf8))
      return text + "." + Self.encode(Array(signature.rawRepresentation))
    } catch { throw PKIError(.issue, "cannot sign a token", cause: error) }
  }

  /// Whether a text may be one of these tokens: its issuer is this one.
  public func isOurs(_ token: String) -> Bool { (try? Self.claims(token).iss) == issuer }

  /// Checks a token's signature, time and audience.
  /// - Parameters:
  ///   - audiences: it must be meant for one of them.
  ///   - now: seconds since 1970.
  public func verify(_ token: String, audiences: [String], now: Int64) throws(PKIError) -> Claims {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let signature = Self.decode(parts[2]),
      let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
      key.publicKey.isValidSignature(parsed, for: Data("\(parts[0]).\(parts[1])".utf8))
    else { throw PKIError(.invalid, "the token's signature is not valid") }
    let claims = try Self.claims(token)
    guard claims.iss == issuer else { throw PKIError(.invalid, "the token has another issuer") }
    guard !Set(claims.aud).isDisjoint(with: audiences) else {
      throw PKIError(.invalid, "token audiences \(claims.aud) is invalid for the target audiences \(audiences)")
    }
    guard claims.nbf <= now + Self.leeway else { throw PKIError(.expired, "the token is not valid yet") }
    guard now <= claims.exp else { throw PKIError(.expired, "the token has expired") }
    return claims
  }

  /// Seconds that clocks may differ by.
  private static let leeway: Int64 = 60

  private static func claims(_ token: String) throws(PKIError) -> Claims {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let body = decode(parts[1]),
      let claims = try? JSONDecoder().decode(Claims.self, from: body)
    else { throw PKIError(.unreadable, "the token is not one of a service account") }
    return claims
  }

  /// The public key as a JSON Web Key Set (RFC 7517), for those who check tokens themselves.
  public var keySet: String {
    let point = Array(key.publicKey.rawRepresentation)
    return
      #"{"keys":[{"use":"sig","kty":"EC","kid":"\#(keyID)","crv":"P-256","alg":"ES256","x":"\#(Self.encode(Array(point[..<32])))","y":"\#(Self.encode(Array(point[32...])))"}]}"#
  }

  // MARK: base64url without padding (RFC 4648, section 5)

  private static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func decode(_ text: Substring) -> Data? {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
  }
}
