import APIMachinery
import FoundationEssentials
import HTTPService
import PKI

/// Issues service accounts' tokens and knows their bearers (Kubernetes, "Managing Service Accounts").
///
/// A token is believed while its account, and the object that it is bound to, are there.
public struct ServiceAccounts: TokenAuthenticator {
  let store: ClusterStore
  let tokens: ServiceAccountTokens
  /// Whom a token is meant for that names nobody.
  let audiences: [String]
  let terms: TokenTerms
  let now: @Sendable () -> Int64
  /// When tokens in Secrets are used.
  public let uses: LegacyTokenUses
  private let verified = VerifiedTokens()

  /// For how long a token is believed after what it hangs on was removed: clocks differ by that much, in seconds.
  private static let leeway: Int64 = 60

  /// - Parameters:
  ///   - audiences: the server's own.
  ///   - terms: what is granted.
  ///   - now: seconds since 1970.
  public init(
    _ store: ClusterStore, tokens: ServiceAccountTokens, audiences: [String], terms: TokenTerms = TokenTerms(),
    now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }
  ) {
    self.store = store
    self.tokens = tokens
    self.audiences = audiences
    self.terms = terms
    self.now = now
    uses = LegacyTokenUses(now: now)
  }

  public func bearer(of token: String, audiences wanted: [String]) async throws -> TokenBearer? {
    if let claims = verified[token] { return try bearer(claims, wanted) }
    if tokens.isOurs(token) {
      let claims = try Self.refusing { () throws(PKIError) in try tokens.claims(of: token) }
      verified[token] = claims
      return try bearer(claims, wanted)
    }
    if tokens.isLegacy(token) { return try legacy(token, wanted) }
    return nil
  }

  // MARK: Bound tokens

  private func bearer(_ claims: ServiceAccountClaims, _ wanted: [String]) throws(TokenRefusal) -> TokenBearer {
    let common = try Self.refusing { () throws(PKIError) in try tokens.check(claims, audiences: wanted) }
    try checkAccount(claims.namespace, claims.serviceAccount.name, uid: claims.serviceAccount.uid ?? "")
    var extra: [String: [String]] = [:]
    if let id = claims.id { extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(id)"] }
    func put(_ kind: String, _ reference: ServiceAccountClaims.Reference) {
      extra["authentication.kubernetes.io/\(kind)-name"] = [reference.name]
      if let uid = reference.uid { extra["authentication.kubernetes.io/\(kind)-uid"] = [uid] }
    }
    switch claims.binding {
    case .none: break
    case .secret(let secret): try check("secrets", claims.namespace, secret, "secret")
    case .pod(let pod, let node):
      try check("pods", claims.namespace, pod, "pod")
      put("pod", pod)
      if let node { put("node", node) }
    case .node(let node):
      try check("minions", nil, node, "node")
      put("node", node)
    }
    return TokenBearer(
      user: user(claims.subject, claims.namespace, claims.serviceAccount.uid, extra), audiences: common)
  }

  private func user(_ name: String, _ namespace: String, _ uid: String?, _ extra: [String: [String]]) -> User {
    User(
      name: name, uid: uid ?? "",
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"], extra: extra)
  }

  private func checkAccount(_ namespace: String, _ name: String, uid: String) throws(TokenRefusal) {
    guard let account = find("serviceaccounts", namespace, name) else {
      throw TokenRefusal("serviceaccounts \(name.goQuoted) not found")
    }
    guard !isGone(account) else { throw TokenRefusal("service account \(namespace)/\(name) has been deleted") }
    guard account.uid == uid else {
      throw TokenRefusal("service account UID (\(account.uid)) does not match claim (\(uid))")
    }
  }

  private func check(
    _ keys: String, _ namespace: String?, _ reference: ServiceAccountClaims.Reference, _ kind: String
  ) throws(TokenRefusal) {
    guard let object = find(keys, namespace, reference.name), !isGone(object) else {
      throw TokenRefusal("service account token has been invalidated")
    }
    guard object.uid == reference.uid else {
      throw TokenRefusal(
        "\(kind) UID (\(object.uid)) does not match service account \(kind) ref claim (\(reference.uid ?? ""))")
    }
  }

  /// An object by what its keys begin with; nil where it is not there.
  func find(_ keys: String, _ namespace: String?, _ name: String) -> CachedObject? {
    let prefix = "\(StorageLayout.root)\(keys)/"
    return store.cache(of: prefix).get(prefix + (namespace.map { $0 + "/" } ?? "") + name)
  }

  /// Whether the time at which an object is removed is over for so long that every clock has seen it.
  private func isGone(_ object: CachedObject) -> Bool {
    guard let text = object.object.header.deletionTimestamp else { return false }
    guard let time = Timestamp(text) else { return true }
    return time.seconds < now() - Self.leeway
  }

  // MARK: Tokens in Secrets

  private static let invalidSince = "kubernetes.io/legacy-token-invalid-since"

  private func legacy(_ token: String, _ wanted: [String]) throws(TokenRefusal) -> TokenBearer? {
    guard let common = OwnAudience(audiences: audiences).common(with: wanted) else { return nil }
    let claims = try Self.refusing { () throws(PKIError) in try tokens.verifyLegacy(token) }
    guard let secret = find("secrets", claims.namespace, claims.secretName),
      !secret.object.header.isBeingDeleted
    else { throw TokenRefusal("service account token has been invalidated") }
    guard secret.field(["data", "token"]) == Data(token.utf8).base64EncodedString() else {
      throw TokenRefusal("service account token does not match server's copy")
    }
    guard let account = find("serviceaccounts", claims.namespace, claims.accountName) else {
      throw TokenRefusal("serviceaccounts \(claims.accountName.goQuoted) not found")
    }
    guard !account.object.header.isBeingDeleted else {
      throw TokenRefusal("ServiceAccount \(claims.namespace)/\(claims.accountName) has been deleted")
    }
    guard account.uid == claims.accountUID else {
      throw TokenRefusal("ServiceAccount UID (\(account.uid)) does not match claim (\(claims.accountUID))")
    }
    guard secret.object.header.labels[Self.invalidSince] == nil else {
      throw TokenRefusal(
        "the token in secret \(claims.namespace)/\(claims.secretName) for service account "
          + "\(claims.namespace)/\(claims.accountName) has been marked invalid. Use tokens from the TokenRequest API or "
          + "manually created secret-based tokens, or remove the '\(Self.invalidSince)' label from the secret to "
          + "temporarily allow use of this token")
    }
    uses.note(secret)
    return TokenBearer(user: user(claims.subject, claims.namespace, claims.accountUID, [:]), audiences: common)
  }

  private static func refusing<Result>(_ body: () throws(PKIError) -> Result) throws(TokenRefusal) -> Result {
    do { return try body() } catch { throw TokenRefusal(error.message) }
  }

  /// What those need who check tokens themselves (OpenID Connect Discovery 1.0; RFC 7517).
  func document(_ path: String, address: String) throws(PKIError) -> (type: String, bytes: [UInt8])? {
    switch path {
    case "/openid/v1/jwks": ("application/jwk-set+json", try tokens.keySet.json)
    case "/.well-known/openid-configuration":
      (
        "application/json",
        try tokens.discoveryDocument(keySetURL: terms.keySetURL ?? "https://\(address)/openid/v1/jwks")
      )
    default: nil
    }
  }
}
