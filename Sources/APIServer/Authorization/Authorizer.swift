import APIMachinery

/// What an authorizer says of a request.
public enum Decision: Sendable, Equatable {
  case allowed(reason: String)
  case denied(reason: String)
  /// Somebody else may know.
  case noOpinion(reason: String)
  /// It could not be found out; somebody else may still allow the request unless this is final.
  case failed(why: String, isFinal: Bool)
}

/// What a user may do, as far as it can be told without a request (`authorization.k8s.io/v1` SubjectRulesReviewStatus).
public struct ResolvedRules: Sendable {
  var resources: [JSONValue] = []
  var paths: [JSONValue] = []
  /// Why there may be more.
  var problems: [String] = []
}

/// Decides whether a user may do what a request asks for.
public protocol Authorizer: Sendable {
  func authorize(_ user: User, _ info: RequestInfo) async -> Decision
  /// What a user may do in a namespace.
  func rules(of user: User, in namespace: String) -> ResolvedRules
}

extension Authorizer {
  public func rules(of user: User, in namespace: String) -> ResolvedRules { ResolvedRules() }
}

/// Asks several; the first that has an opinion decides.
public struct AuthorizerChain: Authorizer {
  private let members: [any Authorizer]
  public init(_ members: [any Authorizer]) { self.members = members }

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    var reasons: [String] = []
    var problems: [String] = []
    for member in members {
      switch await member.authorize(user, info) {
      case .noOpinion(let reason): if !reason.isEmpty { reasons.append(reason) }
      case .failed(let why, isFinal: false): problems.append(why)
      case let decision: return decision
      }
    }
    if let why = GoAggregate.message(problems) { return .failed(why: why, isFinal: false) }
    return .noOpinion(reason: reasons.joined(separator: "\n"))
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    members.reduce(into: ResolvedRules()) { all, member in
      let rules = member.rules(of: user, in: namespace)
      all.resources += rules.resources
      all.paths += rules.paths
      all.problems += rules.problems
    }
  }
}

/// Members of `system:masters` may do everything (Kubernetes, privileged group of the RBAC bootstrap).
public struct MastersAuthorizer: Authorizer {
  public init() {}

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    user.groups.contains("system:masters") ? .allowed(reason: "") : .noOpinion(reason: "")
  }
}

/// Says the same of every request (authorization modes AlwaysAllow and AlwaysDeny).
public struct ConstantAuthorizer: Authorizer {
  private let allows: Bool

  public static let alwaysAllow = ConstantAuthorizer(allows: true)
  public static let alwaysDeny = ConstantAuthorizer(allows: false)

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    allows ? .allowed(reason: "") : .noOpinion(reason: "Everything is forbidden.")
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    guard allows else { return ResolvedRules() }
    return ResolvedRules(
      resources: [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
      paths: [["verbs": ["*"], "nonResourceURLs": ["*"]]])
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
  static func sanitized(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  private static func suffix(_ reason: String) -> String { reason.isEmpty ? "" : ": " + reason }
}
