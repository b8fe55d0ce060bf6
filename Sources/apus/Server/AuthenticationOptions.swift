import APIMachinery
import APIServer
import ArgumentParser

/// The flags about who clients are; named as kube-apiserver's.
struct AuthenticationOptions: ParsableArguments {
  private static let usualIssuer = "https://kubernetes.default.svc.cluster.local"

  @Option(
    help:
      "Issuer of service-account tokens; repeatable: those of all are accepted, and the first one is the issuer of new ones (default \(usualIssuer))."
  )
  var serviceAccountIssuer: [String] = []
  @Option(
    name: .customLong("service-account-jwks-uri"),
    help: "Where the keys are found by which service-account tokens are verified (https://…; default: this server).")
  var serviceAccountJWKSURI: String?
  @Option(help: "How long a service-account token lasts at most, from 1h, as in 24h; 0s: as long as is asked for.")
  var serviceAccountMaxTokenExpiration = "0s"
  @Option(
    help: "Whether tokens of pods last longer than they are said to, for old clients: true or false (default true).")
  var serviceAccountExtendTokenExpiration: Bool?
  @Option(
    help: "Whom tokens may be for that this server takes, separated by commas; repeatable (default: the issuers).")
  var apiAudiences: [String] = []
  @Option(help: "Authorities whose certificates clients may show, beside the cluster's own (PEM).")
  var clientCAFile: String?
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

  @Option(help: "A kubeconfig of the webhook that is asked about tokens that nobody else knows.")
  var authenticationTokenWebhookConfigFile: String?
  @Option(help: "The version of TokenReview that the webhook reads: v1 or v1beta1.")
  var authenticationTokenWebhookVersion = "v1beta1"
  @Option(
    name: .customLong("authentication-token-webhook-cache-ttl"),
    help: "How long it is remembered what the webhook has said of a token.")
  var authenticationTokenWebhookCacheTTL = "2m0s"

  @Option(help: "Whose tokens are believed: a file of kind AuthenticationConfiguration of apiserver.config.k8s.io/v1.")
  var authenticationConfig: String?
  @Option(
    help: "Whether requests that say nothing of their sender are taken as nobody's: true or false (default true).")
  var anonymousAuth: Bool?

  /// Who issues service accounts' tokens: the one of new tokens first.
  var issuers: (present: String, others: [String]) {
    (serviceAccountIssuer.first ?? Self.usualIssuer, Array(serviceAccountIssuer.dropFirst()))
  }

  private var allIssuers: [String] { [issuers.present] + issuers.others }

  /// Whom tokens may be for that the server takes; service accounts' are for all of them unless they say otherwise.
  var audiences: [String] {
    let named = ServerOptions.names(apiAudiences)
    return named.isEmpty ? allIssuers : named
  }

  /// What is granted of service accounts' tokens.
  var tokenTerms: TokenTerms {
    let longest = (GoDuration.nanoseconds(serviceAccountMaxTokenExpiration) ?? 0) / 1_000_000_000
    return TokenTerms(
      longest: longest > 0 ? longest : nil, extends: serviceAccountExtendTokenExpiration ?? true,
      keySetURL: serviceAccountJWKSURI)
  }

  /// The file by which issuers are known or reached, if there is one.
  var followedFile: String? { authenticationConfig ?? oidcCAFile }

  /// What the file says, or the flags in its place.
  /// - Parameter bytes: what ``followedFile`` holds; nil where there is none.
  func configuration(
    _ bytes: [UInt8]?
  ) throws -> (issuers: [OpenIDConfiguration], anonymous: AnonymousAccess) {
    let flag: AnonymousAccess = anonymousAuth ?? true ? .everywhere : .nowhere
    guard let path = authenticationConfig else {
      let authorities = bytes.map { String(decoding: $0, as: UTF8.self) }
      return (try openID(authorities: authorities).map { [$0] } ?? [], flag)
    }
    let file: AuthenticationConfiguration
    do throws(StatusError) {
      file = try AuthenticationConfiguration(bytes ?? [], disallowed: allIssuers)
    } catch {
      throw ValidationError("--authentication-config \(path): \(error.message)")
    }
    guard file.anonymous == nil || anonymousAuth == nil else {
      throw ValidationError(
        "--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file")
    }
    return (file.issuers, file.anonymous ?? flag)
  }

  /// Nil where no provider is named.
  /// - Parameter authorities: of the provider's certificate (PEM).
  private func openID(authorities: String? = nil) throws -> OpenIDConfiguration? {
    guard let issuer = oidcIssuerURL, !issuer.isEmpty else {
      guard oidcClientID == nil else {
        throw ValidationError("--oidc-client-id needs --oidc-issuer-url")
      }
      return nil
    }
    guard let client = oidcClientID, !client.isEmpty else {
      throw ValidationError("--oidc-issuer-url needs --oidc-client-id")
    }
    guard !allIssuers.contains(issuer) else {
      throw ValidationError("--oidc-issuer-url \(issuer): this is the issuer of service accounts' tokens")
    }
    do {
      return try OpenIDConfiguration(
        issuer: issuer, clientID: client, usernameClaim: oidcUsernameClaim, usernamePrefix: oidcUsernamePrefix,
        groupsClaim: oidcGroupsClaim, groupsPrefix: oidcGroupsPrefix, requiredClaims: oidcRequiredClaim,
        algorithms: oidcSigningAlgs.split(separator: ",").map(String.init), authorities: authorities)
    } catch { throw ValidationError("--oidc-…: \(error)") }
  }

  /// The webhook that is asked about tokens; nil where there is none. Blocks.
  func tokenWebhook(_ read: (_ path: String) throws -> [UInt8]) throws -> WebhookTokens.Settings? {
    guard let path = authenticationTokenWebhookConfigFile else { return nil }
    do {
      return WebhookTokens.Settings(
        try OutboundAccess(kubeconfig: try read(path), beside: path, read: read),
        version: authenticationTokenWebhookVersion,
        rememberedFor: .nanoseconds(GoDuration.nanoseconds(authenticationTokenWebhookCacheTTL) ?? 0))
    } catch let error as StatusError {
      throw ValidationError("--authentication-token-webhook-config-file \(path): \(error.message)")
    }
  }

  private func validateWebhook() throws {
    guard ["v1", "v1beta1"].contains(authenticationTokenWebhookVersion) else {
      throw ValidationError("--authentication-token-webhook-version: it must be v1 or v1beta1")
    }
    guard let time = GoDuration.nanoseconds(authenticationTokenWebhookCacheTTL), time >= 0 else {
      throw ValidationError(
        "--authentication-token-webhook-cache-ttl \(authenticationTokenWebhookCacheTTL): it must be a duration, such as 2m"
      )
    }
  }

  private func validateTokens() throws {
    for (index, issuer) in serviceAccountIssuer.enumerated() {
      guard !issuer.isEmpty else { throw ValidationError("service-account-issuer cannot be an empty string") }
      guard !serviceAccountIssuer[..<index].contains(issuer) else {
        throw ValidationError("service-account-issuer \(issuer.goQuoted) is already specified")
      }
    }
    if let uri = serviceAccountJWKSURI, !uri.hasPrefix("https://") {
      throw ValidationError("service-account-jwks-uri requires https scheme, parsed as: \(uri)")
    }
    let hour: Int64 = 3600
    guard let time = GoDuration.nanoseconds(serviceAccountMaxTokenExpiration),
      time == 0 || (hour...(1 << 32)).contains(time / 1_000_000_000)
    else {
      throw ValidationError("the service-account-max-token-expiration must be between 1 hour and 2^32 seconds")
    }
  }

  func validate() throws {
    try validateTokens()
    try validateWebhook()
    let isConfigured = try openID() != nil
    guard authenticationConfig == nil || !isConfigured else {
      throw ValidationError("authentication-config file and oidc-* flags are mutually exclusive")
    }
  }
}
