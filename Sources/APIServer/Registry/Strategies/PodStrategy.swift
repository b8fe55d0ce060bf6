import APIMachinery
import ClusterAPI

/// Pods: a node runs them and reports when they have ended (kube-apiserver's `pkg/registry/core/pod`).
struct PodStrategy: KindStrategy {
  /// What follows from the containers, the gates and the labels that the pod has in the end.
  func settle(_ pod: inout JSONObject, for user: User) {
    var tree = JSONValue.object(pod)
    pod = [:]
    PodPreparation.settle(&tree)
    pod = tree.objectValue ?? [:]
  }

  /// Nothing for a pod that no node has, or that has ended.
  func gracePeriod(of pod: JSONObject, _ options: DeleteOptions) -> Int64 {
    let phase = pod["status"]?["phase"]?.stringValue
    guard let node = pod["spec"]?["nodeName"]?.stringValue, !node.isEmpty, phase != "Succeeded", phase != "Failed"
    else { return 0 }
    let seconds = options.gracePeriod ?? pod["spec"]?["terminationGracePeriodSeconds"]?.integerValue ?? 30
    // What is below zero means one second.
    return seconds < 0 ? 1 : seconds
  }

  var endsGracefully: Bool { true }

  func awaitsEnd(_ pod: JSONObject) -> Bool {
    pod["metadata"]?["deletionGracePeriodSeconds"]?.integerValue ?? 0 > 0
  }
}
