import APIMachinery

/// What a node's agent reports of containers: their users, and the devices that they were given.
enum ContainerStatusValidation {
  private static let longestMessage = 1024

  /// - Parameter path: of the pod's status.
  static func validate(_ pod: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let lists = [
      ("containerStatuses", "containers"), ("initContainerStatuses", "initContainers"),
      ("ephemeralContainerStatuses", ""),
    ]
    extendedClaim(pod, path.child("extendedResourceClaimStatus"), &findings)
    let isWindows = pod["spec"]?["os"]?["name"] == "windows"
    for (list, _) in lists {
      for (index, status) in (pod["status"]?.items(list) ?? []).enumerated() {
        guard let user = status["user"]?["linux"] else { continue }
        self.user(user, isWindows: isWindows, path.child(list).index(index).child("user", "linux"), &findings)
      }
    }
    for (list, containers) in lists {
      for (index, status) in (pod["status"]?.items(list) ?? []).enumerated() {
        let allocated = status.items("allocatedResourcesStatus")
        guard !allocated.isEmpty else { continue }
        let path = path.child(list).index(index).child("allocatedResourcesStatus")
        if containers.isEmpty {
          findings.forbidden(path, "must not be specified in container status")
          continue
        }
        let container = pod["spec"]?.items(containers).first { $0.text("name") == status.text("name") }
        for (position, resource) in allocated.enumerated() {
          self.allocated(resource, container, path.index(position), &findings)
        }
      }
    }
  }

  private static func user(
    _ user: JSONValue, isWindows: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard !isWindows else { return findings.forbidden(path, "cannot be set for a windows pod") }
    for name in ["uid", "gid"] { identifier(user[name], path.child(name), &findings) }
    for (index, group) in user.items("supplementalGroups").enumerated() {
      identifier(group, path.child("supplementalGroups").index(index), &findings)
    }
  }

  private static func identifier(_ value: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let number = value?.integerValue, !(0...Int64(Int32.max)).contains(number) else { return }
    findings.invalid(path, .integer(number), NameRules.between(0, Int64(Int32.max)))
  }

  private static func allocated(
    _ resource: JSONValue, _ container: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    if let container { name(resource.text("name"), container, path.child("name"), &findings) }
    var identities: Set<String> = []
    for (index, unit) in resource.items("resources").enumerated() {
      let path = path.child("resources").index(index)
      let health = unit.text("health")
      let known = ["Healthy", "Unhealthy", "Unknown"]
      if !known.contains(health) { findings.add(.notSupported(path.child("health"), .string(health), known)) }
      if let message = unit["message"]?.stringValue {
        if message.isEmpty { findings.required(path.child("message"), "must be non-empty if specified") }
        if message.utf8.count > longestMessage {
          findings.add(.tooLong(path.child("message"), maximumBytes: longestMessage))
        }
      }
      let identity = unit.text("resourceID")
      if !identities.insert(identity).inserted { findings.add(.duplicate(path.child("resourceID"), .string(identity))) }
    }
  }

  private static func name(
    _ name: String, _ container: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard name.hasPrefix("claim:") else {
      if container["resources"]?["requests"]?[name] == nil {
        findings.invalid(path, .string(name), "must match one of the container's resource requests")
      }
      return
    }
    let claims = (container["resources"]?.items("claims") ?? []).map { claim in
      let request = claim.text("request")
      return "claim:" + claim.text("name") + (request.isEmpty ? "" : "/" + request)
    }
    if !claims.contains(name) {
      findings.invalid(
        path, .string(name),
        "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
      )
    }
  }

  /// The claim that was made for extended resources of the pod (KEP-5004).
  private static func extendedClaim(_ pod: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let status = pod["status"]?["extendedResourceClaimStatus"] else { return }
    let containers = ["initContainers", "containers"].flatMap { pod["spec"]?.items($0) ?? [] }
    let mappings = status.items("requestMappings")
    let place = path.child("requestMappings")
    if mappings.isEmpty { findings.required(place, "at least one request mapping is required") }
    var seen: Set<[String]> = []
    for (index, mapping) in mappings.enumerated() {
      let place = place.index(index)
      let (name, resource, request) = (
        mapping.text("containerName"), mapping.text("resourceName"), mapping.text("requestName")
      )
      if let container = containers.last(where: { $0.text("name") == name }) {
        if container["resources"]?["requests"]?[resource] == nil {
          findings.invalid(
            place.child("resourceName"), .string(resource),
            "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests"
          )
        }
      } else {
        findings.invalid(
          place.child("containerName"), .string(name),
          "must match the name of an entry in spec.initContainers.name or spec.containers.name")
      }
      // The place is upstream's.
      findings.invalid(path.child("requestName"), .string(request), NameRules.dns1123Label(request))
      if !seen.insert([name, resource, request]).inserted {
        findings.add(.duplicate(place.child("containerName"), .string(name)))
        findings.add(.duplicate(place.child("resourceName"), .string(resource)))
        findings.add(.duplicate(place.child("requestName"), .string(request)))
      }
    }
    let claim = status.text("resourceClaimName")
    if claim.isEmpty {
      findings.required(path.child("resourceClaimName"))
    } else {
      findings.invalid(path.child("resourceClaimName"), .string(claim), NameRules.dns1123Subdomain(claim))
    }
  }
}
