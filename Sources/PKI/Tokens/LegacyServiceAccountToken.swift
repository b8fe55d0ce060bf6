/// The tokens that stand in Secrets of the type `kubernetes.io/service-account-token`: they do not end, and are worth
/// something as long as their Secret holds them (pkg/serviceaccount, legacy claims).
public struct LegacyServiceAccountToken: Sendable, Equatable {
  /// What their `iss` claim says, whatever the cluster is called.
  public static let issuer = "kubernetes/serviceaccount"

  public let namespace: String
  public let accountName: String
  public let accountUID: String
  public let secretName: String

  public init(namespace: String, accountName: String, accountUID: String, secretName: String) {
    self.namespace = namespace
    self.accountName = accountName
    self.accountUID = accountUID
    self.secretName = secretName
  }

  /// The user's name.
  public var subject: String { ServiceAccountClaims.subject(namespace, accountName) }
}

/// The claims as they stand in the token.
struct LegacyServiceAccountPayload: Codable {
  let iss: String
  let sub: String
  let namespace: String
  let accountName: String
  let accountUID: String
  let secretName: String

  enum CodingKeys: String, CodingKey {
    case iss, sub
    case namespace = "kubernetes.io/serviceaccount/namespace"
    case accountName = "kubernetes.io/serviceaccount/service-account.name"
    case accountUID = "kubernetes.io/serviceaccount/service-account.uid"
    case secretName = "kubernetes.io/serviceaccount/secret.name"
  }

  init(_ token: LegacyServiceAccountToken) {
    iss = LegacyServiceAccountToken.issuer
    sub = token.subject
    namespace = token.namespace
    accountName = token.accountName
    accountUID = token.accountUID
    secretName = token.secretName
  }

  /// Nil where a part is empty, or the subject is not the account.
  var token: LegacyServiceAccountToken? {
    guard ![namespace, accountName, accountUID, secretName].contains("") else { return nil }
    let token = LegacyServiceAccountToken(
      namespace: namespace, accountName: accountName, accountUID: accountUID, secretName: secretName)
    return token.subject == sub ? token : nil
  }
}

extension ServiceAccountTokens {
  /// Whether a token claims to be one that a Secret holds, by its unverified issuer.
  public func isLegacy(_ text: String) -> Bool { SignedToken.issuer(of: text) == LegacyServiceAccountToken.issuer }

  /// Signs a token for a Secret.
  public func issue(_ token: LegacyServiceAccountToken) throws(PKIError) -> String {
    try SignedToken.sign(try TokenJSON.encode(LegacyServiceAccountPayload(token)), with: keys().signer)
  }

  /// Verifies the signature of a token that a Secret holds. That the Secret still holds it is for the caller to see.
  /// - Throws: `malformed`, `unsupported`, `signature`, `issuer`.
  public func verifyLegacy(_ text: String) throws(PKIError) -> LegacyServiceAccountToken {
    let token = try SignedToken(text)
    try token.verify(with: keys().verifying)
    let payload = try TokenJSON.decode(LegacyServiceAccountPayload.self, token.payload, what: "the token")
    guard payload.iss == LegacyServiceAccountToken.issuer else {
      throw PKIError(.issuer, "token issuer \"\(payload.iss)\" is invalid")
    }
    guard let claims = payload.token else {
      throw PKIError(.malformed, "the claims of the token are not those of a service account")
    }
    return claims
  }
}
