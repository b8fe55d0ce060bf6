import APIMachinery
import HTTPService

/// Proxies in front of the server: who shows a certificate of theirs says in headers for whom it asks (Kubernetes,
/// "Authenticating proxy").
public struct RequestHeaderAuthenticator: Authenticator {
  public let headers: RequestHeaders
  private let allowedNames: [String]
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - allowedNames: common names of which a proxy's certificate must have one; empty: any certificate is a proxy's that the
  ///     listener's authorities of proxies vouch for.
  ///   - now: seconds since 1970.
  public init(
    _ headers: RequestHeaders, allowedNames: [String], now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }
  ) {
    self.headers = headers
    self.allowedNames = allowedNames
    self.now = now
  }

  public func authenticate(_ request: Request) async throws -> User? {
    let certificate: ClientCertificate
    switch request.connection.tls?.proxy {
    case nil, .anonymous: return nil
    case .refused: throw StatusError.unauthorized()
    case .verified(let shown): certificate = shown
    }
    guard certificate.isValid(at: now()), allowedNames.isEmpty || allowedNames.contains(certificate.commonName ?? "")
    else { throw StatusError.unauthorized() }
    guard var user = headers.user(of: request.headers) else { return nil }
    let isKnown = user.groups.contains("system:authenticated") || user.groups.contains("system:unauthenticated")
    if user.name != User.anonymous.name, !isKnown { user.groups.append("system:authenticated") }
    return user
  }
}

extension ClientCertificate {
  /// - Parameter seconds: since 1970.
  func isValid(at seconds: Int64) -> Bool { notBefore <= seconds && seconds <= notAfter }
}
