import APIMachinery
import ClusterClient
import FoundationEssentials
import PKI

/// A Secret that holds a bootstrap token (Kubernetes, "Authenticating with Bootstrap Tokens").
struct BootstrapSecret {
  static let resource = GroupResource(group: "", resource: "secrets")
  static let namespace = "kube-system"

  /// When the token ends, in seconds since 1970.
  enum End: Equatable {
    case never
    case at(Int64)
    /// Written in a way that nobody can read: over.
    case unreadable
  }

  private let object: StoredObject

  /// Nil where the object holds none.
  init?(_ object: StoredObject) {
    guard object.header.namespace == Self.namespace,
      object.value(at: "type")?.stringValue == "bootstrap.kubernetes.io/token"
    else { return nil }
    self.object = object
  }

  private func text(_ key: String) -> String {
    let data = object.value(at: "data", key)?.stringValue.flatMap { Data(base64Encoded: $0) } ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  var end: End {
    let value = text("expiration")
    guard !value.isEmpty else { return .never }
    return Timestamp(value).map { .at($0.seconds) } ?? .unreadable
  }

  /// Whether the token is over at a time, in seconds since 1970.
  func hasEnded(at now: Int64) -> Bool {
    switch end {
    case .never: false
    case .at(let time): time <= now
    case .unreadable: true
    }
  }

  /// The token, where it may be used to sign what anybody may know of the cluster.
  var signingToken: BootstrapToken? {
    guard text("usage-bootstrap-signing") == "true",
      let token = BootstrapToken(id: text("token-id"), secret: text("token-secret")),
      object.header.name == token.secretName
    else { return nil }
    return token
  }
}
