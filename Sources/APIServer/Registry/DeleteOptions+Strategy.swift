import APIMachinery

/// What options of a deletion mean for an object.
extension DeleteOptions {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  /// What becomes of dependents; nil where the client leaves it to the kind. Old clients say it by `orphanDependents`.
  var effectivePropagation: Propagation? { orphanDependents.map { $0 ? .orphan : .background } ?? propagation }

  /// The finalizers of an object after a client has said what becomes of dependents; the garbage collector works on these.
  func finalizers(of object: JSONObject) -> [String] {
    var finalizers = object.finalizers
    guard let propagation = effectivePropagation else { return finalizers }
    finalizers.removeAll { $0 == Self.orphanFinalizer || $0 == Self.foregroundFinalizer }
    switch propagation {
    case .orphan: finalizers.append(Self.orphanFinalizer)
    case .foreground: finalizers.append(Self.foregroundFinalizer)
    case .background: break
    }
    return finalizers
  }

  /// Whether an object stays until whoever runs it reports that it has ended: a pod on a node, within its time.
  static func keepsForGracePeriod(_ object: JSONObject, _ target: ServedResource) -> Bool {
    guard target.groupResource == GroupResource(group: "", resource: "pods") else { return false }
    return object["metadata"]?["deletionGracePeriodSeconds"]?.integerValue ?? 0 > 0
  }

  /// Seconds that a pod is given to end; 0 for one that no node has, or that has ended (kube-apiserver's pod strategy).
  func gracePeriod(of object: JSONObject, _ target: ServedResource) -> Int64 {
    guard target.groupResource == GroupResource(group: "", resource: "pods") else { return 0 }
    let phase = object["status"]?["phase"]?.stringValue
    guard let node = object["spec"]?["nodeName"]?.stringValue, !node.isEmpty, phase != "Succeeded", phase != "Failed"
    else { return 0 }
    // What is below zero means one second.
    if let gracePeriod { return gracePeriod < 0 ? 1 : gracePeriod }
    return object["spec"]?["terminationGracePeriodSeconds"]?.integerValue ?? 30
  }
}
