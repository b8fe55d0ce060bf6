import APIMachinery

/// A pod that names keys of its own labels, for affinity or for spreading, gets their values into the selector when it is
/// created: what reads the selector later need not know of the keys (KEP-3633 and KEP-3243).
enum PodLabelKeys {
  static func merge(_ pod: inout JSONValue) {
    let labels = pod["metadata"]?["labels"]
    let (required, preferred) = (
      "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
    )
    pod.edit("spec") { spec in
      for kind in ["podAffinity", "podAntiAffinity"] {
        spec.edit("affinity", kind) { rules in
          rules.editItems(of: required) { merge(into: &$0, labels) }
          rules.editItems(of: preferred) { $0.edit("podAffinityTerm") { merge(into: &$0, labels) } }
        }
      }
      spec.editItems(of: "topologySpreadConstraints") { merge(into: &$0, labels) }
    }
  }

  /// A term without a selector chooses no pod, and stays so.
  private static func merge(into term: inout JSONValue, _ labels: JSONValue?) {
    guard term.has("labelSelector") else { return }
    var added: [JSONValue] = []
    for (list, comparison) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
      for key in term.items(list) {
        guard let value = labels?[key.stringValue ?? ""] else { continue }
        added.append(["key": key, "operator": .string(comparison), "values": [value]])
      }
    }
    guard !added.isEmpty else { return }
    term.edit("labelSelector") { selector in
      let known = selector.items("matchExpressions")
      selector.editObject { $0["matchExpressions"] = .array(known + added) }
    }
  }
}
