import APIMachinery

/// A pod begins as pending; through its parts little else is written (upstream's `pkg/registry/core/pod`).
public enum PodPreparation: KindPreparation {
  /// Agents of old corrupted owners, which breaks the removal of what nobody owns.
  static let keptByStatus = ["ownerReferences"]

  static func create(_ pod: inout JSONValue) {
    let quality = QualityOfService(pod: pod)
    pod.editObject { $0["status"] = ["phase": "Pending", "qosClass": .string(quality.rawValue)] }
  }

  /// Puts down what follows from a new pod as admission has made it: how late it is evicted, that it is not to be scheduled
  /// yet, and selectors that name keys of its labels.
  public static func settle(_ pod: inout JSONValue) {
    let quality = QualityOfService(pod: pod)
    let isGated = pod["spec"]?.items("schedulingGates").isEmpty == false
    pod.setDefault("status", [:])
    pod.edit("status") { status in
      status.editObject { $0["qosClass"] = .string(quality.rawValue) }
      guard isGated else { return }
      status.editObject { members in
        members["conditions"] = [
          [
            "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates", "lastProbeTime": .null,
            "lastTransitionTime": .string(Timestamp.now.description),
          ]
        ]
      }
    }
    PodLabelKeys.merge(&pod)
  }

  static func update(_ pod: inout JSONValue, old: JSONValue, subresource: String) {
    guard subresource == "status" else { return }
    completeAddresses(&pod)
    keepWhatIsLeftOut(&pod, old["status"] ?? [:])
  }

  /// Older agents do not write the quality of service, nor which generation they have seen: that stays as it is.
  private static func keepWhatIsLeftOut(_ pod: inout JSONValue, _ old: JSONValue) {
    var known: [String: [JSONValue]] = [:]
    for condition in old.items("conditions") {
      known[condition.text("type"), default: []].append(condition["observedGeneration"] ?? 0)
    }
    pod.edit("status") { status in
      for name in ["qosClass", "observedGeneration"] where !status.has(name) {
        status.editObject { $0[name] = old[name] }
      }
      status.editItems(of: "conditions") { condition in
        let type = condition.text("type")
        guard var generations = known[type], !generations.isEmpty else { return }
        let generation = generations.removeFirst()
        known[type] = generations
        if !condition.has("observedGeneration"), generation != 0 {
          condition.editObject { $0["observedGeneration"] = generation }
        }
      }
    }
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

  /// Leaves everything of a pod as it was but its resources, those of its containers, and how they are resized.
  ///
  /// Where containers come, go or change their places, the list is left as it was sent: the judgement says that it may not.
  static func takeResources(_ pod: inout JSONValue, into old: JSONValue) {
    let new = pod
    pod = old
    pod.edit("metadata") { $0.editObject { $0["resourceVersion"] = new["metadata"]?["resourceVersion"] } }
    pod.edit("spec") { spec in
      for list in ["containers", "initContainers"] {
        let sent = new["spec"]?.items(list) ?? []
        let known = spec.items(list)
        guard sent.map({ $0.text("name") }) == known.map({ $0.text("name") }) else {
          spec.editObject { $0[list] = new["spec"]?[list] }
          continue
        }
        var sources = sent[...]
        spec.editItems(of: list) { container in
          let source = sources.removeFirst()
          container.editObject { members in
            for name in ["resources", "resizePolicy"] { members[name] = source[name] }
          }
        }
      }
      spec.editObject { $0["resources"] = new["spec"]?["resources"] }
    }
  }
}
