import APIMachinery

/// Amounts of resources: requests, limits, quotas.
enum ResourceValidation {
  private static let standardForContainers: Set<String> = ["cpu", "memory", "ephemeral-storage"]
  private static let standard: Set<String> = [
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu",
    "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers",
    "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
    "requests.storage", "storage",
  ]

  /// What a container, or a pod as a whole, asks for and may use.
  static func validate(_ resources: JSONValue?, _ path: FieldPath, isPod: Bool = false, _ findings: inout Findings) {
    guard let resources else { return }
    let requests = resources["requests"]
    // Where a request exceeds its limit, the map is named and not its key.
    let all = path.child("requests")
    let limits = path.child("limits")
    var hasHugePages = false
    var hasOthers = false
    for (name, value) in MetadataValidation.sorted(resources["limits"]) {
      let path = path.child("limits").key(name)
      containerName(name, path, isPod: isPod, &findings)
      amount(name, value, path, &findings)
      pages(name, value, path, &findings)
      hasHugePages = hasHugePages || isHugePages(name)
      hasOthers = hasOthers || name == "cpu" || name == "memory"
    }
    for (name, value) in MetadataValidation.sorted(requests) {
      let path = path.child("requests").key(name)
      containerName(name, path, isPod: isPod, &findings)
      amount(name, value, path, &findings)
      pages(name, value, path, &findings)
      hasHugePages = hasHugePages || isHugePages(name)
      hasOthers = hasOthers || name == "cpu" || name == "memory"
      guard let request = Quantity(reading: value.stringValue ?? "") else { continue }
      if let limit = (resources["limits"]?[name]?.stringValue).flatMap(Quantity.init(reading:)) {
        if !isOvercommittable(name), request != limit {
          findings.invalid(
            all, .string(request.description),
            "must be equal to \(name) limit of \(limit.description)")
        } else if request > limit {
          findings.invalid(
            all, .string(request.description),
            "must be less than or equal to \(name) limit of \(limit.description)")
        }
      } else if !isOvercommittable(name) {
        findings.required(limits, "Limit must be set for non overcommitable resources")
      }
    }
    if hasHugePages, !hasOthers {
      findings.forbidden(path, "HugePages require cpu or memory")
    }
  }

  /// Claims that a container uses must be claims of the pod.
  static func claims(_ resources: JSONValue?, _ known: [String], _ path: FieldPath, _ findings: inout Findings) {
    var names: Set<String> = []
    for (index, claim) in (resources?.items("claims") ?? []).enumerated() {
      let path = path.index(index)
      let name = claim.text("name")
      if name.isEmpty {
        findings.required(path)
        continue
      }
      reference(claim, &names, path, &findings)
      if !known.contains(name) {
        let detail = known.isEmpty ? " which is empty" : ": " + known.sorted().joined(separator: ", ")
        let error = FieldError.notFound(path, .string(name))
        findings.add(
          FieldError(
            error.kind, field: error.field, value: .string(name),
            detail: "must be one of the names in pod.spec.resourceClaims" + detail))
      }
    }
  }

  /// A claim is used as a whole, or requests of it one by one, and each once.
  private static func reference(
    _ claim: JSONValue, _ names: inout Set<String>, _ path: FieldPath, _ findings: inout Findings
  ) {
    let (name, request) = (claim.text("name"), claim.text("request"))
    guard !names.contains(name) else { return findings.add(.duplicate(path, .string(name))) }
    guard !request.isEmpty else {
      if names.contains(where: { $0.hasPrefix(name + "/") }) { findings.add(.duplicate(path, .string(name))) }
      names.insert(name)
      return
    }
    findings.invalid(path.child("request"), .string(request), NameRules.dns1123Label(request))
    let key = "\(name)/\(request)"
    if !names.insert(key).inserted { findings.add(.duplicate(path, .string(key))) }
  }

  static func amount(_ name: String, _ value: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let quantity = Quantity(reading: value.stringValue ?? "") else { return }
    if quantity.sign < 0 {
      findings.invalid(path, .string(quantity.description), Findings.notNegative)
    }
    let counts = name != "cpu" && name != "requests.cpu" && name != "limits.cpu" && standard.contains(name)
    let isByteCount =
      name.hasSuffix("memory") || name.hasSuffix("storage") || isHugePages(name)
    if counts && !isByteCount && !quantity.isWhole || isExtended(name) && !quantity.isWhole {
      findings.invalid(path, .string(quantity.description), "must be an integer")
    }
  }

  private static func containerName(_ name: String, _ path: FieldPath, isPod: Bool, _ findings: inout Findings) {
    let problems = NameRules.labelKey(name)
    findings.invalid(path, .string(name), problems)
    if isPod {
      guard problems.isEmpty else { return }
      if !name.contains("/"), !standard.contains(name), !isHugePages(name) {
        findings.invalid(path, .string(name), "must be a standard resource type or fully qualified")
      } else if name != "cpu", name != "memory", !isHugePages(name) {
        findings.add(.notSupported(path, .string(name), ["cpu", "hugepages-", "memory"]))
      }
      return
    }
    standardName(name, path, &findings)
    guard !name.contains("/") else {
      if !isNative(name), !isExtended(name) {
        findings.invalid(path, .string(name), "doesn't follow extended resource name standard")
      }
      return
    }
    if !standardForContainers.contains(name), !isHugePages(name) {
      findings.invalid(path, .string(name), "must be a standard resource for containers")
    }
  }

  /// Of a resource without a domain; a name that is none has been judged as that.
  private static func standardName(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    guard NameRules.labelKey(name).isEmpty, !name.contains("/"), !standard.contains(name), !isCountOfPages(name) else {
      return
    }
    findings.invalid(path, .string(name), "must be a standard resource type or fully qualified")
  }

  /// Huge pages, or how many of them a quota allows to be requested.
  private static func isCountOfPages(_ name: String) -> Bool {
    isHugePages(name) || name.hasPrefix("requests.hugepages-")
  }

  /// Pages of a size come in whole ones.
  private static func pages(_ name: String, _ value: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard isHugePages(name), let amount = Quantity(reading: value.stringValue ?? ""),
      let size = Quantity(reading: String(name.dropFirst("hugepages-".count))), size.isWhole, size.sign > 0
    else { return }
    guard amount.isWhole, amount.sign > 0, amount.value % size.value == 0 else {
      return findings.invalid(
        path, .string(amount.description), "\(amount) is not positive integer multiple of \(name)")
    }
  }

  /// The name of a resource that a limit range limits.
  static func name(_ name: String, inLimitsOf type: String, _ path: FieldPath, _ findings: inout Findings) {
    if type == "Container" || type == "Pod" { return containerName(name, path, isPod: false, &findings) }
    findings.invalid(path, .string(name), NameRules.labelKey(name))
    standardName(name, path, &findings)
  }

  /// The name of a resource that a quota limits.
  static func quotaName(_ name: String, _ path: FieldPath, _ findings: inout Findings) {
    findings.invalid(path, .string(name), NameRules.labelKey(name))
    standardName(name, path, &findings)
    if !name.contains("/"), !isStandardForQuotas(name), !isCountOfPages(name) {
      findings.invalid(path, .string(name), "must be a standard resource for quota")
    }
  }

  /// Whether a quota's name is one of Kubernetes' own, and not a count or a resource with a domain.
  static func isStandardForQuotas(_ name: String) -> Bool { standard.contains(name) && name != "storage" }

  static func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }

  /// A resource with a domain of its own, which is no resource of Kubernetes'.
  static func isExtended(_ name: String) -> Bool {
    guard let slash = name.firstIndex(of: "/") else { return false }
    let domain = name[..<slash]
    return domain != "kubernetes.io" && !domain.hasSuffix(".kubernetes.io") && !name.hasPrefix("requests.")
      && NameRules.labelKey("requests." + name).isEmpty
  }

  /// Whether it is a resource of Kubernetes' own: without a domain, or with its domain.
  private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

  /// Whether more can be promised than there is.
  static func isOvercommittable(_ name: String) -> Bool { !isExtended(name) && !isHugePages(name) }
}
