import PKI

/// Which provider of OpenID Connect is trusted, and how its claims become a user
/// (Kubernetes, "OpenID Connect Tokens"; kube-apiserver's `--oidc-…` flags).
public struct OpenIDConfiguration: Sendable {
  /// Why a configuration cannot be used.
  public struct Invalid: Error, Sendable, CustomStringConvertible {
    public let message: String
    public var description: String { message }
  }

  public let issuer: String
  public let clientID: String
  public let usernameClaim: String
  /// What stands before the name of each user.
  public let usernamePrefix: String
  public let groupsClaim: String?
  public let groupsPrefix: String
  /// Claims that a token must have with these values.
  public let requiredClaims: [String: String]
  public let algorithms: [TokenAlgorithm]

  /// - Parameters:
  ///   - usernamePrefix: nil for the usual one: the issuer and `#`, or none for mail addresses; `-` for none.
  ///   - requiredClaims: `name=value`.
  ///   - algorithms: by their names in RFC 7518.
  public init(
    issuer: String, clientID: String, usernameClaim: String = "sub", usernamePrefix: String? = nil,
    groupsClaim: String? = nil, groupsPrefix: String = "", requiredClaims: [String] = [],
    algorithms: [String] = ["RS256"]
  ) throws(Invalid) {
    guard issuer.hasPrefix("https://") else {
      throw Invalid(message: "the issuer's URL \(issuer) must begin with https://")
    }
    guard !issuer.contains("?"), !issuer.contains("#"), !issuer.contains("@") else {
      throw Invalid(message: "the issuer's URL \(issuer) must have no user, query or fragment")
    }
    guard !clientID.isEmpty else { throw Invalid(message: "the issuer \(issuer) needs a client's identifier") }
    guard !usernameClaim.isEmpty else { throw Invalid(message: "the claim of the user's name is empty") }
    self.issuer = issuer
    self.clientID = clientID
    self.usernameClaim = usernameClaim
    self.usernamePrefix =
      switch usernamePrefix {
      case nil, "": usernameClaim == "email" ? "" : issuer + "#"
      case "-": ""
      case let prefix?: prefix
      }
    self.groupsClaim = groupsClaim.flatMap { $0.isEmpty ? nil : $0 }
    self.groupsPrefix = groupsPrefix
    var claims: [String: String] = [:]
    for text in requiredClaims {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw Invalid(message: "the required claim \(text) must be NAME=VALUE")
      }
      claims[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    self.requiredClaims = claims
    var known: [TokenAlgorithm] = []
    for name in algorithms {
      guard let algorithm = TokenAlgorithm(rawValue: name) else {
        let all = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        throw Invalid(message: "tokens signed with \(name) are not accepted: supported are \(all)")
      }
      known.append(algorithm)
    }
    self.algorithms = known
  }
}
