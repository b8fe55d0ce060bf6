import APIServer
import AsyncWork
import ContainerEngine
import Linux

/// Who is asked who a client is: certificates first, then tokens of each kind.
struct ServerAuthentication {
  let authenticator: any Authenticator
  private let fetcher: OpenIDFetcher?

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
    if let openID = try options.openID() {
      let authorities: String? =
        if let path = options.oidcCAFile { try await pool.run { try FileSystem.readText(path) } } else { nil }
      let fetcher = try OpenIDFetcher(authorities: authorities)
      tokens.append(OpenIDAuthenticator(openID, audiences: audiences) { try await fetcher.fetch($0) })
      self.fetcher = fetcher
    } else {
      fetcher = nil
    }
    authenticator = AuthenticatorChain([CertificateAuthenticator(), BearerTokens(tokens, audiences: audiences)])
  }

  func shutdown() async {
    do { try await fetcher?.shutdown() } catch { Log.warning("closing connections to the OpenID provider: \(error)") }
  }
}
