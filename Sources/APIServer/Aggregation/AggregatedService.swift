import APIMachinery
import ClusterAPI

/// A version of a group that another API server serves (apiregistration.k8s.io/v1 APIService with a service).
struct AggregatedService: Sendable {
  let name: String
  let groupVersion: GroupVersion
  let service: OutboundTarget.Service
  /// PEM in base64; empty: what the system trusts.
  let authorities: String
  let verifies: Bool
  let groupPriority: Int64
  let versionPriority: Int64
  let isAvailable: Bool

  /// - Returns: nil for one that this server serves itself.
  init?(_ object: CachedObject) {
    let spec = object.object.value(at: "spec") ?? [:]
    guard let service = spec["service"], service.objectValue != nil else { return nil }
    name = object.name
    groupVersion = GroupVersion(
      group: spec["group"]?.stringValue ?? "", version: spec["version"]?.stringValue ?? "")
    self.service = OutboundTarget.Service(
      namespace: service["namespace"]?.stringValue ?? "", name: service["name"]?.stringValue ?? "",
      port: Int(service["port"]?.integerValue ?? 443))
    authorities = spec["caBundle"]?.stringValue ?? ""
    verifies = spec["insecureSkipTLSVerify"]?.boolValue != true
    groupPriority = spec["groupPriorityMinimum"]?.integerValue ?? 0
    versionPriority = spec["versionPriority"]?.integerValue ?? 0
    let conditions = object.object.value(at: "status", "conditions")?.arrayValue ?? []
    isAvailable = conditions.contains {
      $0["type"]?.stringValue == "Available" && $0["status"]?.stringValue == "True"
    }
  }

  /// The path of its discovery document.
  var path: String {
    groupVersion.group.isEmpty ? "/api/\(groupVersion.version)" : "/apis/\(groupVersion.group)/\(groupVersion.version)"
  }
}
