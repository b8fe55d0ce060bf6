import APIMachinery
import PKI

/// Tokens that nodes join with, each in a Secret of the type `bootstrap.kubernetes.io/token` in `kube-system`
/// (Kubernetes, "Authenticating with Bootstrap Tokens").
public struct BootstrapTokens: TokenAuthenticator {
  private let store: ClusterStore
  private let own: OwnAudience
  private let now: @Sendable () -> Int64

  private static let prefix = "\(StorageLayout.root)secrets/"
  private static let type = "bootstrap.kubernetes.io/token"
  private static let group = "system:bootstrappers"

  /// - Parameters:
  ///   - audiences: the server's own names as an audience.
  ///   - now: seconds since 1970.
  public init(
    _ store: ClusterStore, audiences: [String], now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }
  ) {
    self.store = store
    own = OwnAudience(audiences: audiences)
    self.now = now
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    guard let common = own.common(with: audiences), let token = BootstrapToken(token),
      let secret = store.cache(of: Self.prefix).get("\(Self.prefix)kube-system/\(token.secretName)"),
      !secret.object.header.isBeingDeleted, secret.field(["type"]) == Self.type
    else { return nil }
    let data = SecretData(secret.object)
    guard let known = BootstrapToken(id: data["token-id"] ?? "", secret: data["token-secret"] ?? ""), known == token,
      !Self.hasExpired(data, now: now()), data["usage-bootstrap-authentication"] == "true",
      let groups = Self.groups(data["auth-extra-groups"] ?? "")
    else { return nil }
    return TokenBearer(user: User(name: token.userName, groups: groups), audiences: common)
  }

  /// A time that cannot be read is over.
  private static func hasExpired(_ data: SecretData, now: Int64) -> Bool {
    guard let text = data["expiration"], !text.isEmpty else { return false }
    guard let time = Timestamp(text) else { return true }
    return time.seconds < now
  }

  /// Nil where one of the groups is not a bootstrapper's.
  static func groups(_ extra: String) -> [String]? {
    var groups: Set<String> = [group]
    for name in extra.split(separator: ",", omittingEmptySubsequences: false) where !extra.isEmpty {
      let rest = name.dropFirst(group.utf8.count)
      guard name.hasPrefix(group + ":"), (2...257).contains(rest.utf8.count),
        rest.utf8.allSatisfy({
          (0x61...0x7A).contains($0) || (0x30...0x3A).contains($0) || $0 == UInt8(ascii: "-")
        }), let last = rest.utf8.last, last != UInt8(ascii: ":"), last != UInt8(ascii: "-")
      else { return nil }
      groups.insert(String(name))
    }
    return groups.sorted()
  }
}
