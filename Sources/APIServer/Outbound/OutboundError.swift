import AsyncHTTPClient
import Linux
import NIOCore
import NIOPosix
import NIOSSL

/// Why something outside gave no answer, in the words of Go's HTTP client, which users of Kubernetes know.
struct OutboundError: Error, Sendable, CustomStringConvertible {
  struct Code: Sendable, Equatable {
    private enum Value { case configuration, unresolved, unreachable, tls, late, tooLarge, broken }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// Its configuration cannot be used.
    static let configuration = Code(.configuration)
    /// The service is not there, or nothing stands behind it.
    static let unresolved = Code(.unresolved)
    static let unreachable = Code(.unreachable)
    static let tls = Code(.tls)
    /// Nothing came in time.
    static let late = Code(.late)
    static let tooLarge = Code(.tooLarge)
    /// The connection broke.
    static let broken = Code(.broken)
  }
  let code: Code
  let message: String
  let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  var description: String { message }

  /// The other side has closed the connection without an answer.
  var isClosed: Bool { cause as? HTTPClientError == .remoteConnectionClosed }

  /// The connection broke, and another one may not.
  var isReset: Bool { isClosed || (cause as? IOError)?.errnoCode == Errno.connectionReset.rawValue }

  static let late = OutboundError(.late, "context deadline exceeded")

  /// Gives what the client threw its words.
  /// - Parameter host: the name that was asked for.
  static func from(_ error: any Error, host: String) -> OutboundError {
    switch error {
    case let error as OutboundError: return error
    case is NIOTooManyBytesError: return OutboundError(.tooLarge, "the answer is too large", cause: error)
    case let error as NIOConnectionError:
      guard let first = error.connectionErrors.first else {
        return OutboundError(.unreachable, "dial tcp: lookup \(host): no such host", cause: error)
      }
      let reason = (first.error as? IOError).map { Errno(rawValue: $0.errnoCode).description } ?? "\(first.error)"
      return OutboundError(.unreachable, "dial tcp \(address(first.target)): connect: \(reason)", cause: error)
    case let error as IOError:
      let reason = Errno(rawValue: error.errnoCode).description
      return OutboundError(.unreachable, "dial tcp \(host): connect: \(reason)", cause: error)
    case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
      return late
    case let error as HTTPClientError where error == .connectTimeout || error == .getConnectionFromPoolTimeout:
      return OutboundError(.unreachable, "dial tcp \(host): i/o timeout", cause: error)
    case let error as HTTPClientError where error == .tlsHandshakeTimeout:
      return OutboundError(.tls, "net/http: TLS handshake timeout", cause: error)
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return OutboundError(.broken, "EOF", cause: error)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      return OutboundError(.tls, verification("certificate is not valid for \(host)"), cause: error)
    case let error as NIOSSLError: return OutboundError(.tls, words(error), cause: error)
    case let error as BoringSSLError: return OutboundError(.tls, words("\(error)"), cause: error)
    default: return OutboundError(.broken, "\(error)", cause: error)
    }
  }

  private static func verification(_ reason: String) -> String { "tls: failed to verify certificate: x509: \(reason)" }

  private static func words(_ error: NIOSSLError) -> String {
    switch error {
    case .unableToValidateCertificate, .noCertificateToValidate:
      verification("certificate signed by unknown authority")
    case .handshakeFailed(let reason): words("\(reason)")
    case .uncleanShutdown: "unexpected EOF"
    default: "tls: \(error)"
    }
  }

  /// The library tells its codes within a text only.
  private static func words(_ text: String) -> String {
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return verification("certificate signed by unknown authority") }
    for name in ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"] where text.contains(name) {
      return "http: server gave HTTP response to HTTPS client"
    }
    if text.contains("EOF") { return "EOF" }
    return "tls: \(text)"
  }

  private static func address(_ address: NIOCore.SocketAddress) -> String {
    let host = address.ipAddress ?? "\(address)"
    let port = address.port.map { ":\($0)" } ?? ""
    return (host.contains(":") ? "[\(host)]" : host) + port
  }
}
