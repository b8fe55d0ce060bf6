import AsyncHTTPClient
import AsyncWork
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NetworkModel

/// Makes one call to one address: POST, JSON there and back.
///
/// It is async-http-client's (which the image store brings along anyway) and not blocking sockets: a call may take half a
/// minute, many may be under way, and none of them holds a thread; it knows sockets and TLS. Every call has a connection
/// of its own. Calls are rare, and a connection kept would be a dead one when its plugin has been started anew.
struct PluginClient: Sendable {
  /// Why there is no answer.
  enum Failure: Error {
    /// Nobody listens there: the call was not made, and may be made again.
    case unreachable(String)
    case late
    case tooLarge
    case failed(String)
    /// What is there is not what was looked for.
    case refused(NetworkError)
  }

  /// The most that is read of an answer, in bytes.
  static let limit = 1 << 20

  private static let accepted = "application/vnd.docker.plugins.v1.2+json"
  /// Lives as long as the process: the first call makes it.
  private static let client: HTTPClient = {
    var options = HTTPClient.Configuration()
    options.redirectConfiguration = .disallow
    options.timeout.connect = .seconds(5)
    options.httpVersion = .http1Only
    options.connectionPool.retryConnectionEstablishment = false
    options.connectionPool.idleTimeout = .seconds(1)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
  }()

  let pool: BlockingPool

  func post(
    _ method: String, _ body: [UInt8], to address: PluginAddress, within time: Duration
  ) async throws(Failure) -> (status: Int, body: [UInt8]) {
    var request = HTTPClientRequest(url: address.url(of: method))
    request.method = .POST
    request.headers = ["Accept": Self.accepted, "Content-Type": Self.accepted, "Connection": "close"]
    // A socket's path is no name of a host, and servers that are strict refuse a request without one.
    if case .unix = address.place { request.headers.add(name: "Host", value: "plugin.localhost") }
    request.body = .bytes(body)
    do {
      if let tls = address.tls { request.tlsConfiguration = try await configuration(tls) }
    } catch { throw .failed("its certificates cannot be used: \(error)") }
    let ready = request
    do {
      // The client's own deadline ends with the answer's head.
      return try await withThrowingTaskGroup(of: (status: Int, body: [UInt8]).self) { group in
        group.addTask {
          let response = try await Self.client.execute(ready, deadline: .distantFuture)
          let bytes = try await response.body.collect(upTo: Self.limit)
          return (Int(response.status.code), Array(bytes.readableBytesView))
        }
        group.addTask {
          try await Task.sleep(for: time)
          throw Failure.late
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw Failure.late }
        return first
      }
    } catch { throw Self.failure(error) }
  }

  private static func failure(_ error: any Error) -> Failure {
    switch error {
    case let failure as Failure: return failure
    case is NIOTooManyBytesError: return .tooLarge
    case let error as IOError:
      let code = Errno(rawValue: error.errnoCode)
      if [.connectionRefused, .noEntry].contains(code) { return .unreachable("\(code)") }
      return .failed("\(code)")
    case let error as NIOConnectionError:
      let reason = error.connectionErrors.first.map { one in
        (one.error as? IOError).map { "\(Errno(rawValue: $0.errnoCode))" } ?? "\(one.error)"
      }
      return .unreachable(reason ?? error.dnsAError.map { "\($0)" } ?? "no such host")
    case let error as HTTPClientError where error == .connectTimeout: return .unreachable("connecting takes too long")
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return .failed("it closed the connection without an answer")
    default: return .failed("\(error)")
    }
  }

  private func configuration(_ tls: PluginAddress.TLS) async throws -> TLSConfiguration {
    try await pool.run {
      var configuration = TLSConfiguration.makeClientConfiguration()
      if !tls.verifies { configuration.certificateVerification = .none }
      if !tls.authorities.isEmpty { configuration.trustRoots = .file(tls.authorities) }
      if !tls.certificate.isEmpty {
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))
      }
      return configuration
    }
  }
}
