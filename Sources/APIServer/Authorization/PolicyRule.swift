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
    return isMeant && (names.isEmpty || names.contains(info.name))
  }

  /// Whether everything that another rule allows is allowed by some of these: nobody may grant what they do not have.
  static func cover(_ rule: PolicyRule, by own: [PolicyRule]) -> Bool {
    for verb in rule.verbs {
      for path in rule.paths {
        let isCovered = own.contains {
          ($0.verbs.contains("*") || $0.verbs.contains(verb))
            && $0.paths.contains { $0 == "*" || $0 == path || $0.hasSuffix("*") && path.hasPrefix($0.dropLast()) }
        }
        guard isCovered else { return false }
      }
      for group in rule.groups {
        for resource in rule.resources {
          for name in rule.names.isEmpty ? [""] : rule.names {
            let isCovered = own.contains { mine in
              (mine.verbs.contains("*") || mine.verbs.contains(verb))
                && (mine.groups.contains("*") || mine.groups.contains(group))
                && (mine.resources.contains("*") || mine.resources.contains(resource)
                  || resource.contains("/")
                    && mine.resources.contains("*/" + (resource.split(separator: "/").last ?? "")))
                && (mine.names.isEmpty || !name.isEmpty && mine.names.contains(name))
            }
            guard isCovered else { return false }
          }
        }
      }
    }
    return true
  }
}
