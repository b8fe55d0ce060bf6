import PKI
import Synchronization

/// Tokens whose signatures were found to hold: a client sends its token with every request, and what it says never
/// changes. Whether it still counts is looked at each time.
final class VerifiedTokens: Sendable {
  /// More tokens than that at the same time are verified again.
  private static let most = 1024

  private let claims = Mutex<[String: ServiceAccountClaims]>([:])

  subscript(token: String) -> ServiceAccountClaims? {
    get { claims.withLock { $0[token] } }
    set {
      claims.withLock { claims in
        if claims.count >= Self.most { claims.removeAll(keepingCapacity: true) }
        claims[token] = newValue
      }
    }
  }
}
