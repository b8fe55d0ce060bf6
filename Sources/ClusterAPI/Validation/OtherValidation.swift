import APIMachinery

/// Kinds with few rules of their own.
enum OtherValidation {
  // MARK: - Nodes and scheduling

  static func validate(runtimeClass new: JSONValue, _ findings: inout Findings) {
    let handler = new.text("handler")
    if handler.isEmpty {
      findings.required(FieldPath("handler"))
    } else {
      findings.invalid(FieldPath("handler"), .string(handler), NameRules.dns1123Label(handler))
    }
    // Judged as the limits of a container, and so are the places.
    if let overhead = new["overhead"]?["podFixed"] {
      ResourceValidation.validate(["limits": overhead], FieldPath("overhead"), &findings)
    }
    if let scheduling = new["scheduling"] {
      let path = FieldPath("scheduling")
      MetadataValidation.labels(scheduling["nodeSelector"], path.child("nodeSelector"), &findings)
      let tolerations = scheduling.items("tolerations")
      SchedulingValidation.tolerations(tolerations, path.child("tolerations"), &findings)
      var known: Set<[String]> = []
      for (index, toleration) in tolerations.enumerated()
      where !known.insert(["key", "operator", "value", "effect"].map { toleration.text($0) }).inserted {
        let path = path.child("tolerations").index(index)
        findings.add(FieldError.duplicate(path, InternalForm.of(toleration, "core.Toleration")).inOrder)
      }
    }
  }

  static func validate(priorityClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    if let old {
      if new["value"] != old["value"] { findings.forbidden(FieldPath("value"), "may not be changed in an update.") }
      return
    }
    let name = new.text("metadata", "name")
    let value = new["value"]?.integerValue ?? 0
    let system: [String: Int64] = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]
    if name.hasPrefix("system-") {
      let problem =
        switch system[name] {
        case nil: "\(name) is not a known system priority class"
        case let expected? where expected != value: "value of \(name) PriorityClass must be \(expected)"
        default: new["globalDefault"] == true ? "globalDefault of \(name) PriorityClass must be false" : ""
        }
      if !problem.isEmpty {
        findings.forbidden(
          FieldPath("metadata", "name"),
          "priority class names with 'system-' prefix are reserved for system use only. error: \(problem)")
      }
    } else if value > 1_000_000_000 {
      findings.forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000")
    }
    let policy = new["preemptionPolicy"]?.stringValue
    if policy == "" {
      findings.required(FieldPath("preemptionPolicy"))
    } else if let policy, policy != "PreemptLowerPriority", policy != "Never" {
      findings.add(
        .notSupported(FieldPath("preemptionPolicy"), .string(policy), ["PreemptLowerPriority", "Never"]))
    }
  }

  static func validate(lease new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    if let seconds = spec["leaseDurationSeconds"]?.integerValue, seconds <= 0 {
      findings.invalid(path.child("leaseDurationSeconds"), .integer(seconds), "must be greater than 0")
    }
    if let count = spec["leaseTransitions"]?.integerValue, count < 0 {
      findings.invalid(path.child("leaseTransitions"), .integer(count), "must be greater than or equal to 0")
    }
    if let strategy = spec["strategy"]?.stringValue {
      // The place is upstream's.
      let path = path.child("strategy", "strategy")
      if strategy.contains("/") {
        findings.invalid(path, .string(strategy), NameRules.labelKey(strategy))
      } else if strategy != "OldestEmulationVersion" {
        findings.add(.notSupported(path, .string(strategy), ["OldestEmulationVersion"]))
      }
    }
    if !spec.text("preferredHolder").isEmpty, spec.text("strategy").isEmpty {
      findings.forbidden(path.child("preferredHolder"), "may only be specified if `strategy` is defined")
    }
  }

  static func validate(controllerRevision new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    // Of one that is there it is only said that it cannot change.
    if old == nil {
      if !new.has("data") {
        findings.required(FieldPath("data"), "data is mandatory")
      } else if new["data"]?.objectValue == nil {
        findings.required(FieldPath("data"), "data must be a valid JSON object")
      }
    }
    findings.notNegative(new, "revision", FieldPath())
  }

  // MARK: - Aggregation

  static func validate(statusOfService new: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status", "conditions")
    for (index, condition) in (new["status"]?.items("conditions") ?? []).enumerated() {
      let status = condition.text("status")
      if !["True", "False", "Unknown"].contains(status) {
        findings.add(
          .notSupported(path.index(index).child("status"), .string(status), ["True", "False", "Unknown"]))
      }
    }
  }

  static func validate(apiService new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let group = spec.text("group")
    let version = spec.text("version")
    let name = new.text("metadata", "name")
    if name != "\(version).\(group)" {
      findings.invalid(
        FieldPath("metadata", "name"), .string(name),
        "must be `spec.version+\".\"+spec.group`: \("\(version).\(group)".goQuoted)")
    }
    if !group.isEmpty {
      findings.invalid(path.child("group"), .string(group), NameRules.dns1123Subdomain(group))
    } else if version != "v1" {
      findings.required(path.child("group"), "only v1 may have an empty group and it better be legacy kube")
    }
    findings.invalid(path.child("version"), .string(version), NameRules.dns1035Label(version))
    for (field, limit) in [("groupPriorityMinimum", Int64(20000)), ("versionPriority", 1000)] {
      let number = spec[field]?.integerValue ?? 0
      if number <= 0 || number > limit {
        findings.invalid(path.child(field), .integer(number), "must be positive and less than \(limit)")
      }
    }
    guard let service = spec["service"] else {
      if !spec.text("caBundle").isEmpty {
        findings.invalid(
          path.child("caBundle"), .string("\(spec.text("caBundle").utf8.count) bytes"),
          "local APIServices may not have a caBundle")
      }
      if spec["insecureSkipTLSVerify"] == true {
        findings.invalid(
          path.child("insecureSkipTLSVerify"), true, "local APIServices may not have insecureSkipTLSVerify")
      }
      return
    }
    for name in ["namespace", "name"] where service.text(name).isEmpty {
      findings.required(path.child("service", name))
    }
    if let port = service["port"]?.integerValue, !NameRules.portNumber(port).isEmpty {
      findings.invalid(
        path.child("service", "port"), .integer(port), "port is not valid: \(NameRules.between(1, 65535))")
    }
    if spec["insecureSkipTLSVerify"] == true, !spec.text("caBundle").isEmpty {
      findings.invalid(path.child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present")
    }
  }
}
