import APIMachinery

/// How much of a request the audit log keeps.
enum AuditLevel: String, Sendable, CaseIterable, Comparable {
  case none = "None"
  case metadata = "Metadata"
  case request = "Request"
  case requestResponse = "RequestResponse"

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  static func < (a: AuditLevel, b: AuditLevel) -> Bool { a.rank < b.rank }
}

/// When in the life of a request an event is written.
enum AuditStage: String, Sendable, CaseIterable {
  case requestReceived = "RequestReceived"
  case responseStarted = "ResponseStarted"
  case responseComplete = "ResponseComplete"
  case panic = "Panic"
}

/// Which requests the audit log keeps, and how much of them (`audit.k8s.io/v1` Policy): the first rule that matches
/// decides, and what none matches is not kept.
public struct AuditPolicy: Sendable {
  /// What is kept of one request.
  struct Choice: Sendable, Equatable {
    var level: AuditLevel
    var omittedStages: Set<AuditStage> = []
    var omitsManagedFields = false
  }

  private struct Rule: Sendable {
    var choice: Choice
    var users: [String]
    var groups: [String]
    var verbs: [String]
    var resources: [(group: String, resources: [String], names: [String])]
    var namespaces: [String]
    var paths: [String]
  }

  private let rules: [Rule]

  /// Reads the text of a policy, YAML or JSON.
  /// - Throws: 422 that names every field that is wrong, 400 where the text is no policy.
  public init(_ text: [UInt8]) throws(StatusError) {
    let value: JSONValue
    do { value = try YAMLReader.value(of: text, strict: true) } catch {
      throw .badRequest("failed decoding: \(error)")
    }
    guard let object = value.objectValue, object["apiVersion"] == "audit.k8s.io/v1", object["kind"] == "Policy" else {
      throw .badRequest(
        "unknown group version field in policy: it must be an object of apiVersion audit.k8s.io/v1 and kind Policy")
    }
    var errors: [FieldError] = []
    let items = object["rules"]?.arrayValue ?? []
    for (index, item) in items.enumerated() {
      errors += AuditPolicyRules.violations(of: item, FieldPath("rules").index(index))
    }
    errors += AuditPolicyRules.violations(ofStages: object["omitStages"], FieldPath("omitStages"))
    guard errors.isEmpty else { throw .invalid(GroupKind(group: "audit.k8s.io", kind: "Policy"), "", errors) }
    guard !items.isEmpty else { throw .badRequest("loaded illegal policy with 0 rules") }
    let stages = Self.stages(object["omitStages"])
    let omitsManagedFields = object["omitManagedFields"]?.boolValue ?? false
    rules = items.map { item in
      func strings(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
      return Rule(
        choice: Choice(
          level: AuditLevel(rawValue: item["level"]?.stringValue ?? "") ?? .none,
          omittedStages: stages.union(Self.stages(item["omitStages"])),
          omitsManagedFields: item["omitManagedFields"]?.boolValue ?? omitsManagedFields),
        users: strings(item["users"]), groups: strings(item["userGroups"]), verbs: strings(item["verbs"]),
        resources: (item["resources"]?.arrayValue ?? []).map {
          ($0["group"]?.stringValue ?? "", strings($0["resources"]), strings($0["resourceNames"]))
        },
        namespaces: strings(item["namespaces"]), paths: strings(item["nonResourceURLs"]))
    }
  }

  private static func stages(_ value: JSONValue?) -> Set<AuditStage> {
    Set((value?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { AuditStage(rawValue: $0) } })
  }

  /// What is kept of a request; nil: nothing.
  func choice(_ user: User, _ info: RequestInfo) -> Choice? {
    guard let rule = rules.first(where: { Self.matches($0, user, info) }), rule.choice.level != .none else {
      return nil
    }
    return rule.choice
  }

  private static func matches(_ rule: Rule, _ user: User, _ info: RequestInfo) -> Bool {
    guard rule.users.isEmpty || rule.users.containsExactly(user.name),
      rule.groups.isEmpty || rule.groups.contains(where: user.groups.containsExactly),
      rule.verbs.isEmpty || rule.verbs.contains(info.verb)
    else { return false }
    if !rule.namespaces.isEmpty || !rule.resources.isEmpty { return matchesResource(rule, info) }
    if !rule.paths.isEmpty { return !info.isResource && matchesPath(rule, info) }
    return true
  }

  private static func matchesPath(_ rule: Rule, _ info: RequestInfo) -> Bool {
    rule.paths.contains { $0 == "*" || $0 == info.path || $0.hasSuffix("*") && info.path.hasPrefix($0.dropLast()) }
  }

  private static func matchesResource(_ rule: Rule, _ info: RequestInfo) -> Bool {
    guard info.isResource, rule.namespaces.isEmpty || rule.namespaces.contains(info.namespace) else { return false }
    if rule.resources.isEmpty { return true }
    let combined = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
    return rule.resources.contains { one in
      guard one.group == info.group else { return false }
      if one.resources.isEmpty { return true }
      guard one.names.isEmpty || one.names.containsExactly(info.name) else { return false }
      return one.resources.contains { name in
        name == combined || name == "*" || !info.subresource.isEmpty && name == "*/\(info.subresource)"
          || name == "\(info.resource)/*"
      }
    }
  }
}
