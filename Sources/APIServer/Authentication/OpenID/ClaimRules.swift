import APIMachinery
import PKI

/// What a token must say, and what a user may be (`claimValidationRules`, `userValidationRules`).
struct ClaimRules: Sendable {
  struct Rule: Sendable {
    let expression: AuthenticationExpression
    /// Told where it does not hold.
    let message: String
  }

  /// Claims that must be there with these values.
  var required: [String: String] = [:]
  var claims: [Rule] = []
  var users: [Rule] = []

  /// - Throws: `TokenRefusal`.
  func check(_ given: [String: ClaimValue], _ user: User) throws(TokenRefusal) {
    for (claim, value) in required.sorted(by: { $0.key < $1.key }) {
      guard let given = given[claim] else {
        throw TokenRefusal("oidc: required claim \(claim) not present in ID token")
      }
      guard let text = given.string else { throw TokenRefusal("oidc: parse claim \(claim): it is no string") }
      guard text == value else {
        throw TokenRefusal("oidc: required claim \(claim) value does not match. Got = \(text), want = \(value)")
      }
    }
    if !claims.isEmpty {
      let tree = JSONValue.object(JSONObject(given.map { ($0.key, JSONValue($0.value)) }))
      try Self.check(claims, tree, "claim validation expression")
    }
    if !users.isEmpty { try Self.check(users, Self.tree(of: user), "user info validation rule") }
  }

  private static func check(_ rules: [Rule], _ tree: JSONValue, _ what: String) throws(TokenRefusal) {
    do throws(AuthenticationExpression.Problem) {
      // All have a value before one decides.
      var failed: [Rule] = []
      for rule in rules where try !rule.expression.holds(tree) { failed.append(rule) }
      if let rule = failed.first {
        throw .init(message: "validation expression '\(rule.expression.text)' failed: \(rule.message)")
      }
    } catch { throw TokenRefusal("oidc: error evaluating \(what): \(error.message)") }
  }

  private static func tree(of user: User) -> JSONValue {
    func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    return [
      "username": .string(user.name), "uid": .string(user.uid), "groups": list(user.groups),
      "extra": .object(JSONObject(user.extra.map { ($0.key, list($0.value)) })),
    ]
  }
}
