import APIServer
import AsyncWork
import ContainerEngine
import Linux

/// Who is asked who a client is: certificates first, then tokens of each kind.
struct ServerAuthentication {
  let authenticator: any Authenticator
  let anonymous: AnonymousAccess
  private let fetchers: [OpenIDFetcher]

  init(
    _ options: AuthenticationOptions, _ cluster: ClusterStore, _ accounts: ServiceAccounts, _ pool: BlockingPool
  ) async throws {
    let audiences = [options.serviceAccountIssuer]
    var tokens: [any TokenAuthenticator] = []
    if let path = options.tokenAuthFile {
      let text = try await pool.run { try FileSystem.readText(path) }
      tokens.append(try TokenFile(text, name: path, audiences: audiences))
    }
    tokens += [accounts, BootstrapTokens(cluster, audiences: audiences)]
    let configuration = try await options.configuration { path in try await pool.run { try FileSystem.read(path) } }
    anonymous = configuration.anonymous
    fetchers = try configuration.issuers.map { try OpenIDFetcher(authorities: $0.authorities) }
    for (issuer, fetcher) in zip(configuration.issuers, fetchers) {
      tokens.append(OpenIDAuthenticator(issuer, audiences: audiences) { try await fetcher.fetch($0, $1) })
    }
    authenticator = AuthenticatorChain([CertificateAuthenticator(), BearerTokens(tokens, audiences: audiences)])
  }

  func shutdown() async {
    for fetcher in fetchers {
      do { try await fetcher.shutdown() } catch { Log.warning("closing connections to an OpenID provider: \(error)") }
    }
  }
}
