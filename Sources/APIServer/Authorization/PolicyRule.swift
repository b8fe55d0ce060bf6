import APIMachinery

/// What a role allows (`rbac.authorization.k8s.io/v1` PolicyRule).
struct PolicyRule: Sendable, Equatable {
  let verbs: [String]
  let groups: [String]
  let resources: [String]
  let names: [String]
  let paths: [String]

  init(_ json: JSONValue) {
    func strings(_ name: String) -> [String] { (json[name]?.arrayValue ?? []).compactMap(\.stringValue) }
    verbs = strings("verbs")
    groups = strings("apiGroups")
    resources = strings("resources")
    names = strings("resourceNames")
    paths = strings("nonResourceURLs")
  }

  init(verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], paths: [String] = []) {
    self.verbs = verbs
    self.groups = groups
    self.resources = resources
    self.names = names
    self.paths = paths
  }

  var json: JSONValue {
    var object = JSONObject()
    func put(_ name: String, _ values: [String]) {
      if !values.isEmpty { object[name] = .array(values.map { .string($0) }) }
    }
    put("verbs", verbs)
    put("apiGroups", groups)
    put("resources", resources)
    put("resourceNames", names)
    put("nonResourceURLs", paths)
    return .object(object)
  }

  func covers(_ info: RequestInfo) -> Bool {
    guard verbs.contains("*") || verbs.contains(info.verb) else { return false }
    guard info.isResource else {
      return paths.contains { path in
        path == "*" || path == info.path || path.hasSuffix("*") && info.path.hasPrefix(path.dropLast())
      }
    }
    guard groups.contains("*") || groups.contains(info.group) else { return false }
    let resource = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
    let isMeant = resources.contains { name in
      name == "*" || name == resource || !info.subresource.isEmpty && name == "*/\(info.subresource)"
    }
    return isMeant && (names.isEmpty || names.containsExactly(info.name))
  }

  /// Whether everything that another rule allows is allowed by some of these: nobody may grant what they do not have.
  static func cover(_ rule: PolicyRule, by own: [PolicyRule]) -> Bool { rule.parts.allSatisfy { $0.isHeld(by: own) } }

  /// What of some rules none of these allow, in rules that say one thing each but for their verbs.
  static func missing(in rules: [PolicyRule], from own: [PolicyRule]) -> [PolicyRule] {
    var missing: [PolicyRule] = []
    for part in rules.flatMap(\.parts) where !part.isHeld(by: own) {
      let same = part.paths.isEmpty ? missing.firstIndex { part.differsByVerbs(from: $0) } : nil
      if let same {
        missing[same] = PolicyRule(
          verbs: missing[same].verbs + part.verbs, groups: part.groups, resources: part.resources, names: part.names)
      } else {
        missing.append(part)
      }
    }
    return missing
  }

  private func differsByVerbs(from other: PolicyRule) -> Bool {
    groups == other.groups && resources == other.resources && names == other.names && paths == other.paths
  }

  /// Rules that say the same together: each for one verb of one thing.
  private var parts: [PolicyRule] {
    var parts: [PolicyRule] = []
    for group in groups {
      for resource in resources {
        for verb in verbs {
          if names.isEmpty { parts.append(PolicyRule(verbs: [verb], groups: [group], resources: [resource])) }
          for name in names {
            parts.append(PolicyRule(verbs: [verb], groups: [group], resources: [resource], names: [name]))
          }
        }
      }
    }
    for path in paths {
      for verb in verbs { parts.append(PolicyRule(verbs: [verb], paths: [path])) }
    }
    return parts
  }

  /// Whether one of some rules allows everything of this one, which is a part.
  private func isHeld(by own: [PolicyRule]) -> Bool { own.contains { $0.holds(self) } }

  private func holds(_ part: PolicyRule) -> Bool {
    guard verbs.contains("*") || part.verbs.allSatisfy(verbs.contains) else { return false }
    if let path = part.paths.first {
      return paths.contains { $0 == "*" || $0 == path || $0.hasSuffix("*") && path.hasPrefix($0.dropLast()) }
    }
    guard groups.contains("*") || part.groups.allSatisfy(groups.contains) else { return false }
    let areMeant = part.resources.allSatisfy { resource in
      if resources.contains("*") || resources.contains(resource) { return true }
      guard let slash = resource.lastIndex(of: "/") else { return false }
      return resources.contains("*" + resource[slash...])
    }
    return areMeant && (names.isEmpty || !part.names.isEmpty && part.names.allSatisfy(names.containsExactly))
  }
}

/// As kube-apiserver writes a rule on one line.
extension PolicyRule: CustomStringConvertible {
  var description: String {
    let fields = [
      ("APIGroups", groups), ("Resources", resources), ("NonResourceURLs", paths), ("ResourceNames", names),
      ("Verbs", verbs),
    ]
    let texts = fields.filter { !$0.1.isEmpty }.map { "\($0):\($1.goQuoted)" }
    return "{\(texts.joined(separator: ", "))}"
  }
}

extension [String] {
  /// As Go writes a list of texts in quotation marks.
  var goQuoted: String { "[\(map(\.goQuoted).joined(separator: " "))]" }
}
