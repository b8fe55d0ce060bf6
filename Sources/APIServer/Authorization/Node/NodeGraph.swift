import APIMachinery

/// Which nodes have to do with which objects: `secret, configmap, claim, account → pod → node`, `secret → volume → claim`,
/// `attachment, slice → node`. Kept as it is asked about: for each object the nodes whose pods name it.
struct NodeGraph {
  enum Kind: Hashable { case secret, configMap, claim, resourceClaim, serviceAccount }

  private struct Reference: Hashable {
    let kind: Kind
    let namespace: String
    let name: String
  }

  private struct Pod {
    let node: String
    let references: [Reference]
  }

  private struct Volume {
    let claim: Reference
    let secrets: [Reference]
  }

  /// By the pod's key in the store.
  private var pods: [String: Pod] = [:]
  /// How many pods of each node name an object.
  private var users: [Reference: [String: Int]] = [:]
  private var volumes: [String: Volume] = [:]
  /// The volumes that need a secret.
  private var volumesOfSecret: [Reference: Set<String>] = [:]
  private var attachments: [String: String] = [:]
  private var slices: [String: String] = [:]

  // MARK: What is there

  mutating func set(pod object: CachedObject?, key: String) {
    if let old = pods.removeValue(forKey: key) {
      for reference in old.references {
        if users[reference]?[old.node] == 1 {
          users[reference]?[old.node] = nil
          if users[reference]?.isEmpty == true { users[reference] = nil }
        } else {
          users[reference]?[old.node]? -= 1
        }
      }
    }
    guard let object else { return }
    let node = object.field(["spec", "nodeName"])
    guard !node.isEmpty else { return }
    var references: [Reference] = []
    // A node must not give itself anything by a pod that it has made.
    if object.object.annotation(PodReferences.mirrorAnnotation) == nil {
      let named = PodReferences(object.object.tree())
      func add(_ kind: Kind, _ names: Set<String>) {
        references += names.map { Reference(kind: kind, namespace: object.namespace, name: $0) }
      }
      add(.secret, named.secrets)
      add(.configMap, named.configMaps)
      add(.claim, named.claims)
      add(.resourceClaim, named.resourceClaims)
      if !named.serviceAccount.isEmpty { add(.serviceAccount, [named.serviceAccount]) }
    }
    pods[key] = Pod(node: node, references: references)
    for reference in references { users[reference, default: [:]][node, default: 0] += 1 }
  }

  mutating func set(volume object: CachedObject?, name: String) {
    if let old = volumes.removeValue(forKey: name) {
      for secret in old.secrets {
        volumesOfSecret[secret]?.remove(name)
        if volumesOfSecret[secret]?.isEmpty == true { volumesOfSecret[secret] = nil }
      }
    }
    guard let object, let spec = object.object.value(at: "spec"),
      let claim = spec["claimRef"]?["name"]?.stringValue
    else { return }
    let namespace = spec["claimRef"]?["namespace"]?.stringValue ?? ""
    let secrets = VolumeSecrets.visibleToNodes(spec, claimNamespace: namespace).map {
      Reference(kind: .secret, namespace: $0.namespace, name: $0.name)
    }
    volumes[name] = Volume(claim: Reference(kind: .claim, namespace: namespace, name: claim), secrets: secrets)
    for secret in secrets { volumesOfSecret[secret, default: []].insert(name) }
  }

  mutating func set(attachment name: String, node: String?) {
    attachments[name] = node.flatMap { $0.isEmpty ? nil : $0 }
  }

  mutating func set(slice name: String, node: String?) { slices[name] = node.flatMap { $0.isEmpty ? nil : $0 } }

  // MARK: Questions

  /// Whether a pod on the node names an object, or, of a secret, whether a volume of such a pod needs it.
  func reaches(_ node: String, _ kind: Kind, namespace: String, name: String) -> Bool {
    let reference = Reference(kind: kind, namespace: namespace, name: name)
    if users[reference]?[node] != nil { return true }
    guard kind == .secret, let names = volumesOfSecret[reference] else { return false }
    return names.contains { reaches(node, volume: $0) }
  }

  func reaches(_ node: String, volume name: String) -> Bool {
    volumes[name].map { users[$0.claim]?[node] != nil } ?? false
  }

  func reaches(_ node: String, attachment name: String) -> Bool { attachments[name] == node }

  func reaches(_ node: String, slice name: String) -> Bool { slices[name] == node }

  /// - Parameter pod: the key in the store.
  func reaches(_ node: String, pod: String) -> Bool { pods[pod]?.node == node }
}

/// The secrets of a persistent volume that a node needs to mount it.
enum VolumeSecrets {
  private static let references = ["cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"]
  private static let driverReferences = ["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"]

  static func visibleToNodes(_ spec: JSONValue, claimNamespace: String) -> [(namespace: String, name: String)] {
    var secrets: [(namespace: String, name: String)] = []
    func add(_ namespace: JSONValue?, _ name: JSONValue?) {
      guard let name = name?.stringValue, !name.isEmpty else { return }
      let said = namespace?.stringValue ?? ""
      secrets.append((said.isEmpty ? claimNamespace : said, name))
    }
    if let file = spec["azureFile"] { add(file["secretNamespace"], file["secretName"]) }
    for kind in references {
      if let reference = spec[kind]?["secretRef"] { add(reference["namespace"], reference["name"]) }
    }
    for name in driverReferences {
      if let reference = spec["csi"]?[name] { add(reference["namespace"], reference["name"]) }
    }
    return secrets
  }
}
