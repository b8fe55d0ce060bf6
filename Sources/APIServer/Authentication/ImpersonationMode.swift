import APIMachinery

/// One way in which acting as somebody else is allowed (Kubernetes, "Constrained impersonation"): but for the last one, each
/// needs the permission to act as somebody, and the permission to do so for what the request is about.
enum ImpersonationMode: String, CaseIterable {
  /// A service account acts as the node that its pod is on.
  case associatedNode = "associated-node"
  case arbitraryNode = "arbitrary-node"
  case serviceAccount = "serviceaccount"
  /// Anybody who is neither a node nor a service account.
  case userInfo = "user-info"
  /// Without a word about what for.
  case legacy = ""

  private static let group = "authentication.k8s.io"
  private static let nodeName = "authentication.kubernetes.io/node-name"
  /// From this many parts on the permission for all of them is asked for first.
  private static let many = 4

  private var isConstrained: Bool { self != .legacy }
  private var verb: String { isConstrained ? "impersonate:\(rawValue)" : "impersonate" }

  /// What the audit log is told.
  var constraint: String { isConstrained ? verb : "" }

  /// Whether the way is one for somebody.
  func supports(_ wanted: User, by sender: User) -> Bool {
    let isName = wanted.uid.isEmpty && wanted.groups.isEmpty && wanted.extra.isEmpty
    let node = Self.node(wanted.name)
    switch self {
    case .associatedNode:
      guard isName, let node, Self.account(sender.name) != nil else { return false }
      return sender.extra[Self.nodeName] == [node]
    case .arbitraryNode: return isName && node != nil
    case .serviceAccount: return isName && Self.account(wanted.name) != nil
    case .userInfo: return node == nil && Self.account(wanted.name) == nil
    case .legacy: return true
    }
  }

  /// - Returns: who the sender is from now on.
  /// - Throws: 403.
  func authorize(
    _ sender: User, as wanted: User, _ info: RequestInfo, _ authorizer: any Authorizer
  ) async throws(StatusError) -> User {
    var sender = sender
    if self == .associatedNode {
      // On which node somebody is does not matter: it is the one.
      sender.extra = ["authentication.kubernetes.io/associated-node-keys": sender.extra.keys.sorted()]
    }
    if isConstrained {
      var purpose = info
      purpose.verb = "impersonate-on:\(rawValue):\(info.verb)"
      try await check(sender, purpose, authorizer)
    }
    let user = try await checkName(sender, wanted, authorizer)
    if !wanted.uid.isEmpty { try await check(sender, part("uids", wanted.uid, Self.group), authorizer) }
    try await checkGroups(sender, wanted.groups, authorizer)
    try await checkExtra(sender, wanted.extra, authorizer)
    return Self.completed(user)
  }

  private static func completed(_ user: User) -> User {
    var user = user
    let (authenticated, unauthenticated) = ("system:authenticated", "system:unauthenticated")
    if user.name == User.anonymous.name {
      if !user.groups.contains(unauthenticated) { user.groups.append(unauthenticated) }
    } else if !user.groups.contains(unauthenticated), !user.groups.contains(authenticated) {
      user.groups.append(authenticated)
    }
    return user
  }

  // MARK: Questions

  private func part(_ resource: String, _ name: String, _ group: String? = nil) -> RequestInfo {
    RequestInfo(
      verb: verb, group: group ?? (isConstrained ? Self.group : ""), version: "v1", resource: resource, name: name)
  }

  private func check(_ sender: User, _ info: RequestInfo, _ authorizer: any Authorizer) async throws(StatusError) {
    switch await authorizer.authorize(sender, info) {
    case .allowed: return
    case .denied(let reason), .noOpinion(let reason): throw .refused(sender, info, reason)
    case .failed: throw .refused(sender, info, "")
    }
  }

  private func isAllowed(_ sender: User, _ info: RequestInfo, _ authorizer: any Authorizer) async -> Bool {
    if case .allowed = await authorizer.authorize(sender, info) { true } else { false }
  }

  private func checkName(
    _ sender: User, _ wanted: User, _ authorizer: any Authorizer
  ) async throws(StatusError) -> User {
    var user = wanted
    var info = part("users", wanted.name)
    if isConstrained, let node = Self.node(wanted.name) {
      info.resource = "nodes"
      info.name = self == .associatedNode ? "*" : node
      user.groups = ["system:nodes"]
    }
    if let account = Self.account(wanted.name) {
      info.resource = "serviceaccounts"
      info.namespace = account.namespace
      info.name = account.name
      if user.groups.isEmpty {
        user.groups = ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)"]
      }
    }
    try await check(sender, info, authorizer)
    return user
  }

  private func checkGroups(
    _ sender: User, _ groups: [String], _ authorizer: any Authorizer
  ) async throws(StatusError) {
    if isConstrained {
      guard !groups.contains("") else {
        throw .refused(sender, part("groups", ""), "impersonating the empty string group is not allowed")
      }
      guard !groups.contains("system:masters") else {
        throw .refused(
          sender, part("groups", "system:masters"), "impersonating the system:masters group is not allowed")
      }
      if groups.count >= Self.many, await isAllowed(sender, part("groups", "*"), authorizer) { return }
    }
    for group in groups { try await check(sender, part("groups", group), authorizer) }
  }

  private func checkExtra(
    _ sender: User, _ extra: [String: [String]], _ authorizer: any Authorizer
  ) async throws(StatusError) {
    func info(_ key: String, _ value: String) -> RequestInfo {
      var info = part("userextras", value, Self.group)
      info.subresource = key
      return info
    }
    if isConstrained {
      for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
        if let problem = Self.problem(key, values) { throw .refused(sender, info("", ""), problem) }
      }
      let isLarge = extra.count >= Self.many || extra.values.reduce(0, { $0 + $1.count }) >= Self.many
      if isLarge, await isAllowed(sender, info("*", "*"), authorizer) { return }
    }
    for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
      for value in values { try await check(sender, info(key, value), authorizer) }
    }
  }

  private static func problem(_ key: String, _ values: [String]) -> String? {
    if key.isEmpty { return "impersonating the empty string key in extra is not allowed" }
    let errors = DomainPrefixedPath.errors(of: key, FieldPath("extra", "key")).map(\.description)
    if let message = GoAggregate.message(errors) {
      return "impersonating an invalid key in extra is not allowed: \(message)"
    }
    if key != key.lowercased() { return "impersonating a non-lowercase key in extra is not allowed: \(key.goQuoted)" }
    return values.contains("") ? "impersonating the empty string value in extra is not allowed" : nil
  }

  // MARK: Names

  private static func node(_ user: String) -> String? {
    let prefix = "system:node:"
    guard user.hasPrefix(prefix) else { return nil }
    let name = String(user.dropFirst(prefix.count))
    return NameRules.dns1123Subdomain(name).isEmpty ? name : nil
  }

  private static func account(_ user: String) -> (namespace: String, name: String)? {
    let prefix = "system:serviceaccount:"
    guard user.hasPrefix(prefix) else { return nil }
    let parts = user.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, NameRules.dns1123Label(parts[0]).isEmpty, NameRules.dns1123Subdomain(parts[1]).isEmpty
    else { return nil }
    return (parts[0], parts[1])
  }
}
