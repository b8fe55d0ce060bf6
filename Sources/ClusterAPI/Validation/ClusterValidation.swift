import APIMachinery

/// Nodes, namespaces, quotas, limits, events and service accounts.
enum ClusterValidation {
  static func validate(node new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let spec = new["spec"] ?? [:]
    SchedulingValidation.taints(spec.items("taints"), path.child("taints"), &findings)
    let ranges = spec.items("podCIDRs").compactMap(\.stringValue)
    for (index, range) in ranges.enumerated() {
      AddressRules.range(range, path.child("podCIDRs").index(index), &findings)
    }
    if ranges.count > 2 || ranges.count == 2 && AddressRules.isIPv6(ranges[0]) == AddressRules.isIPv6(ranges[1]) {
      findings.invalid(
        path.child("podCIDRs"), spec["podCIDRs"],
        ranges.count > 2
          ? "may specify no more than one CIDR for each IP family"
          : "may specify no more than one CIDR for each IP family")
    }
    for name in ["capacity", "allocatable"] {
      for (resource, amount) in MetadataValidation.sorted(new["status"]?[name]) {
        findings.invalid(
          FieldPath("status", name).key(resource), .string(resource), NameRules.labelKey(resource))
        ResourceValidation.amount(resource, amount, FieldPath("status", name).key(resource), &findings)
      }
    }
    guard let before = old?["spec"] else { return }
    var seen: Set<JSONValue> = []
    for (index, address) in (new["status"]?.items("addresses") ?? []).enumerated() where !seen.insert(address).inserted
    {
      findings.add(.duplicate(FieldPath("status", "addresses").index(index), address))
    }
    for name in ["podCIDR", "podCIDRs", "providerID"] where before.has(name) && before[name] != spec[name] {
      findings.forbidden(
        path.child(name),
        name == "providerID"
          ? "node updates may not change providerID except from \"\" to valid"
          : "node updates may not change podCIDR except from \"\" to valid")
    }
  }

  static func validate(namespace new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    for (index, finalizer) in (new["spec"]?.items("finalizers") ?? []).enumerated() {
      let name = finalizer.stringValue ?? ""
      let path = FieldPath("spec", "finalizers").index(index)
      findings.invalid(path, finalizer, NameRules.labelKey(name))
      if !name.contains("/"), name != "kubernetes", name != "orphan", name != "foregroundDeletion" {
        findings.invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified")
      }
    }
  }

  // MARK: - Quotas and limits

  static func validate(quota new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let spec = new["spec"] ?? [:]
    for (name, amount) in MetadataValidation.sorted(spec["hard"]) {
      ResourceValidation.quotaName(name, path.child("hard").key(name), &findings)
      ResourceValidation.amount(name, amount, path.child("hard").key(name), &findings)
    }
    let scopes = spec.items("scopes").compactMap(\.stringValue)
    let known = [
      "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
      "VolumeAttributesClass",
    ]
    for scope in scopes where !known.contains(scope) {
      findings.invalid(path.child("scopes"), spec["scopes"], "unsupported scope")
    }
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")]
    where scopes.contains(one) && scopes.contains(other) {
      findings.invalid(path.child("scopes"), spec["scopes"], "conflicting scopes")
    }
    for requirement in spec["scopeSelector"]?.items("matchExpressions") ?? [] {
      let path = path.child("scopeSelector", "matchExpressions")
      let values = requirement.items("values")
      switch requirement.text("operator") {
      case "In", "NotIn":
        if values.isEmpty {
          findings.required(
            path.child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
        }
      case "Exists", "DoesNotExist":
        if !values.isEmpty {
          findings.invalid(
            path.child("values"), requirement["values"],
            "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector")
        }
      default: break
      }
    }
    if let old, (old["spec"]?["scopes"] ?? []) != (spec["scopes"] ?? []) {
      findings.immutable(spec["scopes"], old["spec"]?["scopes"], path.child("scopes"))
    }
  }

  static func validate(limitRange new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    var types: Set<String> = []
    for (index, item) in (new["spec"]?.items("limits") ?? []).enumerated() {
      let path = FieldPath("spec", "limits").index(index)
      let type = item.text("type")
      if !types.insert(type).inserted { findings.add(.duplicate(path.child("type"), .string(type))) }
      if type == "Pod" {
        for (name, message) in [
          ("default", "may not be specified when `type` is 'Pod'"),
          ("defaultRequest", "may not be specified when `type` is 'Pod'"),
        ] where item[name]?.objectValue?.isEmpty == false {
          findings.forbidden(path.child(name), message)
        }
      }
      if type == "PersistentVolumeClaim", item["min"]?["storage"] == nil, item["max"]?["storage"] == nil {
        findings.required(
          path.child("limits"), "either minimum or maximum storage value is required, but neither was provided")
      }
      order(item, path, &findings)
    }
  }

  private static func order(_ item: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    func amount(_ list: String, _ name: String) -> Quantity? {
      (item[list]?[name]?.stringValue).flatMap(Quantity.init(reading:))
    }
    let names = Set(
      ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"].flatMap { item[$0]?.objectValue?.keys ?? [] })
    let pairs = [
      ("min", "max", "min"), ("min", "defaultRequest", "defaultRequest"), ("defaultRequest", "max", "defaultRequest"),
      ("defaultRequest", "default", "defaultRequest"), ("min", "default", "default"), ("default", "max", "default"),
    ]
    let words = [
      "min": "min value", "max": "max value", "default": "default value", "defaultRequest": "default request value",
    ]
    for name in names.sorted() {
      for (low, high, place) in pairs {
        guard let small = amount(low, name), let large = amount(high, name), small > large else { continue }
        let shown = amount(place, name)?.description ?? ""
        findings.invalid(
          path.child(place).key(name), .string(shown),
          "\(words[low] ?? low) \(small) is greater than \(words[high] ?? high) \(large)")
      }
      if let ratio = amount("maxLimitRequestRatio", name), ratio < Quantity(1) {
        findings.invalid(
          path.child("maxLimitRequestRatio").key(name), .string(ratio.description), "ratio \(ratio) is less than 1")
      }
    }
  }

  // MARK: - Events

  /// - Parameter isStrict: the event comes by `events.k8s.io`, which asks for more than the older API.
  static func validate(
    event new: JSONValue, _ old: JSONValue?, _ findings: inout Findings, isStrict: Bool = false
  ) {
    let regarding = new["involvedObject"] ?? new["regarding"] ?? [:]
    let path = FieldPath(new.has("regarding") ? "regarding" : "involvedObject", "namespace")
    let namespace = new.text("metadata", "namespace")
    let about = regarding.text("namespace")
    if about.isEmpty {
      if namespace != "", namespace != "default", namespace != "kube-system" {
        findings.invalid(path, "", "does not match event.namespace")
      }
    } else if about != namespace {
      findings.invalid(path, .string(about), "does not match event.namespace")
    }
    if isStrict, old != nil { return unchanged(event: new, old, &findings) }
    guard isStrict || new.has("eventTime") else { return }
    if !new.has("eventTime") { findings.required(FieldPath("eventTime")) }
    let type = new.text("type")
    if isStrict ? !["Normal", "Warning"].contains(type) : !["", "Normal", "Warning"].contains(type) {
      findings.invalid(FieldPath("type"), .string(type), "has invalid value: \(type)")
    }
    let controller = new.text("reportingController") + new.text("reportingComponent")
    if controller.isEmpty { findings.required(FieldPath("reportingController")) }
    if isStrict {
      for name in ["reportingInstance", "action", "reason"] where new.text(name).isEmpty {
        findings.required(FieldPath(name))
      }
    }
    for (name, limit) in [
      ("reportingInstance", 128), ("action", 128), ("reason", 128), ("note", 1024), ("message", 1024),
    ]
    where new.text(name).utf8.count > limit {
      findings.invalid(FieldPath(name), new[name], "can have at most \(limit) characters")
    }
  }

  /// Of an event only its series goes on.
  private static func unchanged(event new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    for name in [
      "regarding", "reason", "note", "type", "eventTime", "action", "related", "reportingController",
      "reportingInstance", "deprecatedSource", "deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount",
    ] {
      findings.immutable(new[name], old?[name], FieldPath(name))
    }
  }
}
