import AsyncHTTPClient
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import OCI

/// Why a request to a registry failed.
struct RegistryFailure: Error, Sendable, CustomStringConvertible {
  enum Kind: Sendable, Equatable {
    /// No connection at all.
    case unreachable
    /// The connection broke.
    case interrupted
    /// Nothing came in time.
    case timedOut
    /// The other side does not speak TLS, or its certificate is not trusted.
    case tls
    /// The registry wants a name and a password, and there are none.
    case unauthenticated
    /// An answer that means failure.
    case status(Int)
    /// An answer that makes no sense.
    case malformed
  }
  let kind: Kind
  /// In the words of Go's HTTP client, which users of Docker know.
  let message: String
  let body: RegistryErrorBody?
  /// Seconds the server asked to wait.
  let retryAfter: Double?
  /// Whether the service that gives tokens failed, and not the registry.
  let isFromTokenService: Bool
  let cause: (any Error)?

  var description: String { message }

  init(
    _ kind: Kind, _ message: String, body: RegistryErrorBody? = nil, retryAfter: Double? = nil,
    isFromTokenService: Bool = false, cause: (any Error)? = nil
  ) {
    self.kind = kind
    self.message = message
    self.body = body
    self.retryAfter = retryAfter
    self.isFromTokenService = isFromTokenService
    self.cause = cause
  }

  /// Whether the same request may succeed later.
  var isTransient: Bool {
    switch kind {
    case .interrupted, .timedOut: true
    case .status(let code): code == 408 || code == 429 || code >= 500
    case .unreachable, .tls, .unauthenticated, .malformed: false
    }
  }

  /// Whether a request for a document is worth one more try at once. Who asks for fewer requests, or does not answer, is
  /// not asked again.
  var isWorthAnotherTry: Bool { isTransient && kind != .timedOut && kind != .status(429) }

  /// `Get "https://…": `, as Go's HTTP client begins.
  static func prefix(_ method: String, _ url: String) -> String {
    "\(method.prefix(1))\(method.dropFirst().lowercased()) \"\(url)\": "
  }

  /// Gives a thrown error its words.
  static func from(_ error: any Error, method: String, url: String) -> any Error {
    if error is CancellationError || error is RegistryFailure || error is ImageStoreError || error is SystemError {
      return error
    }
    let prefix = prefix(method, url)
    let host = RegistryHost.name(String((url.split(separator: "/").dropFirst().first ?? "")))
    if let failure = TLSFailure(error) {
      return RegistryFailure(
        failure.kind == .broken ? .interrupted : .tls, prefix + failure.words(host), cause: error)
    }
    switch error {
    case let error as NIOConnectionError:
      if let single = error.connectionErrors.first {
        let address = target(single.target)
        let reason = (single.error as? IOError).map { Errno(rawValue: $0.errnoCode).description } ?? "\(single.error)"
        return RegistryFailure(.unreachable, "\(prefix)dial tcp \(address): connect: \(reason)", cause: error)
      }
      return RegistryFailure(.unreachable, "\(prefix)dial tcp: lookup \(host): no such host", cause: error)
    case let error as HTTPClientError where error == .connectTimeout:
      return RegistryFailure(.unreachable, "\(prefix)dial tcp \(host): i/o timeout", cause: error)
    case let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded:
      return RegistryFailure(
        .timedOut, "\(prefix)net/http: request canceled (Client.Timeout exceeded while awaiting headers)", cause: error)
    case let error as HTTPClientError where error == .tlsHandshakeTimeout:
      return RegistryFailure(.timedOut, "\(prefix)net/http: TLS handshake timeout", cause: error)
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return RegistryFailure(.interrupted, "\(prefix)EOF", cause: error)
    case let error as HTTPClientError where error == .cancelled: return CancellationError()
    case let error as IOError where Self.connectErrors.contains(Errno(rawValue: error.errnoCode)):
      let authority = String(url.split(separator: "/").dropFirst().first ?? "")
      let port = url.hasPrefix("https:") ? ":443" : ":80"
      let address = authority == host || authority.hasSuffix("]") ? authority + port : authority
      return RegistryFailure(
        .unreachable, "\(prefix)dial tcp \(address): connect: \(Errno(rawValue: error.errnoCode))", cause: error)
    case let error as IOError:
      let reason = Errno(rawValue: error.errnoCode).description
      return RegistryFailure(.interrupted, "\(prefix)read: \(reason)", cause: error)
    default: return RegistryFailure(.interrupted, "\(prefix)\(error)", cause: error)
    }
  }

  /// Errors of connect(2) when the host or the port is not there.
  private static let connectErrors: Set<Errno> = [
    .connectionRefused, Errno(rawValue: 113) /* EHOSTUNREACH */, Errno(rawValue: 101), /* ENETUNREACH */
    .addressNotAvailable,
  ]

  /// The reason phrase of a status, as Go has it.
  static func phrase(_ status: Int) -> String { HTTPResponseStatus(statusCode: status).reasonPhrase }

  private static func target(_ address: NIOCore.SocketAddress) -> String {
    let ip = address.ipAddress ?? "\(address)"
    let port = address.port.map { ":\($0)" } ?? ""
    return ip.contains(":") ? "[\(ip)]\(port)" : ip + port
  }
}
