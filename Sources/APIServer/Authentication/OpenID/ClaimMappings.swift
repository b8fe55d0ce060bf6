import APIMachinery
import PKI

/// How the claims of a token become a user (`claimMappings`).
struct ClaimMappings: Sendable {
  enum Source: Sendable {
    /// The value of a claim, behind a prefix.
    case claim(String, prefix: String)
    case expression(AuthenticationExpression)
  }

  var username: Source
  var groups: Source?
  var uid: Source?
  var extra: [(key: String, value: AuthenticationExpression)] = []

  /// The claim that groups are read from; nil where none is.
  var groupsClaim: String? {
    if case .claim(let name, _)? = groups { name } else { nil }
  }

  /// - Throws: `TokenRefusal`.
  func user(_ claims: [String: ClaimValue]) throws(TokenRefusal) -> User {
    // What expressions see.
    let tree = JSONValue.object(JSONObject(claims.map { ($0.key, JSONValue($0.value)) }))
    var user = User(name: try name(claims, tree))
    user.groups = try groups(claims, tree)
    switch uid {
    case nil: break
    case .claim(let name, _): user.uid = try Self.text(name, claims, what: "uid claim")
    case .expression(let expression):
      user.uid = try Self.evaluating("uid claim") { () throws(AuthenticationExpression.Problem) in
        try expression.text(tree, of: "uid")
      }
    }
    if let id = claims["jti"]?.string, !id.isEmpty {
      user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(id)"]
    }
    for (key, expression) in extra {
      let values = try Self.evaluating("extra claim") { () throws(AuthenticationExpression.Problem) in
        try expression.texts(tree)
      }
      if !values.isEmpty { user.extra[key] = values }
    }
    return user
  }

  private func name(_ claims: [String: ClaimValue], _ tree: JSONValue) throws(TokenRefusal) -> String {
    switch username {
    case .expression(let expression):
      let name = try Self.evaluating("username claim") { () throws(AuthenticationExpression.Problem) in
        try expression.text(tree, of: "username")
      }
      guard !name.isEmpty else { throw TokenRefusal("oidc: empty username via CEL expression is not allowed") }
      return name
    case .claim(let claim, let prefix):
      let name = try Self.text(claim, claims, what: "username claims")
      if claim == "email", let verified = claims["email_verified"] {
        guard let isVerified = verified.bool else {
          throw TokenRefusal("oidc: parse 'email_verified' claim: it is no bool")
        }
        guard isVerified else { throw TokenRefusal("oidc: email not verified") }
      }
      return prefix + name
    }
  }

  private func groups(_ claims: [String: ClaimValue], _ tree: JSONValue) throws(TokenRefusal) -> [String] {
    switch groups {
    case nil: return []
    case .claim(let claim, let prefix):
      guard let value = claims[claim], value != .null else { return [] }
      guard let groups = value.strings else {
        throw TokenRefusal("oidc: parse groups claim \(claim.goQuoted): it is neither a string nor a list of strings")
      }
      return groups.map { prefix + $0 }
    case .expression(let expression):
      return try Self.evaluating("group claim") { () throws(AuthenticationExpression.Problem) in
        try expression.texts(tree)
      }
    }
  }

  private static func text(
    _ claim: String, _ claims: [String: ClaimValue], what: String
  ) throws(TokenRefusal) -> String {
    guard let value = claims[claim] else {
      throw TokenRefusal("oidc: parse \(what) \(claim.goQuoted): claim not present")
    }
    guard let text = value.string else { throw TokenRefusal("oidc: parse \(what) \(claim.goQuoted): it is no string") }
    return text
  }

  private static func evaluating<Value>(
    _ what: String, _ body: () throws(AuthenticationExpression.Problem) -> Value
  ) throws(TokenRefusal) -> Value {
    do { return try body() } catch { throw TokenRefusal("oidc: error evaluating \(what) expression: \(error.message)") }
  }
}

extension JSONValue {
  /// As Go reads a claim whose type nobody has fixed: every number is a double.
  init(_ claim: ClaimValue) {
    self =
      switch claim {
      case .null: .null
      case .bool(let value): .bool(value)
      case .number(let value): .double(value)
      case .string(let value): .string(value)
      case .array(let values): .array(values.map { JSONValue($0) })
      case .object(let values): .object(JSONObject(values.map { ($0.key, JSONValue($0.value)) }))
      }
  }
}
