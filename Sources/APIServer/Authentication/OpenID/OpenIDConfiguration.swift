import PKI

/// Which provider of OpenID Connect is trusted, and how its claims become a user
/// (Kubernetes, "OpenID Connect Tokens").
public struct OpenIDConfiguration: Sendable {
  /// Why a configuration cannot be used.
  public struct Invalid: Error, Sendable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
  }

  public let issuer: String
  /// Where the provider describes itself; nil for the place that follows from its name.
  let discoveryURL: String?
  /// Of the provider's certificate (PEM); nil for those of the host.
  public let authorities: String?
  /// A token must be for one of them.
  let audiences: [String]
  let algorithms: [TokenAlgorithm]
  let mappings: ClaimMappings
  let rules: ClaimRules

  init(
    issuer: String, discoveryURL: String?, authorities: String?, audiences: [String],
    algorithms: [TokenAlgorithm], mappings: ClaimMappings, rules: ClaimRules
  ) {
    self.issuer = issuer
    self.discoveryURL = discoveryURL
    self.authorities = authorities
    self.audiences = audiences
    self.algorithms = algorithms
    self.mappings = mappings
    self.rules = rules
  }

  /// What kube-apiserver's `--oidc-…` flags say.
  /// - Parameters:
  ///   - clientID: for whom tokens must be.
  ///   - usernamePrefix: nil for the usual one: the issuer and `#`, or none for mail addresses; `-` for none.
  ///   - requiredClaims: `name=value`.
  ///   - algorithms: by their names in RFC 7518.
  ///   - authorities: of the provider's certificate (PEM).
  public init(
    issuer: String, clientID: String, usernameClaim: String = "sub", usernamePrefix: String? = nil,
    groupsClaim: String? = nil, groupsPrefix: String = "", requiredClaims: [String] = [],
    algorithms: [String] = ["RS256"], authorities: String? = nil
  ) throws(Invalid) {
    guard issuer.hasPrefix("https://") else {
      throw Invalid(message: "the issuer's URL \(issuer) must begin with https://")
    }
    guard !issuer.contains("?"), !issuer.contains("#"), !issuer.contains("@") else {
      throw Invalid(message: "the issuer's URL \(issuer) must have no user, query or fragment")
    }
    guard !clientID.isEmpty else { throw Invalid(message: "the issuer \(issuer) needs a client's identifier") }
    guard !usernameClaim.isEmpty else { throw Invalid(message: "the claim of the user's name is empty") }
    let prefix =
      switch usernamePrefix {
      case nil, "": usernameClaim == "email" ? "" : issuer + "#"
      case "-": ""
      case let prefix?: prefix
      }
    var rules = ClaimRules()
    for text in requiredClaims {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw Invalid(message: "the required claim \(text) must be NAME=VALUE")
      }
      rules.required[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    var known: [TokenAlgorithm] = []
    for name in algorithms {
      guard let algorithm = TokenAlgorithm(rawValue: name) else {
        let all = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        throw Invalid(message: "tokens signed with \(name) are not accepted: supported are \(all)")
      }
      known.append(algorithm)
    }
    self.init(
      issuer: issuer, discoveryURL: nil, authorities: authorities, audiences: [clientID], algorithms: known,
      mappings: ClaimMappings(
        username: .claim(usernameClaim, prefix: prefix),
        groups: groupsClaim.flatMap { $0.isEmpty ? nil : .claim($0, prefix: groupsPrefix) }), rules: rules)
  }
}
