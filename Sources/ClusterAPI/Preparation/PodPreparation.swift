import APIMachinery

/// A pod begins as pending; through its parts little else is written (upstream's `pkg/registry/core/pod`).
enum PodPreparation: KindPreparation {
  static func create(_ pod: inout JSONValue) {
    let quality = QualityOfService(pod: pod)
    pod.editObject { $0["status"] = ["phase": "Pending", "qosClass": .string(quality.rawValue)] }
  }

  static func update(_ pod: inout JSONValue, old: JSONValue, subresource: String) {
    if subresource == "status" { completeAddresses(&pod) }
  }

  /// A pod has its addresses in `status.podIPs`, of which `status.podIP` is the first. Who writes one of them writes both;
  /// where they contradict each other, the single one counts.
  private static func completeAddresses(_ pod: inout JSONValue) {
    let first = pod["status"]?.items("podIPs").first?.text("ip") ?? ""
    let single = pod.text("status", "podIP")
    guard single != first else { return }
    pod.edit("status") { status in
      status.editObject { members in
        if single.isEmpty {
          members["podIP"] = .string(first)
        } else {
          members["podIPs"] = [["ip": .string(single)]]
        }
      }
    }
  }

  /// Leaves everything of a pod as it was but the resources of its containers and how they are resized.
  static func takeResources(_ pod: inout JSONValue, into old: JSONValue) {
    let new = pod
    pod = old
    pod.edit("metadata") { $0.editObject { $0["resourceVersion"] = new["metadata"]?["resourceVersion"] } }
    pod.edit("spec") { spec in
      for list in ["containers", "initContainers"] {
        let containers = new["spec"]?.items(list) ?? []
        spec.editItems(of: list) { container in
          guard let source = containers.first(where: { $0["name"] == container["name"] }) else { return }
          container.editObject { members in
            for name in ["resources", "resizePolicy"] { members[name] = source[name] }
          }
        }
      }
      if let resources = new["spec"]?["resources"] { spec.editObject { $0["resources"] = resources } }
    }
  }
}
