import APIMachinery

/// The objects that a pod names: what its node must read to run it.
struct PodReferences {
  var secrets: Set<String> = []
  var configMaps: Set<String> = []
  var claims: Set<String> = []
  var resourceClaims: Set<String> = []
  var serviceAccount = ""

  static let mirrorAnnotation = "kubernetes.io/config.mirror"

  private static let containers = ["containers", "initContainers", "ephemeralContainers"]
  /// Volumes whose secret is named by an object.
  private static let secretReferences = ["cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"]

  init(_ pod: JSONObject) {
    let spec = pod["spec"]
    func items(_ value: JSONValue?, _ name: String) -> [JSONValue] { value?[name]?.arrayValue ?? [] }
    serviceAccount = spec?["serviceAccountName"]?.stringValue ?? ""
    for secret in items(spec, "imagePullSecrets") { add(secret["name"], to: \.secrets) }
    for container in Self.containers.flatMap({ items(spec, $0) }) {
      for source in items(container, "envFrom") {
        add(source["secretRef"]?["name"], to: \.secrets)
        add(source["configMapRef"]?["name"], to: \.configMaps)
      }
      for variable in items(container, "env") {
        add(variable["valueFrom"]?["secretKeyRef"]?["name"], to: \.secrets)
        add(variable["valueFrom"]?["configMapKeyRef"]?["name"], to: \.configMaps)
      }
    }
    for volume in items(spec, "volumes") { add(volume: volume, podName: pod.objectName) }
    for claim in items(spec, "resourceClaims") {
      add(claim["resourceClaimName"], to: \.resourceClaims)
      let made = items(pod["status"], "resourceClaimStatuses").first { $0["name"] == claim["name"] }
      if claim["resourceClaimName"] == nil { add(made?["resourceClaimName"], to: \.resourceClaims) }
    }
    add(pod["status"]?["extendedResourceClaimStatus"]?["resourceClaimName"], to: \.resourceClaims)
  }

  private mutating func add(_ name: JSONValue?, to names: WritableKeyPath<Self, Set<String>>) {
    if let name = name?.stringValue, !name.isEmpty { self[keyPath: names].insert(name) }
  }

  private mutating func add(volume: JSONValue, podName: String) {
    add(volume["secret"]?["secretName"], to: \.secrets)
    add(volume["configMap"]?["name"], to: \.configMaps)
    add(volume["azureFile"]?["secretName"], to: \.secrets)
    add(volume["csi"]?["nodePublishSecretRef"]?["name"], to: \.secrets)
    for kind in Self.secretReferences { add(volume[kind]?["secretRef"]?["name"], to: \.secrets) }
    for source in volume["projected"]?["sources"]?.arrayValue ?? [] {
      add(source["secret"]?["name"], to: \.secrets)
      add(source["configMap"]?["name"], to: \.configMaps)
    }
    if let claim = volume["persistentVolumeClaim"] {
      add(claim["claimName"], to: \.claims)
    } else if volume["ephemeral"] != nil {
      claims.insert("\(podName)-\(volume["name"]?.stringValue ?? "")")
    }
  }
}
