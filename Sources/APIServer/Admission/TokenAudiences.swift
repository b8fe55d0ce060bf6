import APIMachinery
import HTTPService

/// Whom a node may request tokens for: those that a projected volume of the pod names, those of the drivers of its volumes,
/// and those that it is allowed besides. No audience is this server's own, and one like the others: a pod that mounts no
/// token needs none. (Kubernetes, ServiceAccountNodeAudienceRestriction)
struct TokenAudiences {
  let store: ClusterStore
  let authorizer: any Authorizer

  /// Why the token of a request must not be issued; nil where it may.
  func problem(_ request: AdmissionRequest, _ pod: CachedObject) async -> String? {
    let audiences = (request.object?["spec"]?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard audiences.count <= 1 else { return "node may only request 0 or 1 audiences" }
    let audience = audiences.first ?? ""
    let spec = pod.object.tree()["spec"]
    var failures: [String] = []
    func note(_ failure: String) { if !failures.contains(failure) { failures.append(failure) } }
    for volume in spec?["volumes"]?.arrayValue ?? [] {
      let sources = volume["projected"]?["sources"]?.arrayValue ?? []
      if sources.contains(where: { source in
        source["serviceAccountToken"].map { ($0["audience"]?.stringValue ?? "") == audience } ?? false
      }) {
        return nil
      }
      switch driver(of: volume, pod) {
      case .none: continue
      case .missing(let what): note("\(what) not found")
      case .named(let driver):
        guard let object = object("csidrivers", driver) else {
          note("csidriver.storage.k8s.io \(driver.goQuoted) not found")
          continue
        }
        let requests = object.object.value(at: "spec", "tokenRequests")?.arrayValue ?? []
        if requests.contains(where: { ($0["audience"]?.stringValue ?? "") == audience }) { return nil }
      }
    }
    if let first = failures.first {
      let words = failures.count == 1 ? first : "[\(failures.joined(separator: ", "))]"
      return "error validating audience \(audience.goQuoted): \(words)"
    }
    var info = RequestInfo(method: .get, segments: [], query: Query())
    info.isResource = true
    info.verb = "request-serviceaccounts-token-audience"
    info.version = "v1"
    info.resource = audience
    info.namespace = request.namespace
    info.name = request.name
    if case .allowed = await authorizer.authorize(request.user, info) { return nil }
    return
      "audience \(audience.goQuoted) not found in pod spec volume, \(request.user.name) is not authorized to request tokens for this audience"
  }

  private enum Driver {
    case none
    case named(String)
    case missing(String)
  }

  private func object(_ keys: String, _ name: String) -> CachedObject? {
    let prefix = "\(StorageLayout.root)\(keys)/"
    return store.cache(of: prefix).get(prefix + name)
  }

  /// Volumes that were Kubernetes' own and are a driver's now (csi-translation-lib).
  private static let migrated = [
    ("awsElasticBlockStore", "ebs.csi.aws.com"), ("azureDisk", "disk.csi.azure.com"),
    ("azureFile", "file.csi.azure.com"), ("cinder", "cinder.csi.openstack.org"),
    ("gcePersistentDisk", "pd.csi.storage.gke.io"), ("portworxVolume", "pxd.portworx.com"),
    ("vsphereVolume", "csi.vsphere.vmware.com"),
  ]

  private static func migrated(_ source: JSONValue?) -> Driver {
    migrated.first { source?[$0.0] != nil }.map { .named($0.1) } ?? .none
  }

  private func driver(of volume: JSONValue, _ pod: CachedObject) -> Driver {
    let claim: String
    if volume["ephemeral"]?["volumeClaimTemplate"] != nil {
      claim = "\(pod.name)-\(volume["name"]?.stringValue ?? "")"
    } else if let name = volume["persistentVolumeClaim"]?["claimName"]?.stringValue {
      claim = name
    } else if let driver = volume["csi"]?["driver"]?.stringValue {
      return .named(driver)
    } else {
      return Self.migrated(volume)
    }
    guard let found = object("persistentvolumeclaims", "\(pod.namespace)/\(claim)") else {
      return .missing("persistentvolumeclaim \(claim.goQuoted)")
    }
    let name = found.field(["spec", "volumeName"])
    guard !name.isEmpty, let persistent = object("persistentvolumes", name) else {
      return .missing("persistentvolume \(name.goQuoted)")
    }
    let spec = persistent.object.tree()["spec"]
    return spec?["csi"]?["driver"]?.stringValue.map { .named($0) } ?? Self.migrated(spec)
  }
}
