import APIMachinery

/// What an authorizer says of a request.
public enum Decision: Sendable, Equatable {
  case allowed(reason: String)
  case denied(reason: String)
  /// Somebody else may know.
  case noOpinion(reason: String)
}

/// Decides whether a user may do what a request asks for.
public protocol Authorizer: Sendable {
  func authorize(_ user: User, _ info: RequestInfo) async -> Decision
}

/// Asks several; the first that has an opinion decides.
public struct AuthorizerChain: Authorizer {
  private let members: [any Authorizer]
  public init(_ members: [any Authorizer]) { self.members = members }

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    var reasons: [String] = []
    for member in members {
      switch await member.authorize(user, info) {
      case .noOpinion(let reason): if !reason.isEmpty { reasons.append(reason) }
      case let decision: return decision
      }
    }
    return .noOpinion(reason: reasons.joined(separator: ", "))
  }
}

/// Members of `system:masters` may do everything (Kubernetes, privileged group of the RBAC bootstrap).
public struct MastersAuthorizer: Authorizer {
  public init() {}

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    user.groups.contains("system:masters") ? .allowed(reason: "") : .noOpinion(reason: "")
  }
}

extension StatusError {
  /// The refusal in Kubernetes' words.
  static func refused(_ user: User, _ info: RequestInfo, _ reason: String) -> StatusError {
    guard info.isResource else {
      return .forbidden(
        nil, "",
        sanitized("User \(user.name.goQuoted) cannot \(info.verb) path \(info.path.goQuoted)") + suffix(reason))
    }
    let resource = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
    let scope = info.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(info.namespace.goQuoted)"
    return .forbidden(
      GroupResource(group: info.group, resource: info.resource), info.name,
      sanitized(
        "User \(user.name.goQuoted) cannot \(info.verb) resource \(resource.goQuoted) in API group \(info.group.goQuoted) \(scope)"
      ) + suffix(reason))
  }

  /// Without what looks like a page: the words are a stranger's.
  private static func sanitized(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  private static func suffix(_ reason: String) -> String { reason.isEmpty ? "" : ": " + reason }
}
