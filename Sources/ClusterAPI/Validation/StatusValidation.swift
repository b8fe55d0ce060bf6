import APIMachinery

/// What controllers and node agents may write into a status, besides that of a job.
enum StatusValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ kind: GroupVersionKind, _ findings: inout Findings) {
    let status = new["status"] ?? [:]
    let before = old["status"] ?? [:]
    switch (kind.group, kind.kind) {
    case ("batch", "Job"): JobStatusValidation.validate(new, old, &findings)
    case ("", "Pod"): pod(new, old, &findings)
    case ("apps", "Deployment"):
      numbers(
        status, before, parts: ["updatedReplicas", "readyReplicas", "availableReplicas"],
        others: ["unavailableReplicas", "terminatingReplicas"], ready: "readyReplicas", &findings)
    case ("apps", "ReplicaSet"), ("", "ReplicationController"):
      numbers(
        status, before, parts: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
        others: ["terminatingReplicas"], ready: "readyReplicas", &findings)
    case ("apps", "StatefulSet"):
      numbers(
        status, before, parts: ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
        others: [], ready: "status.readyReplicas", &findings)
    case ("apps", "DaemonSet"):
      numbers(
        status, before, parts: [],
        others: [
          "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
          "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
        ], ready: "", &findings)
    default: break
    }
  }

  /// Numbers of pods: none is negative, and parts are not more than all.
  private static func numbers(
    _ status: JSONValue, _ before: JSONValue, parts: [String], others: [String], ready: String,
    _ findings: inout Findings
  ) {
    let path = FieldPath("status")
    for name in ["replicas", "observedGeneration", "collisionCount"] + parts + others {
      findings.notNegative(status, name, path)
    }
    let all = status["replicas"]?.integerValue ?? 0
    for name in parts {
      guard let number = status[name]?.integerValue, number > all else { continue }
      findings.invalid(path.child(name), .integer(number), "cannot be greater than status.replicas")
    }
    if parts.contains("availableReplicas"), let available = status["availableReplicas"]?.integerValue,
      available > status["readyReplicas"]?.integerValue ?? 0
    {
      findings.invalid(path.child("availableReplicas"), .integer(available), "cannot be greater than \(ready)")
    }
    let collisions = status["collisionCount"]?.integerValue ?? 0
    if let was = before["collisionCount"]?.integerValue, collisions < was {
      findings.invalid(path.child("collisionCount"), .integer(collisions), "cannot be decremented")
    }
  }

  private static func pod(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status")
    let status = new["status"] ?? [:]
    let node = status.text("nominatedNodeName")
    if !node.isEmpty {
      findings.invalid(path.child("nominatedNodeName"), .string(node), NameRules.dns1123Subdomain(node))
    }
    let policy = old["spec"]?.text("restartPolicy") ?? ""
    if policy == "OnFailure" || policy == "Never" {
      let sidecars = Set(
        (new["spec"]?.items("initContainers") ?? []).filter { $0.text("restartPolicy") == "Always" }
          .map { $0.text("name") })
      for list in ["containerStatuses", "initContainerStatuses"] {
        ended(status.items(list), old["status"]?.items(list) ?? [], policy, sidecars, path.child(list), &findings)
      }
    }
    addresses(status, path, &findings)
  }

  /// A container that has ended for good does not run again.
  private static func ended(
    _ new: [JSONValue], _ old: [JSONValue], _ policy: String, _ sidecars: Set<String>, _ path: FieldPath,
    _ findings: inout Findings
  ) {
    for (index, before) in old.enumerated() {
      let name = before.text("name")
      guard !sidecars.contains(name), let terminated = before["state"]?["terminated"] else { continue }
      // With this policy a container that failed is restarted.
      if policy == "OnFailure", terminated["exitCode"]?.integerValue ?? 0 != 0 { continue }
      guard let now = new.first(where: { $0.text("name") == name }), now["state"]?.has("terminated") != true else {
        continue
      }
      findings.forbidden(path.index(index).child("state"), "may not be transitioned to non-terminated state")
    }
  }

  private static func addresses(_ status: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let all = status.items("podIPs").map { $0.text("ip") }
    for (index, address) in all.enumerated() {
      AddressRules.address(address, path.child("podIPs").index(index), &findings)
    }
    if all.count > 2 || all.count == 2 && AddressRules.isIPv6(all[0]) == AddressRules.isIPv6(all[1]) {
      findings.invalid(
        path.child("podIPs"), status["podIPs"], "may specify no more than one IP for each IP family")
    }
  }
}
