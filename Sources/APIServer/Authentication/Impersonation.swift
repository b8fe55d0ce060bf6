import APIMachinery
import HTTPService

/// Acting as somebody else (Kubernetes, "User impersonation"): who may do that is asked of the authorizer like any other
/// request, for each part of the other's identity.
struct Impersonation {
  private let user: String
  private let uid: String
  private let groups: [String]
  private let extra: [String: [String]]

  private static let extraPrefix = "impersonate-extra-"
  private static let accountPrefix = "system:serviceaccount:"

  /// Nil where the request is sent in its sender's own name.
  /// - Throws: 400 where it names groups or other parts and no user.
  init?(_ headers: Headers) throws(StatusError) {
    user = headers["Impersonate-User"] ?? ""
    uid = headers["Impersonate-Uid"] ?? ""
    groups = headers.all("Impersonate-Group")
    var extra: [String: [String]] = [:]
    for field in headers where field.name.lowercased().hasPrefix(Self.extraPrefix) {
      let raw = field.name.lowercased().dropFirst(Self.extraPrefix.count)
      extra[PercentEncoding.decode(raw) ?? String(raw), default: []].append(field.value)
    }
    self.extra = extra
    guard user.isEmpty else { return }
    if uid.isEmpty, groups.isEmpty, extra.isEmpty { return nil }
    throw .badRequest("requested \(groups.map(\.goQuoted)) without impersonating a user")
  }

  /// - Returns: whose request it is from now on.
  /// - Throws: 403 where the sender may not act as somebody with one of these parts.
  func apply(_ sender: User, _ authorizer: any Authorizer) async throws(StatusError) -> User {
    var wanted: [RequestInfo] = []
    func ask(
      _ group: String, _ version: String, _ resource: String, _ name: String, namespace: String = "", sub: String = ""
    ) {
      var info = RequestInfo(method: .get, segments: [], query: Query())
      info.isResource = true
      info.verb = "impersonate"
      info.group = group
      info.version = version
      info.resource = resource
      info.subresource = sub
      info.name = name
      info.namespace = namespace
      wanted.append(info)
    }
    let account =
      user.hasPrefix(Self.accountPrefix)
      ? user.dropFirst(Self.accountPrefix.count).split(separator: ":").map(String.init) : []
    if account.count == 2 {
      ask("", "v1", "serviceaccounts", account[1], namespace: account[0])
    } else {
      ask("", "v1", "users", user)
    }
    for group in groups { ask("", "v1", "groups", group) }
    for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
      for value in values { ask("authentication.k8s.io", "v1", "userextras", value, sub: key) }
    }
    if !uid.isEmpty { ask("authentication.k8s.io", "v1", "uids", uid) }
    for info in wanted {
      switch await authorizer.authorize(sender, info) {
      case .allowed: continue
      case .denied(let reason), .noOpinion(let reason): throw .refused(sender, info, reason)
      }
    }
    var all = groups
    if all.isEmpty, account.count == 2 { all = ["system:serviceaccounts", "system:serviceaccounts:\(account[0])"] }
    if user == User.anonymous.name {
      if !all.contains("system:unauthenticated") { all.append("system:unauthenticated") }
    } else if !all.contains("system:authenticated") {
      all.append("system:authenticated")
    }
    return User(name: user, uid: uid, groups: all, extra: extra)
  }
}
