import APIMachinery

/// What a pod names that only the API can give. The pods that a node makes to show what it runs without the server name
/// nothing of the sort: as a pod's node it could read all that such a pod names.
/// (Kubernetes, pkg/api/pod, `HasAPIObjectReference`)
enum MirrorPodReferences {
  /// Volumes that need no object.
  private static let plainVolumes: Set<String> = [
    "awsElasticBlockStore", "azureDisk", "cephfs", "cinder", "downwardAPI", "emptyDir", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "gitRepo", "hostPath", "image", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume",
    "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
  ]
  private static let volumes = [
    ("configMap", "configmaps (via configmap volumes)"), ("secret", "secrets (via secret volumes)"),
    ("csi", "csidrivers (via CSI volumes)"), ("glusterfs", "endpoints (via glusterFS volumes)"),
    ("persistentVolumeClaim", "persistentvolumeclaims"),
    ("ephemeral", "persistentvolumeclaims (via ephemeral volumes)"), ("azureFile", "secrets (via azureFile volumes)"),
  ]
  private static let projections = [
    ("configMap", "configmaps (via projected volumes)"), ("secret", "secrets (via projected volumes)"),
    ("serviceAccountToken", "serviceaccounts (via projected volumes)"), ("clusterTrustBundle", "clustertrustbundles"),
    ("podCertificate", "podcertificates"),
  ]

  /// Why a node must not make the pod; nil where it may.
  static func problem(_ pod: JSONObject, node: String) -> String? {
    func names(_ what: String) -> String { "node \(node.goQuoted) can not create pods that reference \(what)" }
    let named = PodReferences(pod)
    if !named.serviceAccount.isEmpty { return names("serviceaccounts") }
    if !named.secrets.isEmpty { return names("secrets") }
    if !named.configMaps.isEmpty { return names("configmaps") }
    if !(pod["spec"]?["resourceClaims"]?.arrayValue ?? []).isEmpty { return names("resourceclaims") }
    for volume in pod["spec"]?["volumes"]?.arrayValue ?? [] {
      guard let members = volume.objectValue, !members.keys.contains(where: plainVolumes.contains) else { continue }
      if let found = volumes.first(where: { members[$0.0] != nil }) { return names(found.1) }
      guard let projected = members["projected"] else {
        return "error checking mirror pod for API references: unknown volume type for volume  \(name(volume))"
      }
      for source in projected["sources"]?.arrayValue ?? [] {
        if let found = projections.first(where: { source[$0.0] != nil }) { return names(found.1) }
        if source["downwardAPI"] == nil {
          return "error checking mirror pod for API references: unknown source for projected volume \(name(volume))"
        }
      }
    }
    return nil
  }

  private static func name(_ volume: JSONValue) -> String { (volume["name"]?.stringValue ?? "").goQuoted }
}
