import APIMachinery

/// The Secrets that a pod uses: in volumes, variables, and to pull images.
enum PodSecretNames {
  /// Members that name a Secret by their own `name`.
  private static let references: Set<String> = [
    "secretRef", "secretKeyRef", "nodePublishSecretRef", "nodeStageSecretRef", "secret",
  ]

  static func all(of spec: JSONValue?) -> Set<String> {
    var names = Set((spec?["imagePullSecrets"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
    for list in ["containers", "initContainers", "ephemeralContainers"] {
      for container in spec?[list]?.arrayValue ?? [] {
        collect(container["env"], &names)
        collect(container["envFrom"], &names)
      }
    }
    collect(spec?["volumes"], &names)
    return names
  }

  private static func collect(_ value: JSONValue?, _ names: inout Set<String>) {
    switch value {
    case .array(let items)?: for item in items { collect(item, &names) }
    case .object(let object)?:
      for (member, value) in object {
        if member == "secretName", let name = value.stringValue { names.insert(name) }
        if references.contains(member), let name = value["name"]?.stringValue { names.insert(name) }
        collect(value, &names)
      }
    default: break
    }
  }
}
