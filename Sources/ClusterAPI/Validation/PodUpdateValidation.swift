import APIMachinery

/// What may change in a pod that exists.
enum PodUpdateValidation {
  private static let changeable =
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("spec")
    guard let spec = new["spec"], let oldSpec = old["spec"] else { return }
    let wasGated = !oldSpec.items("schedulingGates").isEmpty
    // What is as it was has been judged by the rules of its time.
    if spec != oldSpec {
      PodValidation.validate(spec: spec, path, of: new, &findings)
      PodValidation.podOnly(spec, path, &findings)
    }
    PodAnnotationValidation.update(new, old, &findings)
    PodAnnotationValidation.validate(new, FieldPath("metadata", "annotations"), &findings)
    for list in ["containers", "initContainers"] {
      if spec.items(list).count != oldSpec.items(list).count {
        return findings.forbidden(path.child(list), "pod updates may not add or remove containers")
      }
      for (index, container) in spec.items(list).enumerated() {
        let image = container.text("image")
        if image.isEmpty {
          findings.required(path.child(list).index(index).child("image"))
        } else {
          PodValidation.image(image, path.child(list).index(index).child("image"), &findings)
        }
      }
    }
    guard deadline(spec, oldSpec, path.child("activeDeadlineSeconds"), &findings) else { return }
    tolerations(spec, oldSpec, path.child("tolerations"), &findings)
    gates(spec, oldSpec, path.child("schedulingGates"), &findings)
    // Give the new one all that may differ, and compare what is left.
    var masked = spec
    for list in ["containers", "initContainers"] {
      let before = oldSpec.items(list)
      var index = 0
      masked.editItems(of: list) { container in
        if index < before.count { container.editObject { $0["image"] = before[index]["image"] } }
        index += 1
      }
    }
    masked.editObject { object in
      object["activeDeadlineSeconds"] = oldSpec["activeDeadlineSeconds"]
      object["tolerations"] = oldSpec["tolerations"]
      object["schedulingGates"] = oldSpec["schedulingGates"]
      if let seconds = oldSpec["terminationGracePeriodSeconds"]?.integerValue, seconds < 0,
        object["terminationGracePeriodSeconds"] == 1
      {
        object["terminationGracePeriodSeconds"] = .integer(seconds)
      }
    }
    if wasGated { GatedPodValidation.mask(&masked, oldSpec, path, &findings) }
    if masked != oldSpec {
      findings.forbidden(path, "\(changeable)\n" + InternalForm.difference(oldSpec, masked, "core.PodSpec"))
    }
  }

  /// The subresource `ephemeralcontainers`: they can be added and nothing else.
  static func validate(ephemeralContainers new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    if PodAnnotationValidation.isMirror(old) {
      return findings.forbidden(FieldPath(""), "static pods do not support ephemeral containers")
    }
    let path = FieldPath("spec", "ephemeralContainers")
    let list = new["spec"]?.items("ephemeralContainers") ?? []
    for container in old["spec"]?.items("ephemeralContainers") ?? [] {
      let name = container.text("name")
      guard let now = list.first(where: { $0.text("name") == name }) else {
        findings.forbidden(
          path, "existing ephemeral containers \(name.goQuoted) may not be removed\n")
        continue
      }
      if now != container {
        findings.forbidden(
          path,
          "existing ephemeral containers \(name.goQuoted) may not be changed\n"
            + InternalForm.difference(container, now, "core.EphemeralContainer"))
      }
    }
    guard let spec = new["spec"] else { return }
    PodValidation.validate(spec: spec, FieldPath("spec"), of: new, &findings)
    PodValidation.podOnly(spec, FieldPath("spec"), &findings)
  }

  /// - Returns: whether the rest is to be looked at.
  private static func deadline(
    _ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) -> Bool {
    let before = old["activeDeadlineSeconds"]?.integerValue
    guard let after = new["activeDeadlineSeconds"]?.integerValue else {
      if before != nil {
        findings.invalid(path, .null, "must not update from a positive integer to nil value")
      }
      return true
    }
    if !(0...Int64(Int32.max)).contains(after) {
      findings.invalid(path, .integer(after), NameRules.between(0, Int64(Int32.max)))
      return false
    }
    if let before, before < after {
      findings.invalid(path, .integer(after), "must be less than or equal to previous value")
      return false
    }
    return true
  }

  /// Gates may go. One that is new is told once, where it stands last.
  private static func gates(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var added: [String: Int] = [:]
    for (index, gate) in new.items("schedulingGates").enumerated() { added[gate.text("name")] = index }
    for gate in old.items("schedulingGates") { added[gate.text("name")] = nil }
    for (name, index) in added.sorted(by: { $0.value < $1.value }) {
      findings.forbidden(
        path.index(index).child("name"), "only deletion is allowed, but found new scheduling gate '\(name)'")
    }
  }

  private static func tolerations(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    func withoutSeconds(_ toleration: JSONValue) -> JSONValue {
      var result = toleration
      result.editObject { _ = $0.remove("tolerationSeconds") }
      return result
    }
    let now = Set(new.items("tolerations").map(withoutSeconds))
    for toleration in old.items("tolerations") where !now.contains(withoutSeconds(toleration)) {
      findings.forbidden(path, "existing toleration can not be modified except its tolerationSeconds")
      break
    }
  }
}
