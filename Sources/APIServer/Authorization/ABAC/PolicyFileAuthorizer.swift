import APIMachinery

/// What users may do by a file of policies, one a line (authorization mode ABAC; `abac.authorization.kubernetes.io/v1beta1`
/// Policy). A line of the first days, which names no version, is read as one of the present with the same meaning.
public struct PolicyFileAuthorizer: Authorizer {
  private static let version = "abac.authorization.kubernetes.io/v1beta1"
  private static let authenticated = "system:authenticated"
  private static let all = "*"

  private struct Policy: Sendable, Equatable {
    var user = ""
    var group = ""
    var isReadOnly = false
    var apiGroup = ""
    var resource = ""
    var namespace = ""
    var path = ""
  }

  private let policies: [Policy]

  /// - Parameters:
  ///   - text: a JSON object a line; empty lines and those that begin with `#` say nothing.
  ///   - name: of the file, for errors.
  /// - Throws: 400 where a line is no policy.
  public init(_ text: String, name: String) throws(StatusError) {
    var policies: [Policy] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
      func refusal(_ why: String) -> StatusError {
        .badRequest("error reading policy file \(name), line \(index + 1): \(line): \(why)")
      }
      let value: JSONValue
      do { value = try JSONValue(json: Array(line.utf8)) } catch { throw refusal(error.message) }
      guard let object = value.objectValue else { throw refusal("a policy is a JSON object") }
      do { policies.append(try Self.policy(object)) } catch { throw refusal(error.why) }
    }
    self.policies = policies
  }

  private struct Unreadable: Error {
    let why: String
  }

  private static func policy(_ object: JSONObject) throws(Unreadable) -> Policy {
    let (version, kind) = (object["apiVersion"]?.stringValue ?? "", object["kind"]?.stringValue ?? "")
    guard !version.isEmpty || !kind.isEmpty else { return completed(try fields(object)) }
    guard version == Self.version, kind == "Policy" else {
      throw Unreadable(why: "no kind \(kind.goQuoted) is registered for version \(version.goQuoted)")
    }
    return try fields(object["spec"]?.objectValue ?? [:])
  }

  private static func fields(_ spec: JSONObject) throws(Unreadable) -> Policy {
    func text(_ name: String) throws(Unreadable) -> String {
      switch spec[name] {
      case nil, .null: return ""
      case .string(let text): return text
      default: throw Unreadable(why: "\(name) is no text")
      }
    }
    var policy = Policy()
    switch spec["readonly"] {
    case nil, .null: break
    case .bool(let isReadOnly): policy.isReadOnly = isReadOnly
    default: throw Unreadable(why: "readonly is neither true nor false")
    }
    policy.user = try text("user")
    policy.group = try text("group")
    policy.apiGroup = try text("apiGroup")
    policy.resource = try text("resource")
    policy.namespace = try text("namespace")
    policy.path = try text("nonResourcePath")
    return policy
  }

  /// What a line of the first days leaves out means everything.
  private static func completed(_ old: Policy) -> Policy {
    var policy = old
    if old.user.isEmpty && old.group.isEmpty || old.user == all || old.group == all {
      (policy.user, policy.group) = ("", authenticated)
    }
    policy.apiGroup = all
    if old.namespace.isEmpty { policy.namespace = all }
    if old.resource.isEmpty { policy.resource = all }
    policy.path = old.namespace.isEmpty && old.resource.isEmpty ? all : ""
    return policy
  }

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    policies.contains { Self.concerns($0, user) && Self.matches($0, info) }
      ? .allowed(reason: "") : .noOpinion(reason: "No policy matched.")
  }

  private static func concerns(_ policy: Policy, _ user: User) -> Bool {
    guard !policy.user.isEmpty || !policy.group.isEmpty else { return false }
    return (policy.user.isEmpty || policy.user == all || policy.user.isExactly(user.name))
      && (policy.group.isEmpty || policy.group == all || user.groups.containsExactly(policy.group))
  }

  private static func matches(_ policy: Policy, _ info: RequestInfo) -> Bool {
    guard !policy.isReadOnly || ["get", "list", "watch"].contains(info.verb) else { return false }
    func covers(_ wanted: String, _ value: String) -> Bool { wanted == all || wanted == value }
    guard info.isResource else {
      if covers(policy.path, info.path) { return true }
      guard policy.path.hasSuffix(all) else { return false }
      return info.path.hasPrefix(policy.path.prefix { $0 != "*" })
    }
    return covers(policy.namespace, info.namespace) && covers(policy.resource, info.resource)
      && covers(policy.apiGroup, info.group)
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    var rules = ResolvedRules()
    for policy in policies
    where Self.concerns(policy, user) && (policy.namespace == Self.all || policy.namespace == namespace) {
      let verbs: JSONValue = policy.isReadOnly ? ["get", "list", "watch"] : ["*"]
      if !policy.resource.isEmpty {
        rules.resources.append(
          ["verbs": verbs, "apiGroups": [.string(policy.apiGroup)], "resources": [.string(policy.resource)]])
      }
      if !policy.path.isEmpty { rules.paths.append(["verbs": verbs, "nonResourceURLs": [.string(policy.path)]]) }
    }
    return rules
  }
}
