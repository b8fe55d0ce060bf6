import APIMachinery

/// Kinds with few rules of their own.
enum OtherValidation {
  // MARK: - Nodes and scheduling

  static func validate(runtimeClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let handler = new.text("handler")
    if !handler.isEmpty { findings.invalid(FieldPath("handler"), .string(handler), NameRules.dns1123Label(handler)) }
    for (name, amount) in MetadataValidation.sorted(new["overhead"]?["podFixed"]) {
      ResourceValidation.amount(name, amount, FieldPath("overhead", "podFixed").key(name), &findings)
    }
    if let scheduling = new["scheduling"] {
      let path = FieldPath("scheduling")
      MetadataValidation.labels(scheduling["nodeSelector"], path.child("nodeSelector"), &findings)
      SchedulingValidation.tolerations(scheduling.items("tolerations"), path.child("tolerations"), &findings)
    }
  }

  static func validate(priorityClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let name = new.text("metadata", "name")
    let value = new["value"]?.integerValue ?? 0
    let system: [String: Int64] = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]
    if name.hasPrefix("system-") {
      guard let expected = system[name] else {
        return findings.forbidden(
          FieldPath("metadata", "name"),
          "priority class names with 'system-' prefix are reserved for system use only. error: \(name) is not a known system priority class"
        )
      }
      if expected != value {
        findings.forbidden(
          FieldPath("metadata", "name"),
          "priority class names with 'system-' prefix are reserved for system use only. error: value of \(name) PriorityClass must be \(expected)"
        )
      }
    } else if value > 1_000_000_000 {
      findings.forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000")
    }
    findings.supported(new, "preemptionPolicy", ["Never", "PreemptLowerPriority"], FieldPath())
    guard let old else { return }
    if new["value"] != old["value"] { findings.forbidden(FieldPath("value"), "may not be changed in an update.") }
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
    if let holder = spec["holderIdentity"]?.stringValue, holder.isEmpty, !spec.has("strategy") {
      findings.invalid(path.child("holderIdentity"), "", "must not be empty")
    }
    if spec.has("preferredHolder"), !spec.has("strategy") {
      findings.forbidden(path.child("preferredHolder"), "may only be specified if `strategy` is defined")
    }
  }

  static func validate(controllerRevision new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    if !new.has("data") { findings.required(FieldPath("data"), "data is mandatory") }
    findings.notNegative(new, "revision", FieldPath())
  }

  // MARK: - Aggregation

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
    if !group.isEmpty { findings.invalid(path.child("group"), .string(group), NameRules.dns1123Subdomain(group)) }
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

  // MARK: - Flow control

  static func validate(flowSchema new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let precedence = spec["matchingPrecedence"]?.integerValue ?? 0
    if precedence <= 0 {
      findings.invalid(path.child("matchingPrecedence"), .integer(precedence), "must be a positive value")
    } else if precedence > 10000 {
      findings.invalid(
        path.child("matchingPrecedence"), .integer(precedence), "must not be greater than 10000")
    } else if precedence == 1, new.text("metadata", "name") != "exempt" {
      findings.invalid(
        path.child("matchingPrecedence"), 1, "only the schema named 'exempt' may have matchingPrecedence 1")
    }
    let level = spec["priorityLevelConfiguration"]?.text("name") ?? ""
    if level.isEmpty {
      findings.required(path.child("priorityLevelConfiguration", "name"), "must reference a priority level")
    }
    if let method = spec["distinguisherMethod"] {
      findings.supported(method, "type", ["ByNamespace", "ByUser"], path.child("distinguisherMethod"))
    }
    for (index, rule) in spec.items("rules").enumerated() {
      let path = path.child("rules").index(index)
      if rule.items("subjects").isEmpty {
        findings.required(path.child("subjects"), "subjects must contain at least one value")
      }
      if rule.items("resourceRules").isEmpty, rule.items("nonResourceRules").isEmpty {
        findings.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
      }
      for (position, subject) in rule.items("subjects").enumerated() {
        let path = path.child("subjects").index(position)
        let members = ["User": "user", "Group": "group", "ServiceAccount": "serviceAccount"]
        guard let member = members[subject.text("kind")] else {
          if subject.has("kind") {
            findings.add(.notSupported(path.child("kind"), subject["kind"], members.keys.sorted()))
          }
          continue
        }
        if !subject.has(member) {
          findings.required(
            path.child(member), "\(member) is required when subject kind is '\(subject.text("kind"))'")
        }
        for other in members.values.sorted() where other != member && subject.has(other) {
          findings.forbidden(
            path.child(other),
            "\(other) is forbidden when subject kind is not '\(members.first { $0.value == other }?.key ?? "")'")
        }
      }
    }
  }

  static func validate(priorityLevel new: JSONValue, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    switch spec.text("type") {
    case "Exempt":
      if spec.has("limited") { findings.forbidden(path.child("limited"), "must be nil if the type is not Limited") }
    case "Limited":
      if spec.has("exempt") { findings.forbidden(path.child("exempt"), "must be nil if the type is Limited") }
      guard let limited = spec["limited"] else {
        return findings.required(path.child("limited"), "must not be empty when type is Limited")
      }
      let limitedPath = path.child("limited")
      findings.notNegative(limited, "nominalConcurrencyShares", limitedPath)
      let response = limited["limitResponse"] ?? [:]
      let responsePath = limitedPath.child("limitResponse")
      switch response.text("type") {
      case "Reject":
        if response.has("queuing") {
          findings.forbidden(
            responsePath.child("queuing"), "must be nil if limited.limitResponse.type is not Limited")
        }
      case "Queue":
        guard let queuing = response["queuing"] else {
          return findings.required(
            responsePath.child("queuing"), "must not be empty if limited.limitResponse.type is Limited")
        }
        for name in ["queues", "handSize", "queueLengthLimit"] {
          let number = queuing[name]?.integerValue ?? 0
          if number <= 0 {
            findings.invalid(responsePath.child("queuing", name), .integer(number), "must be positive")
          }
        }
        if let hand = queuing["handSize"]?.integerValue, let queues = queuing["queues"]?.integerValue, hand > queues {
          findings.invalid(
            responsePath.child("queuing", "handSize"), .integer(hand),
            "should not be greater than queues (\(queues))")
        }
      case let other:
        if response.has("type") {
          findings.add(.notSupported(responsePath.child("type"), .string(other), ["Queue", "Reject"]))
        }
      }
    case let other:
      if spec.has("type") { findings.add(.notSupported(path.child("type"), .string(other), ["Exempt", "Limited"])) }
    }
  }

  // MARK: - Devices

  static func validate(resourceClaim new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    claim(new["spec"]?["devices"] ?? [:], FieldPath("spec", "devices"), &findings)
    if let old { findings.immutable(new["spec"], old["spec"], FieldPath("spec")) }
  }

  static func validate(resourceClaimTemplate new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    claim(new["spec"]?["spec"]?["devices"] ?? [:], FieldPath("spec", "spec", "devices"), &findings)
    if let old { findings.immutable(new["spec"], old["spec"], FieldPath("spec")) }
  }

  private static func claim(_ devices: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let requests = devices.items("requests")
    if requests.count > 32 { findings.add(.tooMany(path.child("requests"), count: requests.count, maximum: 32)) }
    var names: Set<String> = []
    for (index, request) in requests.enumerated() {
      let path = path.child("requests").index(index)
      let name = request.text("name")
      if !name.isEmpty {
        findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
        if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      }
      let hasAlternatives = !request.items("firstAvailable").isEmpty
      switch (request["exactly"], hasAlternatives) {
      case (nil, false): findings.required(path, "exactly one of `exactly` or `firstAvailable` is required")
      case (_?, true):
        findings.invalid(
          path, nil, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set")
      case (let exactly?, false):
        let path = path.child("exactly")
        let mode = exactly.text("allocationMode")
        let count = exactly["count"]?.integerValue ?? 0
        if mode == "ExactCount", count <= 0 {
          findings.invalid(path.child("count"), .integer(count), "must be greater than zero")
        } else if mode == "All", count != 0 {
          findings.invalid(
            path.child("count"), .integer(count), "must not be specified when allocationMode is 'All'")
        }
      default: break
      }
    }
  }

  static func validate(resourceSlice new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let driver = spec.text("driver")
    if !driver.isEmpty { StorageValidation.driverName(driver, path.child("driver"), &findings) }
    let places = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"].filter {
      spec.has($0) && spec[$0] != false
    }
    if places.count != 1 {
      if places.isEmpty {
        findings.required(
          path, "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required")
      } else {
        findings.invalid(
          path, nil,
          "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"
        )
      }
    }
    if spec.items("devices").count > 128 {
      findings.add(.tooMany(path.child("devices"), count: spec.items("devices").count, maximum: 128))
    }
    guard let before = old?["spec"] else { return }
    for name in ["driver", "nodeName"] { findings.immutable(spec[name], before[name], path.child(name)) }
    findings.immutable(spec["pool"]?["name"], before["pool"]?["name"], path.child("pool", "name"))
  }
}
