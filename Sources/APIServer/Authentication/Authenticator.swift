import APIMachinery
import HTTPService

/// Finds out who sends a request.
public protocol Authenticator: Sendable {
  /// - Returns: nil where the request says nothing that this authenticator understands.
  /// - Throws: 401 where it says something wrong.
  func authenticate(_ request: Request) async throws -> User?
  /// Whose a bearer token is; nil where this authenticator does not know it.
  /// - Parameter audiences: whom the token must be meant for; empty: this server.
  /// - Throws: `TokenRefusal` where it is known and not valid.
  func bearer(of token: String, audiences: [String]) async throws -> TokenBearer?
}

extension Authenticator {
  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? { nil }
}

/// Asks several; the first that knows the sender decides.
public struct AuthenticatorChain: Authenticator {
  private let members: [any Authenticator]
  public init(_ members: [any Authenticator]) { self.members = members }

  public func authenticate(_ request: Request) async throws -> User? {
    for member in members {
      if let user = try await member.authenticate(request) { return user }
    }
    return nil
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    for member in members {
      if let bearer = try await member.bearer(of: token, audiences: audiences) { return bearer }
    }
    return nil
  }
}

/// Clients that show a certificate of the cluster's authority: the common name is the user, the organisations are the
/// groups (Kubernetes, "X.509 client certificates").
public struct CertificateAuthenticator: Authenticator {
  private let now: @Sendable () -> Int64

  /// - Parameter now: seconds since 1970.
  public init(now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }) { self.now = now }

  public func authenticate(_ request: Request) async throws -> User? {
    guard let certificate = request.connection.tls?.clientCertificate, let name = certificate.commonName else {
      return nil
    }
    guard certificate.notBefore <= now(), now() <= certificate.notAfter else {
      throw StatusError.unauthorized()
    }
    return User(name: name, groups: certificate.organizations + ["system:authenticated"])
  }
}
