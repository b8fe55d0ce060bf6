import APIMachinery

/// Nodes, namespaces, quotas, limits, events and service accounts.
enum ClusterValidation {
  static func validate(node new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let path = FieldPath("spec")
    let spec = new["spec"] ?? [:]
    // The place is upstream's.
    SchedulingValidation.taints(spec.items("taints"), FieldPath("metadata", "taints"), &findings)
    let ranges = spec.items("podCIDRs").compactMap(\.stringValue)
    for (index, range) in ranges.enumerated() {
      AddressRules.range(range, path.child("podCIDRs").index(index), &findings)
    }
    if ranges.count > 1 {
      let families = AddressFamilies.areBoth(ranges: ranges)
      if let problem = families.problem {
        findings.add(
          .internal(path.child("podCIDRs"), "invalid PodCIDRs. failed to check with dual stack with error:\(problem)"))
      }
      if !families.areBoth || ranges.count > 2 {
        findings.invalid(
          path.child("podCIDRs"), spec["podCIDRs"], "may specify no more than one CIDR for each IP family")
      }
    }
    amounts(of: new, &findings)
    declaredFeatures(of: new, &findings)
    guard let before = old?["spec"] else { return }
    addresses(of: new, &findings)
    if before.has("podCIDRs"), before["podCIDRs"] != spec["podCIDRs"] {
      findings.forbidden(
        path.child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid")
    }
    if !before.text("providerID").isEmpty, before["providerID"] != spec["providerID"] {
      findings.forbidden(
        path.child("providerID"), "node updates may not change providerID except from \"\" to valid")
    }
    if before["externalID"] != spec["externalID"] { findings.forbidden(path.child("externalID"), "may not be updated") }
  }

  static func validate(statusOf node: JSONValue, _ findings: inout Findings) {
    amounts(of: node, &findings)
    declaredFeatures(of: node, &findings)
    addresses(of: node, &findings)
  }

  /// What a node's agent says that it can do: a sorted list of names in parts, the first of which begins with a large letter.
  private static func declaredFeatures(of node: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status", "declaredFeatures")
    let names = (node["status"]?.items("declaredFeatures") ?? []).map { $0.stringValue ?? "" }
    for (index, name) in names.enumerated() {
      if let problem = problem(ofFeature: name) {
        findings.invalid(
          path.index(index), .string(name), "invalid feature name \(name.goQuoted): \(problem)")
      }
      guard index + 1 < names.count else { continue }
      let next = names[index + 1]
      if name == next {
        findings.add(.duplicate(path.index(index + 1), .string(next)))
      } else if next.utf8.lexicographicallyPrecedes(name.utf8) {
        findings.invalid(path.index(index + 1), .string(next), "list must be sorted alphabetically")
      }
    }
  }

  private static func problem(ofFeature name: String) -> String? {
    let limit = 253
    if name.utf8.count > limit { return "must be no more than \(limit) characters" }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isFine =
      name.utf8.first.map { (0x41...0x5A).contains($0) } == true
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
      }
    return isFine
      ? nil
      : "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
  }

  private static func amounts(of node: JSONValue, _ findings: inout Findings) {
    for name in ["capacity", "allocatable"] {
      for (resource, amount) in MetadataValidation.sorted(node["status"]?[name]) {
        ResourceValidation.amount(resource, amount, FieldPath("status", name, resource), &findings)
      }
    }
  }

  private static func addresses(of node: JSONValue, _ findings: inout Findings) {
    var seen: Set<JSONValue> = []
    for (index, address) in (node["status"]?.items("addresses") ?? []).enumerated()
    where !seen.insert(address).inserted {
      let path = FieldPath("status", "addresses").index(index)
      findings.add(FieldError.duplicate(path, InternalForm.of(address, "core.NodeAddress")).inOrder)
    }
  }

  /// Who cleans up is judged when a namespace is made, and through its part `finalize`.
  static func validate(namespace new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard old == nil else { return }
    // The place is upstream's: without the number of the item.
    finalizers(of: new, &findings) { _ in FieldPath("spec", "finalizers") }
  }

  static func validate(finalizersOf namespace: JSONValue, _ findings: inout Findings) {
    finalizers(of: namespace, &findings) { FieldPath("spec", "finalizers").index($0) }
  }

  static func validate(phaseOf namespace: JSONValue, _ findings: inout Findings) {
    let phase = namespace.text("status", "phase")
    let path = FieldPath("status", "Phase")
    if namespace["metadata"]?.has("deletionTimestamp") == true {
      if phase != "Terminating" {
        findings.invalid(
          path, .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")
      }
    } else if phase != "Active" {
      findings.invalid(path, .string(phase), "may only be 'Active' if `deletionTimestamp` is empty")
    }
  }

  private static func finalizers(
    of namespace: JSONValue, _ findings: inout Findings, path place: (Int) -> FieldPath
  ) {
    for (index, finalizer) in (namespace["spec"]?.items("finalizers") ?? []).enumerated() {
      let name = finalizer.stringValue ?? ""
      let path = place(index)
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
    QuotaScopeValidation.validate(spec, path, &findings)
    if let old, Set(old["spec"]?.items("scopes") ?? []) != Set(spec.items("scopes")) {
      findings.invalid(path.child("scopes"), spec["scopes"] ?? .null, Findings.immutable)
    }
  }

  static func validate(usageOf quota: JSONValue, _ findings: inout Findings) {
    for list in ["hard", "used"] {
      for (name, amount) in MetadataValidation.sorted(quota["status"]?[list]) {
        let path = FieldPath("status", list).key(name)
        ResourceValidation.quotaName(name, path, &findings)
        ResourceValidation.amount(name, amount, path, &findings)
      }
    }
  }

  static func validate(limitRange new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    var types: Set<String> = []
    for (index, item) in (new["spec"]?.items("limits") ?? []).enumerated() {
      let path = FieldPath("spec", "limits").index(index)
      let type = item.text("type")
      let wrongs = NameRules.labelKey(type)
      findings.invalid(path.child("type"), .string(type), wrongs)
      if wrongs.isEmpty, !type.contains("/"), !["Container", "PersistentVolumeClaim", "Pod"].contains(type) {
        findings.invalid(path.child("type"), .string(type), "must be a standard limit type or fully qualified")
      }
      if !types.insert(type).inserted { findings.add(.duplicate(path.child("type"), .string(type))) }
      func names(in list: String) {
        for (name, _) in MetadataValidation.sorted(item[list]) {
          ResourceValidation.name(name, inLimitsOf: type, path.child(list).key(name), &findings)
        }
      }
      for list in ["max", "min"] { names(in: list) }
      for list in ["default", "defaultRequest"] {
        if type != "Pod" {
          names(in: list)
        } else if item[list]?.objectValue?.isEmpty == false {
          findings.forbidden(path.child(list), "may not be specified when `type` is 'Pod'")
        }
      }
      if type == "PersistentVolumeClaim", item["min"]?["storage"] == nil, item["max"]?["storage"] == nil {
        findings.required(
          path.child("limits"), "either minimum or maximum storage value is required, but neither was provided")
      }
      names(in: "maxLimitRequestRatio")
      order(item, path, &findings)
    }
  }

  private static func order(_ item: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    // Pods have no defaults: what is said of them there is refused as a whole.
    let lists =
      ["min", "max", "maxLimitRequestRatio"] + (item.text("type") == "Pod" ? [] : ["default", "defaultRequest"])
    func amount(_ list: String, _ name: String) -> Quantity? {
      lists.contains(list) ? (item[list]?[name]?.stringValue).flatMap(Quantity.init(reading:)) : nil
    }
    let names = Set(lists.flatMap { item[$0]?.objectValue?.keys ?? [] })
    // Which must not be larger than which, where that is said, and which of them is shown: as upstream does.
    let pairs = [
      ("min", "max", "min", "min"), ("min", "defaultRequest", "defaultRequest", "defaultRequest"),
      ("defaultRequest", "max", "defaultRequest", "defaultRequest"),
      ("defaultRequest", "default", "defaultRequest", "defaultRequest"), ("min", "default", "default", "min"),
      ("default", "max", "default", "max"),
    ]
    let words = [
      "min": "min value", "max": "max value", "default": "default value", "defaultRequest": "default request value",
    ]
    for name in names.sorted() {
      for (low, high, place, shown) in pairs {
        guard let small = amount(low, name), let large = amount(high, name), small > large else { continue }
        let word = high == "default" && low == "defaultRequest" ? "default limit value" : words[high] ?? high
        findings.invalid(
          path.child(place).key(name), .string(amount(shown, name)?.description ?? ""),
          "\(words[low] ?? low) \(small) is greater than \(word) \(large)")
      }
      if let ratio = amount("maxLimitRequestRatio", name), ratio < Quantity(1) {
        findings.invalid(
          path.child("maxLimitRequestRatio").key(name), .string(ratio.description), "ratio \(ratio) is less than 1")
      }
      if let ratio = amount("maxLimitRequestRatio", name), let low = amount("min", name), let high = amount("max", name)
      {
        let limit = high.approximateDouble / low.approximateDouble
        if ratio.approximateDouble > limit {
          findings.invalid(
            path.child("maxLimitRequestRatio").key(name), .string(ratio.description),
            "ratio \(ratio) is greater than max/min = \(sixDecimals(limit))")
        }
      }
      if let whole = amount("default", name), let part = amount("defaultRequest", name), whole != part,
        !ResourceValidation.isOvercommittable(name)
      {
        findings.invalid(
          path.child("defaultRequest").key(name), .string(part.description),
          "default value \(whole) must equal to defaultRequest value \(part) in \(name)")
      }
    }
  }

  /// A finite number that is not negative, as C and Go write it by `%f`.
  private static func sixDecimals(_ number: Double) -> String {
    let (whole, rest) = Int128((number * 1_000_000).rounded(.toNearestOrEven)).quotientAndRemainder(
      dividingBy: 1_000_000)
    return "\(whole).\(String(String(rest + 1_000_000).dropFirst()))"
  }

  // MARK: - Events

  /// The places of what is wrong are those of the older API, but for who reports.
  ///
  /// - Parameter isStrict: the event comes by `events.k8s.io`, which asks for more than the older API.
  static func validate(
    event new: JSONValue, _ old: JSONValue?, _ findings: inout Findings, isStrict: Bool = false
  ) {
    let about = (new["involvedObject"] ?? new["regarding"] ?? [:]).text("namespace")
    let namespace = new.text("metadata", "namespace")
    let hasTime = new.has("eventTime")
    let fits =
      hasTime
      ? !about.isEmpty || ["default", "kube-system"].contains(namespace)
      : about == namespace || about.isEmpty && namespace == "default"
    if !fits {
      findings.invalid(FieldPath("involvedObject", "namespace"), .string(about), "does not match event.namespace")
    }
    if hasTime { reporter(ofEvent: new, isStrict ? "reportingController" : "reportingComponent", &findings) }
    guard isStrict else { return }
    if let old {
      if new["series"] != old["series"] { series(ofEvent: new, &findings) }
      unchanged(event: new, old, &findings)
    } else {
      series(ofEvent: new, &findings)
      strict(event: new, &findings)
    }
  }

  /// - Parameter name: of the field that says who reports.
  private static func reporter(ofEvent new: JSONValue, _ name: String, _ findings: inout Findings) {
    let controller = new.text(name)
    if controller.isEmpty { findings.required(FieldPath(name)) }
    findings.invalid(FieldPath(name), .string(controller), NameRules.labelKey(controller))
    for name in ["reportingInstance", "action", "reason"] {
      if new.text(name).isEmpty { findings.required(FieldPath(name)) }
      if new.text(name).utf8.count > 128 {
        findings.invalid(FieldPath(name), "", "can have at most 128 characters")
      }
    }
    if max(new.text("note").utf8.count, new.text("message").utf8.count) > 1024 {
      findings.invalid(FieldPath("message"), "", "can have at most 1024 characters")
    }
  }

  private static func series(ofEvent new: JSONValue, _ findings: inout Findings) {
    guard let series = new["series"] else { return }
    let path = FieldPath("series")
    if series["count"]?.integerValue ?? 0 < 2 { findings.invalid(path.child("count"), "", "should be at least 2") }
    if !series.has("lastObservedTime") { findings.required(path.child("lastObservedTime")) }
  }

  /// What the newer API asks for besides; fields of the older one have no place there.
  private static func strict(event new: JSONValue, _ findings: inout Findings) {
    if !new.has("eventTime") { findings.required(FieldPath("eventTime")) }
    let type = new.text("type")
    if !["Normal", "Warning"].contains(type) {
      findings.invalid(FieldPath("type"), "", "has invalid value: \(type)")
    }
    let source = new["deprecatedSource"]
    for (place, isSet) in [
      ("firstTimestamp", new.has("deprecatedFirstTimestamp")), ("lastTimestamp", new.has("deprecatedLastTimestamp")),
      ("count", new["deprecatedCount"]?.integerValue ?? 0 != 0),
      ("source", ["component", "host"].contains { source?.text($0).isEmpty == false }),
    ] where isSet {
      findings.invalid(FieldPath(place), "", "needs to be unset")
    }
  }

  /// Of an event only its series goes on.
  private static func unchanged(event new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    for (name, place) in [
      ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"),
      ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
      ("deprecatedCount", "count"), ("type", "type"), ("eventTime", "eventTime"), ("action", "action"),
      ("related", "related"), ("reportingController", "reportingController"),
      ("reportingInstance", "reportingInstance"),
    ] {
      let types = [
        "regarding": "core.ObjectReference", "related": "core.ObjectReference", "deprecatedSource": "core.EventSource",
      ]
      if let type = types[name] {
        findings.immutable(new[name], old?[name], FieldPath(place), shownAs: type)
      } else if (new[name] ?? .null) != (old?[name] ?? .null) {
        let zero: JSONValue =
          name == "deprecatedCount" ? 0 : name.hasSuffix("Time") || name.hasSuffix("Timestamp") ? .null : ""
        findings.invalid(FieldPath(place), new[name] ?? zero, Findings.immutable)
      }
    }
  }
}
