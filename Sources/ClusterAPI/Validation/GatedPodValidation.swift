import APIMachinery

/// What may change in the constraints of a pod that is not to be scheduled yet: they may become narrower (KEP-3838).
enum GatedPodValidation {
  private static let required = "requiredDuringSchedulingIgnoredDuringExecution"

  /// Judges what has changed, and gives a copy of the new spec the old constraints: what is left is to be as it was.
  static func mask(_ masked: inout JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    nodeSelector(masked["nodeSelector"], old["nodeSelector"], path.child("nodeSelector"), &findings)
    masked.editObject { $0["nodeSelector"] = old["nodeSelector"] }
    let (now, before) = (masked["affinity"]?["nodeAffinity"], old["affinity"]?["nodeAffinity"])
    guard now != before else { return }
    affinity(now, before, path.child("affinity", "nodeAffinity"), &findings)
    masked.setDefault("affinity", [:])
    masked.edit("affinity") { $0.editObject { $0["nodeAffinity"] = before } }
    if !old.has("affinity"), masked["affinity"]?.objectValue?.isEmpty == true {
      masked.editObject { _ = $0.remove("affinity") }
    }
  }

  private static func nodeSelector(
    _ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    for (key, value) in old?.objectValue ?? [:] where new?[key] != value {
      return findings.invalid(
        path, new ?? .null, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
    }
  }

  private static func affinity(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    let before = old?[required]?.items("nodeSelectorTerms") ?? []
    guard !before.isEmpty else { return }
    let path = path.child(required, "nodeSelectorTerms")
    let now = new?[required]?.items("nodeSelectorTerms") ?? []
    guard now.count == before.count else {
      return findings.invalid(
        path, .array(now.map { InternalForm.of($0, "core.NodeSelectorTerm") }),
        "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
    }
    for (index, term) in now.enumerated() where !isNarrower(term, before[index]) {
      findings.invalid(
        path.index(index), InternalForm.of(term, "core.NodeSelectorTerm"),
        "only additions are allowed (no mutations or deletions)"
      )
    }
  }

  /// A term that chose no node at all cannot become one that does.
  private static func isNarrower(_ new: JSONValue, _ old: JSONValue) -> Bool {
    let lists = ["matchExpressions", "matchFields"]
    if lists.allSatisfy({ old.items($0).isEmpty }) { return lists.allSatisfy { new.items($0).isEmpty } }
    return lists.allSatisfy { new.items($0).starts(with: old.items($0)) }
  }
}
