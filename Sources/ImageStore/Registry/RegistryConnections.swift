import AsyncHTTPClient
import AsyncWork
import NIOCore
import NIOSSL
import Synchronization

/// The HTTP clients, made when the first registry is spoken to: an engine that pulls nothing pays nothing.
final class RegistryConnections: Sendable {
  private struct State {
    var verifying: HTTPClient?
    var trusting: HTTPClient?
    /// The scheme that worked for a host.
    var schemes: [String: String] = [:]
  }
  private let state = Mutex(State())
  let configuration: ImageStoreConfiguration
  private let pool: BlockingPool

  init(configuration: ImageStoreConfiguration, pool: BlockingPool) {
    self.configuration = configuration
    self.pool = pool
  }

  /// The operator's certificates for a host; nil where none are looked at, because the host's own need not be valid
  /// either (as in Docker).
  func trust(_ host: RegistryHost) -> RegistryTrust? {
    guard host.verifies else { return nil }
    return RegistryTrust(directory: configuration.certificatesDirectory + "/" + host.authority, pool: pool)
  }

  /// The client for hosts whose certificate must, or need not, be valid.
  func client(verifies: Bool) -> HTTPClient {
    state.withLock { state in
      if let client = verifies ? state.verifying : state.trusting { return client }
      var options = HTTPClient.Configuration()
      // Redirects are followed by hand, so that credentials stay with the host they are for.
      options.redirectConfiguration = .disallow
      options.timeout = .init(
        connect: .milliseconds(Int64(configuration.connectTimeout * 1000)),
        read: .milliseconds(Int64(configuration.idleTimeout * 1000)))
      options.httpVersion = .http1Only
      options.connectionPool.retryConnectionEstablishment = false
      options.connectionPool.idleTimeout = .seconds(5)
      if !verifies {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        options.tlsConfiguration = tls
      }
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
      if verifies { state.verifying = client } else { state.trusting = client }
      return client
    }
  }

  func knownScheme(_ host: RegistryHost) -> String? { state.withLock { $0.schemes[host.authority] } }
  func remember(_ scheme: String?, for host: RegistryHost) { state.withLock { $0.schemes[host.authority] = scheme } }

  func shutDown() async throws {
    let clients = state.withLock { state in
      let clients = [state.verifying, state.trusting].compactMap { $0 }
      state.verifying = nil
      state.trusting = nil
      return clients
    }
    var failure: (any Error)?
    for client in clients { do { try await client.shutdown() } catch { failure = failure ?? error } }
    if let failure { throw failure }
  }
}
