import NIOSSL

/// Why TLS failed, in the words of Go's crypto/tls and crypto/x509, which users of Docker know.
struct TLSFailure: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// The other side does not speak TLS.
    case plain
    /// No trusted authority vouches for the server's certificate.
    case untrusted
    /// The certificate is another host's.
    case wrongName
    /// The other side broke off, and said so: an alert (RFC 8446, section 6), by the name that BoringSSL has for it.
    case alert(String)
    /// The other side went away while it was greeted.
    case closed
    /// The connection broke later.
    case broken
    /// Anything else, in the library's words.
    case other(String)
  }
  let kind: Kind

  /// Nil for an error that is none of TLS.
  init?(_ error: any Error) {
    switch error {
    case let error as BoringSSLError: kind = Self.kind(error)
    case let error as NIOSSLExtraError: kind = error == .failedToValidateHostname ? .wrongName : .other("\(error)")
    case let error as NIOSSLError:
      switch error {
      case .handshakeFailed(let reason), .shutdownFailed(let reason): kind = Self.kind(reason)
      case .uncleanShutdown: kind = .broken
      case .unableToValidateCertificate, .noCertificateToValidate: kind = .untrusted
      default: kind = .other("\(error)")
      }
    default: return nil
    }
  }

  /// Whether the server wants another certificate than it was shown.
  var isRefusal: Bool {
    guard case .alert(let name) = kind else { return false }
    return name.contains("CERTIFICATE") || name.hasSuffix("UNKNOWN_CA") || name.hasSuffix("ACCESS_DENIED")
  }

  /// - Parameter host: the name or address that was asked for.
  func words(_ host: String) -> String {
    switch kind {
    case .plain: "http: server gave HTTP response to HTTPS client"
    case .untrusted: Self.verification("certificate signed by unknown authority")
    case .wrongName: Self.verification("certificate is not valid for \(host)")
    case .alert(let name): "remote error: tls: \(Self.alert(name))"
    case .closed: "EOF"
    case .broken: "unexpected EOF"
    case .other(let text): "tls: \(text)"
    }
  }

  /// The sentence of Go's `tls.CertificateVerificationError`.
  static func verification(_ reason: String) -> String { "tls: failed to verify certificate: x509: \(reason)" }

  private static func kind(_ error: BoringSSLError) -> Kind {
    let stack: NIOBoringSSLErrorStack
    switch error {
    case .sslError(let errors), .unknownError(let errors): stack = errors
    case .zeroReturn, .syscallError: return .broken
    default: return .other("\(error)")
    }
    if stack.contains(.eofDuringHandshake) { return .closed }
    let names = stack.map { name("\($0)") }
    if let alert = names.first(where: { $0.contains("_ALERT_") }) { return .alert(alert) }
    if names.contains("CERTIFICATE_VERIFY_FAILED") { return .untrusted }
    if names.contains(where: { ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains($0) }) {
      return .plain
    }
    return .other(names.joined(separator: ", "))
  }

  /// `WRONG_VERSION_NUMBER` of `Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at …`:
  /// the library offers its codes in this form only.
  private static func name(_ text: String) -> String {
    guard let mark = text.firstRange(of: "OPENSSL_internal:") else { return text }
    return String(text[mark.upperBound...].prefix { $0 != " " })
  }

  /// Go's text for an alert (crypto/tls, alert.go).
  private static func alert(_ name: String) -> String {
    guard let mark = name.firstRange(of: "_ALERT_") else { return name }
    switch name[mark.upperBound...] {
    case "CERTIFICATE_REVOKED": return "revoked certificate"
    case "CERTIFICATE_EXPIRED": return "expired certificate"
    case "CERTIFICATE_UNKNOWN": return "unknown certificate"
    case "UNKNOWN_CA": return "unknown certificate authority"
    case "PROTOCOL_VERSION": return "protocol version not supported"
    case "INSUFFICIENT_SECURITY": return "insufficient security level"
    case "DECODE_ERROR": return "error decoding message"
    case "DECRYPT_ERROR": return "error decrypting message"
    case "USER_CANCELLED": return "user canceled"
    case let other: return other.lowercased().replacing("_", with: " ")
    }
  }
}
