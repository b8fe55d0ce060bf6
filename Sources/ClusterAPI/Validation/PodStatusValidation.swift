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
      findings.invalid(path.child("nominatedNodeName"), .string(node), NameRules.dns1123Subdomain(node))
    }
    findings.immutable(status["qosClass"], before["qosClass"], path.child("qosClass"))
    containers(new, old, path, &findings)
    claims(status, new["spec"]?.items("resourceClaims") ?? [], path.child("resourceClaimStatuses"), &findings)
    podAddresses(status, path.child("podIPs"), &findings)
    hostAddresses(status, path.child("hostIPs"), &findings)
  }

  private static func conditions(_ status: JSONValue, _ findings: inout Findings) {
    for (index, condition) in status.items("conditions").enumerated() {
      let type = condition.text("type")
      guard !["PodScheduled", "Ready", "Initialized"].contains(type) else { continue }
      // The place is upstream's.
      findings.invalid(
        FieldPath("metadata", "conditions").index(index).child("Type"), .string(type), NameRules.labelKey(type))
    }
  }

  // MARK: - Containers

  private static func containers(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let policy = old["spec"]?.text("restartPolicy") ?? ""
    // Those of which it is known that they are started again.
    var restarted: Set<String> = []
    for list in ["containers", "initContainers"] {
      for container in new["spec"]?.items(list) ?? [] {
        if container.text("restartPolicy") == "Always" || !container.items("restartPolicyRules").isEmpty {
          restarted.insert(container.text("name"))
        }
      }
    }
    for list in ["containerStatuses", "initContainerStatuses"] where policy == "OnFailure" || policy == "Never" {
      ended(
        new["status"]?.items(list) ?? [], old["status"]?.items(list) ?? [], policy, restarted, path.child(list),
        &findings)
    }
    let list = "ephemeralContainerStatuses"
    ended(
      new["status"]?.items(list) ?? [], old["status"]?.items(list) ?? [], "Never", [], path.child(list), &findings)
  }

  /// A container that has ended for good does not run again.
  private static func ended(
    _ new: [JSONValue], _ old: [JSONValue], _ policy: String, _ restarted: Set<String>, _ path: FieldPath,
    _ findings: inout Findings
  ) {
    for (index, before) in old.enumerated() {
      let name = before.text("name")
      guard !restarted.contains(name), let terminated = before["state"]?["terminated"] else { continue }
      // With this policy a container that failed is restarted.
      if policy == "OnFailure", terminated["exitCode"]?.integerValue ?? 0 != 0 { continue }
      guard let now = new.first(where: { $0.text("name") == name }), now["state"]?.has("terminated") != true else {
        continue
      }
      findings.forbidden(path.index(index).child("state"), "may not be transitioned to non-terminated state")
    }
  }

  // MARK: - Claims and addresses

  private static func claims(
    _ status: JSONValue, _ claims: [JSONValue], _ path: FieldPath, _ findings: inout Findings
  ) {
    var names: Set<String> = []
    for (index, item) in status.items("resourceClaimStatuses").enumerated() {
      let path = path.index(index).child("name")
      let name = item.text("name")
      if !claims.contains(where: { $0.text("name") == name }) {
        findings.invalid(path, .string(name), "must match the name of an entry in `spec.resourceClaims`")
      }
      if !names.insert(name).inserted { findings.add(.duplicate(path, .string(name))) }
      if let claim = item["resourceClaimName"]?.stringValue {
        findings.invalid(path, .string(claim), NameRules.dns1123Subdomain(claim))
      }
    }
  }

  private static func podAddresses(_ status: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let all = status.items("podIPs")
    for (index, address) in all.enumerated() {
      AddressRules.address(address.text("ip"), path.index(index), &findings)
    }
    families(all, path, &findings)
    repetitions(all, path, &findings)
  }

  private static func hostAddresses(_ status: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let all = status.items("hostIPs")
    guard let first = all.first?.text("ip") else { return }
    if first != status.text("hostIP") {
      findings.invalid(path.index(0).child("ip"), .string(first), "must be equal to `hostIP`")
    }
    for (index, address) in all.enumerated() {
      AddressRules.address(address.text("ip"), path.index(index), &findings)
    }
    repetitions(all, path, &findings)
    families(all, path, &findings)
  }

  private static func families(_ all: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    let isSixth = all.map { AddressRules.isIPv6($0.text("ip")) }
    if all.count > 2 || all.count == 2 && isSixth[0] == isSixth[1] {
      findings.invalid(path, .array(all), "may specify no more than one IP for each IP family")
    }
  }

  private static func repetitions(_ all: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var seen: Set<String> = []
    for (index, address) in all.enumerated() where !seen.insert(address.text("ip")).inserted {
      findings.add(.duplicate(path.index(index), address))
    }
  }
}
