import APIMachinery
import HTTPService

/// Acting as somebody else (Kubernetes, "User impersonation"): who may do that is asked of the authorizer like any other
/// request. The constrained ways are tried first, each of which says for what as well as as whom; then the one that says
/// only as whom.
struct Impersonation {
  /// As whom, and by which permission.
  struct Result {
    let user: User
    /// The verb of the constrained permission; empty for the other one.
    let constraint: String
  }

  /// What was asked for, as it was written.
  let wanted: User

  private static let extraPrefix = "impersonate-extra-"

  /// Nil where the request is sent in its sender's own name.
  /// - Throws: 400 where it names groups or other parts and no user.
  init?(_ headers: Headers) throws(StatusError) {
    guard headers.contains(where: { Self.concerns($0.name) }) else { return nil }
    var wanted = User(name: headers["Impersonate-User"] ?? "", uid: headers["Impersonate-Uid"] ?? "")
    wanted.groups = headers.all("Impersonate-Group")
    for field in headers where field.name.lowercased().hasPrefix(Self.extraPrefix) {
      let raw = field.name.lowercased().dropFirst(Self.extraPrefix.count)
      wanted.extra[PercentEncoding.decode(raw) ?? String(raw), default: []].append(field.value)
    }
    self.wanted = wanted
    guard wanted.name.isEmpty else { return }
    if wanted.uid.isEmpty, wanted.groups.isEmpty, wanted.extra.isEmpty { return nil }
    throw .badRequest("requested \(Self.shown(wanted)) without impersonating a user name")
  }

  /// Whether a header is one of those that name whom to act as: nearly no request has any.
  private static func concerns(_ name: String) -> Bool {
    name.utf8.count > initials.utf8.count && name.utf8.first.map { $0 | 0x20 } == initials.utf8.first
      && name.prefix(initials.count).lowercased() == initials
  }

  private static let initials = "impersonate-"

  /// - Parameter info: what the request is about.
  /// - Returns: whose request it is from now on.
  /// - Throws: 403 where the sender may not act as somebody with one of these parts.
  func apply(
    _ sender: User, _ info: RequestInfo, _ authorizer: any Authorizer
  ) async throws(StatusError) -> Result {
    var refusal: StatusError?
    for mode in ImpersonationMode.allCases where mode.supports(wanted, by: sender) {
      do {
        let user = try await mode.authorize(sender, as: wanted, info, authorizer)
        return Result(user: user, constraint: mode.constraint)
      } catch { refusal = refusal ?? error }
    }
    throw refusal ?? .forbidden(nil, "", "all impersonation modes failed")
  }

  /// As Go shows a user.
  private static func shown(_ user: User) -> String {
    func list(_ texts: [String]) -> String { "[]string{\(texts.map(\.goQuoted).joined(separator: ", "))}" }
    let groups = user.groups.isEmpty ? "[]string(nil)" : list(user.groups)
    let extra =
      user.extra.isEmpty
      ? "map[string][]string(nil)"
      : "map[string][]string{"
        + user.extra.sorted { $0.key < $1.key }.map { "\($0.key.goQuoted):\(list($0.value))" }.joined(separator: ", ")
        + "}"
    return "&user.DefaultInfo{Name:\"\", UID:\(user.uid.goQuoted), Groups:\(groups), Extra:\(extra)}"
  }
}
