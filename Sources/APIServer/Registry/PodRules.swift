import APIMachinery
import ClusterAPI

/// What the API does with a pod when admission has changed it (the pod strategy of kube-apiserver).
enum PodRules {
  static func applies(to target: ServedResource) -> Bool {
    target.groupResource == GroupResource(group: "", resource: "pods")
  }

  /// The quality of service follows from what its containers ask for in the end.
  static func setQuality(of pod: inout JSONObject) {
    var status = pod["status"]?.objectValue ?? [:]
    let quality = JSONValue.string(QualityOfService(pod: .object(pod)).rawValue)
    guard status["qosClass"] != quality else { return }
    status["qosClass"] = quality
    pod["status"] = .object(status)
  }
}
