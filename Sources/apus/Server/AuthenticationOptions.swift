import APIServer
import ArgumentParser

/// The flags about who clients are; named as kube-apiserver's.
struct AuthenticationOptions: ParsableArguments {
  @Option(help: "Issuer of service-account tokens.") var serviceAccountIssuer =
    "https://kubernetes.default.svc.cluster.local"
  @Option(help: "A file of tokens: lines of token,user,uid,\"group1,group2\".") var tokenAuthFile: String?
  @Option(help: "The OpenID provider whose identity tokens are accepted (https://…).") var oidcIssuerURL: String?
  @Option(help: "For whom the provider's tokens must be.") var oidcClientID: String?
  @Option(help: "The claim that is the user's name.") var oidcUsernameClaim = "sub"
  @Option(help: "Stands before each user's name; - for nothing (default ISSUER#, nothing for the claim email).")
  var oidcUsernamePrefix: String?
  @Option(help: "The claim that holds the user's groups.") var oidcGroupsClaim: String?
  @Option(help: "Stands before each group's name.") var oidcGroupsPrefix = ""
  @Option(help: "A claim that a token must have, NAME=VALUE; repeatable.") var oidcRequiredClaim: [String] = []
  @Option(help: "Authorities of the provider's certificate (PEM); the host's unless set.") var oidcCAFile: String?
  @Option(help: "Algorithms that the provider may sign with, separated by commas.") var oidcSigningAlgs = "RS256"

  /// Nil where no provider is named.
  func openID() throws -> OpenIDConfiguration? {
    guard let issuer = oidcIssuerURL, !issuer.isEmpty else {
      guard oidcClientID == nil else {
        throw ValidationError("--oidc-client-id needs --oidc-issuer-url")
      }
      return nil
    }
    guard let client = oidcClientID, !client.isEmpty else {
      throw ValidationError("--oidc-issuer-url needs --oidc-client-id")
    }
    guard issuer != serviceAccountIssuer else {
      throw ValidationError("--oidc-issuer-url \(issuer): this is the issuer of service accounts' tokens")
    }
    do {
      return try OpenIDConfiguration(
        issuer: issuer, clientID: client, usernameClaim: oidcUsernameClaim, usernamePrefix: oidcUsernamePrefix,
        groupsClaim: oidcGroupsClaim, groupsPrefix: oidcGroupsPrefix, requiredClaims: oidcRequiredClaim,
        algorithms: oidcSigningAlgs.split(separator: ",").map(String.init))
    } catch { throw ValidationError("--oidc-…: \(error)") }
  }

  func validate() throws { _ = try openID() }
}
