import APIMachinery

/// The volume by which containers get the token of their service account, the cluster's authorities and their namespace.
enum AccountTokenVolume {
  static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
  private static let namePrefix = "kube-api-access-"
  /// In seconds; the seven tell that nobody has chosen it.
  private static let tokenSeconds: Int64 = 3607

  /// Mounts the volume in each container that has nothing else there.
  static func mount(in spec: inout JSONObject) {
    let volumes = spec["volumes"]?.arrayValue ?? []
    let present = volumes.first {
      $0["projected"] != nil && ($0["name"]?.stringValue ?? "").hasPrefix(namePrefix)
    }?["name"]?.stringValue
    let name = present ?? unusedName(volumes)
    let mount: JSONValue = ["name": .string(name), "readOnly": true, "mountPath": .string(mountPath)]
    var isNeeded = false
    for list in ["initContainers", "containers"] {
      guard case .array(var containers)? = spec[list] else { continue }
      for index in containers.indices {
        guard case .object(var container) = containers[index] else { continue }
        let mounts = container["volumeMounts"]?.arrayValue ?? []
        if mounts.contains(where: { $0["mountPath"]?.stringValue == mountPath }) { continue }
        container["volumeMounts"] = .array(mounts + [mount])
        containers[index] = .object(container)
        isNeeded = true
      }
      spec[list] = .array(containers)
    }
    if isNeeded, present == nil { spec["volumes"] = .array(volumes + [volume(name)]) }
  }

  private static func unusedName(_ volumes: [JSONValue]) -> String {
    while true {
      let name = Identifiers.name(from: namePrefix)
      if !volumes.contains(where: { $0["name"]?.stringValue == name }) { return name }
    }
  }

  private static func volume(_ name: String) -> JSONValue {
    [
      "name": .string(name),
      "projected": [
        "defaultMode": 420,
        "sources": [
          ["serviceAccountToken": ["expirationSeconds": .integer(tokenSeconds), "path": "token"]],
          ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
          [
            "downwardAPI": [
              "items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]
            ]
          ],
        ],
      ],
    ]
  }
}
