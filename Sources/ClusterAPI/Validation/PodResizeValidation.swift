import APIMachinery

/// The subresource `resize` of a pod: processor time and memory may change, and nothing that makes the pod one of another quality
/// (KEP-1287; of the pod as a whole KEP-5419).
enum PodResizeValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let (spec, oldSpec) = (new["spec"] ?? [:], old["spec"] ?? [:])
    if PodAnnotationValidation.isMirror(old) {
      return findings.forbidden(FieldPath(""), "static pods cannot be resized")
    }
    if oldSpec["os"]?["name"] == "windows" {
      return findings.forbidden(FieldPath(""), "windows pods cannot be resized")
    }
    if spec != oldSpec {
      PodValidation.validate(spec: spec, path, of: new, &findings)
      PodValidation.podOnly(spec, path, &findings)
    }
    let count = findings.errors.count
    if QualityOfService(pod: new) != QualityOfService(pod: old) {
      findings.invalid(
        path, new["status"]?["qosClass"] ?? "", "Pod QOS Class may not change as a result of resizing")
    }
    // A node that does not tell what its containers have cannot give them more.
    let running = (old["status"]?.items("containerStatuses") ?? []).first { $0["state"]?.has("running") == true }
    if let running, !running.has("resources") {
      findings.forbidden(path, "Pod running on node without support for resize")
    }
    var masked = spec
    whole(&masked, oldSpec, path, &findings)
    if old["status"]?.items("nodeAllocatableResourceClaimStatuses").isEmpty == false {
      findings.forbidden(path, "pods with node allocatable resource claims cannot be resized")
    }
    guard sameContainers(spec, oldSpec, path, &findings) else { return }
    for list in ["initContainers", "containers"] {
      for (index, container) in oldSpec.items(list).enumerated() {
        removals(
          from: container["resources"], to: spec.items(list)[index]["resources"],
          path.child(list).index(index).child("resources"), "resource", &findings)
      }
    }
    for list in ["containers", "initContainers"] {
      for (index, container) in spec.items(list).enumerated() {
        mutable(container, oldSpec.items(list)[index], list, index, path, &findings)
      }
      mask(list, of: &masked, by: oldSpec)
    }
    guard findings.errors.count == count else { return }
    if masked != oldSpec { findings.forbidden(path, "only cpu and memory resources are mutable") }
  }

  // MARK: - Resources of the pod

  private static func whole(
    _ masked: inout JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    let isSet = [masked, old].contains { spec in
      ["requests", "limits"].contains { spec["resources"]?[$0]?.objectValue?.isEmpty == false }
    }
    guard isSet else { return }
    if old.has("resources"), !masked.has("resources") {
      return findings.forbidden(path.child("resources"), "pod-level resources cannot be removed")
    }
    removals(
      from: old["resources"], to: masked["resources"], path.child("resources"), "pod-level resource", &findings)
    masked.edit("resources") { keepCountable(&$0, by: old["resources"]) }
    if !old.has("resources"), masked["resources"] == [:] { masked.editObject { _ = $0.remove("resources") } }
    if masked["resources"] != old["resources"] {
      findings.forbidden(path, "only cpu and memory resources are mutable at pod-level")
    }
  }

  private static func removals(
    from old: JSONValue?, to new: JSONValue?, _ path: FieldPath, _ word: String, _ findings: inout Findings
  ) {
    for part in ["requests", "limits"] {
      let names = old?[part]?.objectValue?.keys ?? []
      if names.contains(where: { new?[part]?[$0] == nil }) {
        findings.forbidden(path.child(part), "\(word) \(part) cannot be removed")
      }
    }
  }

  // MARK: - Resources of containers

  private static func sameContainers(
    _ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) -> Bool {
    let count = findings.errors.count
    for list in ["containers", "initContainers"] {
      let (now, before) = (new.items(list), old.items(list))
      guard now.count == before.count else {
        findings.forbidden(path.child(list), "\(list) may not be added or removed on resize")
        continue
      }
      for index in before.indices where now[index].text("name") != before[index].text("name") {
        findings.forbidden(
          path.child(list).index(index).child("name"), "\(list) may not be renamed or reordered on resize")
      }
    }
    return findings.errors.count == count
  }

  private static func mutable(
    _ new: JSONValue, _ old: JSONValue, _ list: String, _ index: Int, _ path: FieldPath, _ findings: inout Findings
  ) {
    var masked = new
    keepCountable(container: &masked, by: old)
    guard list == "initContainers" else {
      if masked != old { findings.forbidden(path, "only cpu and memory resources are mutable") }
      return
    }
    let place = path.child(list).index(index)
    if masked != old {
      findings.forbidden(place, "only cpu and memory resources for init or sidecar containers are mutable")
    }
    let restarts = new.items("resizePolicy").contains { $0.text("restartPolicy") == "RestartContainer" }
    if new != old, new.text("restartPolicy") != "Always", restarts {
      findings.forbidden(
        place, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized")
    }
  }

  private static func mask(_ list: String, of spec: inout JSONValue, by old: JSONValue) {
    let before = old.items(list)
    var index = 0
    spec.editItems(of: list) { container in
      keepCountable(container: &container, by: before[index])
      index += 1
    }
  }

  private static func keepCountable(container: inout JSONValue, by old: JSONValue) {
    if !container.has("resources") { container.editObject { $0["resources"] = [:] } }
    container.edit("resources") { keepCountable(&$0, by: old["resources"]) }
    if !old.has("resources"), container["resources"] == [:] { container.editObject { _ = $0.remove("resources") } }
  }

  /// Gives resources the processor time and the memory that they had.
  private static func keepCountable(_ resources: inout JSONValue, by old: JSONValue?) {
    resources.editObject { members in
      for part in ["limits", "requests"] {
        var amounts = members[part]?.objectValue ?? [:]
        for name in ["cpu", "memory"] { amounts[name] = old?[part]?[name] }
        members[part] = amounts.isEmpty && old?[part] == nil ? nil : .object(amounts)
      }
    }
  }
}
