/// What a service account's token says: Kubernetes' claims (pkg/serviceaccount, claims).
public struct ServiceAccountClaims: Sendable, Equatable {
  /// An object that a token is bound to: with it gone, the token is worth nothing.
  public struct Reference: Sendable, Equatable, Codable {
    public let name: String
    /// Missing for a node of which only the name is known.
    public let uid: String?

    public init(name: String, uid: String?) {
      self.name = name
      self.uid = uid
    }
  }

  /// What a token is bound to.
  public enum Binding: Sendable, Equatable {
    /// Nothing but the service account.
    case none
    case pod(Reference, node: Reference?)
    case secret(Reference)
    case node(Reference)
  }

  public var namespace: String
  public var serviceAccount: Reference
  public var binding: Binding
  public var audiences: [String]
  /// Seconds since 1970.
  public var issuedAt: Int64
  public var notBefore: Int64
  public var expires: Int64
  /// When a token that was made to last longer than it was asked to should have been replaced.
  public var warnAfter: Int64?
  /// Names this one token (`jti`).
  public var id: String?

  public init(
    namespace: String, serviceAccount: Reference, binding: Binding, audiences: [String], issuedAt: Int64,
    notBefore: Int64, expires: Int64, warnAfter: Int64? = nil, id: String?
  ) {
    self.namespace = namespace
    self.serviceAccount = serviceAccount
    self.binding = binding
    self.audiences = audiences
    self.issuedAt = issuedAt
    self.notBefore = notBefore
    self.expires = expires
    self.warnAfter = warnAfter
    self.id = id
  }

  /// The user's name.
  public var subject: String { Self.subject(namespace, serviceAccount.name) }

  static func subject(_ namespace: String, _ name: String) -> String { "system:serviceaccount:\(namespace):\(name)" }
}

/// The claims as they stand in the token.
struct ServiceAccountPayload: Codable {
  struct Kubernetes: Codable {
    let namespace: String
    let serviceaccount: ServiceAccountClaims.Reference
    var pod: ServiceAccountClaims.Reference?
    var secret: ServiceAccountClaims.Reference?
    var node: ServiceAccountClaims.Reference?
    var warnafter: NumericDate?
  }

  let iss: String
  let sub: String
  var aud: TokenAudience?
  var exp: NumericDate?
  var iat: NumericDate?
  var nbf: NumericDate?
  var jti: String?
  let kubernetes: Kubernetes

  enum CodingKeys: String, CodingKey {
    case iss, sub, aud, exp, iat, nbf, jti
    case kubernetes = "kubernetes.io"
  }

  init(issuer: String, _ claims: ServiceAccountClaims) {
    iss = issuer
    sub = claims.subject
    aud = TokenAudience(claims.audiences)
    exp = NumericDate(claims.expires)
    iat = NumericDate(claims.issuedAt)
    nbf = NumericDate(claims.notBefore)
    jti = claims.id
    var kubernetes = Kubernetes(namespace: claims.namespace, serviceaccount: claims.serviceAccount)
    switch claims.binding {
    case .none: break
    case .pod(let pod, let node):
      kubernetes.pod = pod
      kubernetes.node = node
    case .secret(let secret): kubernetes.secret = secret
    case .node(let node): kubernetes.node = node
    }
    kubernetes.warnafter = claims.warnAfter.map { NumericDate($0) }
    self.kubernetes = kubernetes
  }

  /// Nil where what the token says of itself does not agree.
  func claims() -> ServiceAccountClaims? {
    guard sub == ServiceAccountClaims.subject(kubernetes.namespace, kubernetes.serviceaccount.name),
      !kubernetes.namespace.isEmpty, !kubernetes.serviceaccount.name.isEmpty,
      kubernetes.serviceaccount.uid?.isEmpty == false, let exp
    else { return nil }
    let binding: ServiceAccountClaims.Binding
    switch (kubernetes.pod, kubernetes.secret, kubernetes.node) {
    case (let pod?, nil, let node): binding = .pod(pod, node: node)
    case (nil, let secret?, nil): binding = .secret(secret)
    case (nil, nil, let node?): binding = .node(node)
    case (nil, nil, nil): binding = .none
    default: return nil
    }
    return ServiceAccountClaims(
      namespace: kubernetes.namespace, serviceAccount: kubernetes.serviceaccount, binding: binding,
      audiences: aud?.values ?? [], issuedAt: iat?.seconds ?? 0, notBefore: nbf?.seconds ?? 0, expires: exp.seconds,
      warnAfter: kubernetes.warnafter?.seconds, id: jti)
  }
}
