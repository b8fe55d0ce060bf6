import APIMachinery
import HTTPService

/// Whom a node may request tokens for: this server, those that a projected volume of the pod names, those of the drivers
/// of its volumes, and those that it is allowed besides (Kubernetes, ServiceAccountNodeAudienceRestriction).
struct TokenAudiences {
  let store: ClusterStore
  let authorizer: any Authorizer

  /// Why the token of a request must not be issued; nil where it may.
  func problem(_ request: AdmissionRequest, _ pod: CachedObject) async -> String? {
    let audiences = (request.object?["spec"]?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard audiences.count <= 1 else { return "node may only request 0 or 1 audiences" }
    let audience = audiences.first ?? ""
    let spec = pod.object.tree()["spec"]
    var failure: String?
    for volume in spec?["volumes"]?.arrayValue ?? [] {
      let sources = volume["projected"]?["sources"]?.arrayValue ?? []
      if sources.contains(where: { source in
        source["serviceAccountToken"].map { ($0["audience"]?.stringValue ?? "") == audience } ?? false
      }) {
        return nil
      }
      switch driver(of: volume, pod) {
      case .none: continue
      case .missing(let what): failure = failure ?? "error validating audience \(audience.goQuoted): \(what) not found"
      case .named(let driver):
        guard let object = object("csidrivers", driver) else {
          failure =
            failure
            ?? "error validating audience \(audience.goQuoted): csidriver.storage.k8s.io \(driver.goQuoted) not found"
          continue
        }
        let requests = object.object.value(at: "spec", "tokenRequests")?.arrayValue ?? []
        if requests.contains(where: { ($0["audience"]?.stringValue ?? "") == audience }) { return nil }
      }
    }
    if audience.isEmpty { return nil }
    var info = RequestInfo(method: .get, segments: [], query: Query())
    info.isResource = true
    info.verb = "request-serviceaccounts-token-audience"
    info.version = "*"
    info.resource = audience
    info.namespace = request.namespace
    info.name = request.name
    if case .allowed = await authorizer.authorize(request.user, info) { return nil }
    return failure
      ?? "audience \(audience.goQuoted) not found in pod spec volume, \(request.user.name) is not authorized to request tokens for this audience"
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

  private func driver(of volume: JSONValue, _ pod: CachedObject) -> Driver {
    if let driver = volume["csi"]?["driver"]?.stringValue { return .named(driver) }
    let claim: String
    if let name = volume["persistentVolumeClaim"]?["claimName"]?.stringValue {
      claim = name
    } else if volume["ephemeral"] != nil {
      claim = "\(pod.name)-\(volume["name"]?.stringValue ?? "")"
    } else {
      return .none
    }
    guard let found = object("persistentvolumeclaims", "\(pod.namespace)/\(claim)") else {
      return .missing("persistentvolumeclaim \(claim.goQuoted)")
    }
    let name = found.field(["spec", "volumeName"])
    if name.isEmpty { return .none }
    guard let persistent = object("persistentvolumes", name) else {
      return .missing("persistentvolume \(name.goQuoted)")
    }
    let driver = persistent.field(["spec", "csi", "driver"])
    return driver.isEmpty ? .none : .named(driver)
  }
}
