import APIServer
import AsyncWork
import ContainerEngine
import Linux
import Synchronization

/// Who is asked who a client is: certificates first, then tokens of each kind. What the operator says of issuers in a file is
/// followed while the server runs.
final class ServerAuthentication: Sendable {
  let authenticator: any Authenticator
  let anonymous: AnonymousRule
  private let options: AuthenticationOptions
  private let issuers = TokenIssuers()
  /// What the file held by which the issuers are; nil where no file tells of them.
  private let file: FollowedFile?
  /// What issuers are reached by: those of the present, and those before them, which finish what they were asked.
  private let fetchers = Mutex<(present: [OpenIDFetcher], past: [OpenIDFetcher])>(([], []))

  /// - Parameters:
  ///   - proxies: who may ask for others; nil where nobody may.
  ///   - client: by which a webhook is asked.
  init(
    _ options: AuthenticationOptions, proxies: TrustedProxies?, _ cluster: ClusterStore, _ accounts: ServiceAccounts,
    client: OutboundClient, _ pool: BlockingPool
  ) async throws {
    self.options = options
    let audiences = options.audiences
    var tokens: [any TokenAuthenticator] = []
    if let path = options.tokenAuthFile {
      let text = try await pool.run { try FileSystem.readText(path) }
      tokens.append(try TokenFile(text, name: path, audiences: audiences))
    }
    tokens += [accounts, BootstrapTokens(cluster, audiences: audiences)]
    file = try await FollowedFile.read(options.followedFile, pool)
    let configuration = try options.configuration(file?.bytes)
    anonymous = AnonymousRule(configuration.anonymous)
    let webhook = try await pool.run { try options.tokenWebhook { try FileSystem.read($0) } }.map {
      WebhookTokens($0, audiences: audiences, client: client)
    }
    let proxied = proxies.map { RequestHeaderAuthenticator($0.headers, allowedNames: $0.allowedNames) }
    authenticator = AuthenticatorChain(
      (proxied.map { [$0] } ?? []) + [
        CertificateAuthenticator(),
        BearerTokens(tokens, issuers: issuers, webhook: webhook, audiences: audiences),
      ])
    try take(configuration.issuers)
  }

  /// From now on these issuers' tokens are believed.
  /// - Returns: what nobody uses any more.
  @discardableResult
  private func take(_ configurations: [OpenIDConfiguration]) throws -> [OpenIDFetcher] {
    var new: [OpenIDFetcher] = []
    do {
      for configuration in configurations {
        new.append(try OpenIDFetcher(authorities: configuration.authorities))
      }
    } catch {
      // They are closed with the others.
      fetchers.withLock { $0.past += new }
      throw error
    }
    let audiences = options.audiences
    issuers.replace(
      zip(configurations, new).map { configuration, fetcher in
        OpenIDAuthenticator(configuration, audiences: audiences) { try await fetcher.fetch($0, $1) }
      })
    return fetchers.withLock { fetchers in
      defer { fetchers = (new, fetchers.present) }
      return fetchers.past
    }
  }

  /// Follows the file until the task is cancelled.
  func run(_ pool: BlockingPool) async {
    await file?.follow(pool) { bytes in
      let configuration = try options.configuration(bytes)
      let old = try take(configuration.issuers)
      anonymous.replace(by: configuration.anonymous)
      await Self.shutdown(old)
    }
  }

  func shutdown() async {
    await Self.shutdown(
      fetchers.withLock { fetchers in
        defer { fetchers = ([], []) }
        return fetchers.present + fetchers.past
      })
  }

  private static func shutdown(_ fetchers: [OpenIDFetcher]) async {
    for fetcher in fetchers {
      do { try await fetcher.shutdown() } catch { Log.warning("closing connections to an OpenID provider: \(error)") }
    }
  }
}
