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

/// Asks several; the first that knows the sender decides. What one finds wrong counts where no other knows the sender.
public struct AuthenticatorChain: Authenticator {
  private let members: [any Authenticator]
  public init(_ members: [any Authenticator]) { self.members = members }

  public func authenticate(_ request: Request) async throws -> User? {
    var failure: StatusError?
    for member in members {
      do {
        if let user = try await member.authenticate(request) { return user }
      } catch let error as StatusError where error.reason == .unauthorized {
        failure = error
      }
    }
    if let failure { throw failure }
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
    guard let tls = request.connection.tls else { return nil }
    // A certificate that nobody vouches for is wrong, and not no certificate.
    if case .refused = tls.client { throw StatusError.unauthorized() }
    guard let certificate = tls.clientCertificate, let name = certificate.commonName, !name.isEmpty else { return nil }
    guard certificate.isValid(at: now()), let uid = Self.uid(certificate) else { throw StatusError.unauthorized() }
    return User(
      name: name, uid: uid, groups: certificate.organizations + ["system:authenticated"],
      extra: ["authentication.kubernetes.io/credential-id": ["X509SHA256=\(certificate.fingerprint)"]])
  }

  /// The attribute of the subject that is the user's uid, of Kubernetes' own type.
  private static let uidType = "1.3.6.1.4.1.57683.2"

  /// The user's uid, empty where the certificate has none; nil where it has an empty one or several.
  private static func uid(_ certificate: ClientCertificate) -> String? {
    let uids = certificate.subject.filter { $0.type == uidType }.map(\.value)
    guard let uid = uids.first else { return "" }
    return uids.count == 1 && !uid.isEmpty ? uid : nil
  }
}
