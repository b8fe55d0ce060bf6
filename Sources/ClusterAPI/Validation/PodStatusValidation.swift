import APIMachinery

/// What a node's agent may write into the status of a pod.
enum PodStatusValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status")
    let (status, before) = (new["status"] ?? [:], old["status"] ?? [:])
    PodAnnotationValidation.update(new, old, &findings)
    PodAnnotationValidation.validate(new, FieldPath("metadata", "annotations"), &findings)
    conditions(status, &findings)
    let node = status.text("nominatedNodeName")
    if !node.isEmpty, node != before.text("nominatedNodeName") {
      let path = path.child("nominatedNodeName")
      findings.invalid(path, .string(node), NameRules.dns1123Subdomain(node))
      if !old.text("spec", "nodeName").isEmpty {
        findings.forbidden(path, "may not be set on pods that are already bound to a node")
      }
    }
    if let generation = status["observedGeneration"]?.integerValue, generation < 0 {
      findings.invalid(path.child("observedGeneration"), .integer(generation), "must be a non-negative integer")
    }
    findings.immutable(status["qosClass"], before["qosClass"], path.child("qosClass"))
    containers(new, old, path, &findings)
    claims(status, new["spec"]?.items("resourceClaims") ?? [], path.child("resourceClaimStatuses"), &findings)
    podAddresses(status, before, path.child("podIPs"), &findings)
    hostAddresses(status, before, path.child("hostIPs"), &findings)
    ContainerStatusValidation.validate(new, path, &findings)
  }

  private static func conditions(_ status: JSONValue, _ findings: inout Findings) {
    for (index, condition) in status.items("conditions").enumerated() {
      if let generation = condition["observedGeneration"]?.integerValue, generation < 0 {
        findings.invalid(
          FieldPath("status", "conditions").index(index).child("observedGeneration"), .integer(generation),
          "must be a non-negative integer")
      }
      let type = condition.text("type")
      guard !["PodScheduled", "Ready", "Initialized"].contains(type) else { continue }
      // The last name is upstream's.
      findings.invalid(
        FieldPath("status", "conditions").index(index).child("Type"), .string(type), NameRules.labelKey(type))
    }
  }

  // MARK: - Containers

  private static func containers(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let spec = old["spec"] ?? [:]
    if !RestartRuleValidation.restartsAll(spec) {
      for (list, containers) in [
        ("containerStatuses", spec.items("containers")), ("initContainerStatuses", spec.items("initContainers")),
      ] {
        ended(new["status"]?.items(list) ?? [], old["status"]?.items(list) ?? [], path.child(list), &findings) {
          name, code in
          let container = containers.first { $0.text("name") == name }
          return container.map { RestartRuleValidation.restarts($0, in: spec, after: code) } ?? false
        }
      }
    }
    let list = "ephemeralContainerStatuses"
    ended(new["status"]?.items(list) ?? [], old["status"]?.items(list) ?? [], path.child(list), &findings) { _, _ in
      false
    }
  }

  /// A container that has ended for good does not run again.
  ///
  /// - Parameter isRestarted: whether a container is started again that has ended with a code.
  private static func ended(
    _ new: [JSONValue], _ old: [JSONValue], _ path: FieldPath, _ findings: inout Findings,
    _ isRestarted: (_ name: String, _ code: Int64) -> Bool
  ) {
    for (index, before) in old.enumerated() {
      guard let terminated = before["state"]?["terminated"] else { continue }
      let name = before.text("name")
      let isGoingOn = new.contains { $0.text("name") == name && $0["state"]?.has("terminated") != true }
      if isGoingOn, !isRestarted(name, terminated["exitCode"]?.integerValue ?? 0) {
        findings.forbidden(path.index(index).child("state"), "may not be transitioned to non-terminated state")
      }
    }
  }

  // MARK: - Claims and addresses

  private static func claims(
    _ status: JSONValue, _ claims: [JSONValue], _ path: FieldPath, _ findings: inout Findings
  ) {
    var names: Set<String> = []
    for (index, item) in status.items("resourceClaimStatuses").enumerated() {
      let place = path.index(index)
      let path = place.child("name")
      let name = item.text("name")
      if !claims.contains(where: { $0.text("name") == name }) {
        findings.invalid(path, .string(name), "must match the name of an entry in `spec.resourceClaims`")
      }
      if !names.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
      if let claim = item["resourceClaimName"]?.stringValue {
        findings.invalid(place.child("resourceClaimName"), .string(claim), NameRules.dns1123Subdomain(claim))
      }
    }
  }

  private static func podAddresses(
    _ status: JSONValue, _ before: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    let known = Set(before.items("podIPs").map { $0.text("ip") })
    for (index, address) in status.items("podIPs").enumerated() {
      AddressRules.address(address.text("ip"), old: known, path.index(index), &findings)
    }
    families(status.items("podIPs"), path, &findings)
  }

  private static func hostAddresses(
    _ status: JSONValue, _ before: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    let all = status.items("hostIPs")
    guard let first = all.first?.text("ip") else { return }
    if first != status.text("hostIP") {
      findings.invalid(path.index(0).child("ip"), .string(first), "must be equal to `hostIP`")
    }
    let known = Set(before.items("hostIPs").map { $0.text("ip") })
    for (index, address) in all.enumerated() {
      AddressRules.address(address.text("ip"), old: known, path.index(index), &findings)
    }
    families(all, path, &findings)
  }

  private static func families(_ all: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    guard all.count > 1 else { return }
    let families = AddressFamilies.areBoth(addresses: all.map { $0.text("ip") })
    if let problem = families.problem {
      findings.add(.internal(path, "failed to check for dual stack with error:\(problem)"))
    }
    if !families.areBoth || all.count > 2 {
      findings.invalid(
        path, .array(all.map { InternalForm.of($0, "core.PodIP") }),
        "may specify no more than one IP for each IP family")
    }
  }
}
