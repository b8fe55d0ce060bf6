import APIMachinery

/// The default roles and bindings as objects.
struct RBACPolicy: Sendable {
  /// What is put in the cluster: the resource's name and the object.
  private(set) var objects: [(resource: String, object: JSONObject)] = []

  private static let aggregation = "rbac.authorization.k8s.io/aggregate-to-"

  init(reading text: String) {
    var current: (resource: String, object: JSONObject, rules: [JSONValue])?
    func finished() -> (String, JSONObject)? {
      guard let current else { return nil }
      var object = current.object
      object["rules"] = current.rules.isEmpty ? .null : .array(current.rules)
      return (current.resource, object)
    }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      if line.hasPrefix("  ") {
        current?.rules.append(Self.rule(words))
        continue
      }
      if let done = finished() { objects.append(done) }
      current = nil
      switch first {
      case "clusterrole": current = ("clusterroles", Self.clusterRole(words), [])
      case "controller":
        let name = "system:controller:" + words[1]
        current = ("clusterroles", Self.object("ClusterRole", name), [])
        let account = "account:kube-system/" + words[1]
        objects.append(
          ("clusterrolebindings", Self.binding("ClusterRoleBinding", name, "ClusterRole", name, [account])))
      case "role": current = ("roles", Self.object("Role", words[1]), [])
      case "clusterbinding":
        objects.append(
          ("clusterrolebindings", Self.binding("ClusterRoleBinding", words[1], "ClusterRole", words[2], words[3...])))
      case "binding":
        let role = words[2].split(separator: "/", maxSplits: 1).map(String.init)
        objects.append(("rolebindings", Self.binding("RoleBinding", words[1], role[0], role[1], words[3...])))
      default: preconditionFailure("the default policy has a line that is none: \(line)")
      }
    }
    if let done = finished() { objects.append(done) }
  }

  private static func object(_ kind: String, _ name: String) -> JSONObject {
    var metadata: JSONObject = [:]
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    metadata["name"] = .string(parts.last ?? name)
    if parts.count == 2 { metadata["namespace"] = .string(parts[0]) }
    metadata["labels"] = ["kubernetes.io/bootstrapping": "rbac-defaults"]
    metadata["annotations"] = ["rbac.authorization.kubernetes.io/autoupdate": "true"]
    return [
      "kind": .string(kind), "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": .object(metadata),
    ]
  }

  private static func clusterRole(_ words: [String]) -> JSONObject {
    var role = object("ClusterRole", words[1])
    for word in words.dropFirst(2) {
      let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
      let label = aggregation + pair[1]
      if pair[0] == "into" {
        var labels = role["metadata"]?["labels"]?.objectValue ?? [:]
        labels[label] = "true"
        role.setMetadata("labels", .object(labels))
      } else {
        role["aggregationRule"] = [
          "clusterRoleSelectors": [["matchLabels": .object(JSONObject([(label, JSONValue.string("true"))]))]]
        ]
      }
    }
    return role
  }

  private static func list(_ word: String) -> [String] {
    word.split(separator: ",").map { $0 == "-" ? "" : String($0) }
  }

  private static func rule(_ words: [String]) -> JSONValue {
    if words[0] == "path" { return PolicyRule(verbs: list(words[1]), paths: list(words[2])).json }
    let names = words.count > 3 ? list(String(words[3].dropFirst("names=".count))) : []
    return PolicyRule(verbs: list(words[0]), groups: list(words[1]), resources: list(words[2]), names: names).json
  }

  private static func binding(
    _ kind: String, _ name: String, _ roleKind: String, _ role: String, _ subjects: ArraySlice<String>
  ) -> JSONObject {
    var binding = object(kind, name)
    binding["roleRef"] = [
      "apiGroup": "rbac.authorization.k8s.io", "kind": .string(roleKind), "name": .string(role),
    ]
    binding["subjects"] = .array(
      subjects.map { subject in
        let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
        switch parts[0] {
        case "account":
          let place = parts[1].split(separator: "/").map(String.init)
          return ["kind": "ServiceAccount", "name": .string(place[1]), "namespace": .string(place[0])]
        default:
          return [
            "kind": parts[0] == "group" ? "Group" : "User", "apiGroup": "rbac.authorization.k8s.io",
            "name": .string(parts[1]),
          ]
        }
      })
    return binding
  }
}
