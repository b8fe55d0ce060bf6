import APIMachinery

/// How messages show values that upstream holds in its internal types: as JSON whose members have the names of Go's fields. All
/// of them are there, in the order of their declaration (``FieldError/inOrder``).
enum InternalForm {
  /// Go's name, the name in the API, and what stands where nothing was said.
  private typealias Member = (field: String, name: String, zero: JSONValue)

  static func deploymentStrategy(_ value: JSONValue) -> JSONValue {
    let update = value["rollingUpdate"].map {
      form($0, [("MaxUnavailable", "maxUnavailable", .null), ("MaxSurge", "maxSurge", .null)])
    }
    return ["Type": .string(value.text("type")), "RollingUpdate": update ?? .null]
  }

  static func deviceAttribute(_ value: JSONValue) -> JSONValue {
    form(
      value,
      [
        ("IntValue", "int", .null), ("BoolValue", "bool", .null), ("StringValue", "string", .null),
        ("VersionValue", "version", .null), ("IntValues", "ints", .null), ("BoolValues", "bools", .null),
        ("StringValues", "strings", .null), ("VersionValues", "versions", .null),
      ])
  }

  static func nodeAddress(_ value: JSONValue) -> JSONValue {
    form(value, [("Type", "type", ""), ("Address", "address", "")])
  }

  static func nodeSelectorTerm(_ value: JSONValue) -> JSONValue {
    func requirements(_ name: String) -> JSONValue {
      guard let all = value[name]?.arrayValue else { return .null }
      return .array(
        all.map { form($0, [("Key", "key", ""), ("Operator", "operator", ""), ("Values", "values", .null)]) })
    }
    return ["MatchExpressions": requirements("matchExpressions"), "MatchFields": requirements("matchFields")]
  }

  static func podDisruptionBudgetSpec(_ value: JSONValue) -> JSONValue {
    form(
      value,
      [
        ("MinAvailable", "minAvailable", .null), ("Selector", "selector", .null),
        ("MaxUnavailable", "maxUnavailable", .null),
        ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy", .null),
      ])
  }

  /// Of `status.hostIPs` too.
  static func podIP(_ value: JSONValue) -> JSONValue { form(value, [("IP", "ip", "")]) }

  static func podResourceClaim(_ value: JSONValue) -> JSONValue {
    form(
      value,
      [
        ("Name", "name", ""), ("ResourceClaimName", "resourceClaimName", .null),
        ("ResourceClaimTemplateName", "resourceClaimTemplateName", .null),
      ])
  }

  static func seccompProfile(_ value: JSONValue) -> JSONValue {
    form(value, [("Type", "type", ""), ("LocalhostProfile", "localhostProfile", .null)])
  }

  static func serviceCIDRSpec(_ value: JSONValue) -> JSONValue { form(value, [("CIDRs", "cidrs", .null)]) }

  static func servicePort(_ value: JSONValue) -> JSONValue {
    form(
      value,
      [
        ("Name", "name", ""), ("Protocol", "protocol", ""), ("AppProtocol", "appProtocol", .null), ("Port", "port", 0),
        ("TargetPort", "targetPort", 0), ("NodePort", "nodePort", 0),
      ])
  }

  static func successPolicy(_ value: JSONValue) -> JSONValue {
    let rules = value["rules"]?.arrayValue.map { rules in
      JSONValue.array(
        rules.map {
          form($0, [("SucceededIndexes", "succeededIndexes", .null), ("SucceededCount", "succeededCount", .null)])
        })
    }
    return ["Rules": rules ?? .null]
  }

  static func taint(_ value: JSONValue) -> JSONValue {
    form(
      value, [("Key", "key", ""), ("Value", "value", ""), ("Effect", "effect", ""), ("TimeAdded", "timeAdded", .null)])
  }

  static func toleration(_ value: JSONValue) -> JSONValue {
    form(
      value,
      [
        ("Key", "key", ""), ("Operator", "operator", ""), ("Value", "value", ""), ("Effect", "effect", ""),
        ("TolerationSeconds", "tolerationSeconds", .null),
      ])
  }

  static func uncountedTerminatedPods(_ value: JSONValue) -> JSONValue {
    form(value, [("Succeeded", "succeeded", .null), ("Failed", "failed", .null)])
  }

  static func updateStrategy(daemonSet value: JSONValue) -> JSONValue {
    let update = value["rollingUpdate"].map {
      form($0, [("MaxUnavailable", "maxUnavailable", 0), ("MaxSurge", "maxSurge", 0)])
    }
    return ["Type": .string(value.text("type")), "RollingUpdate": update ?? .null]
  }

  static func updateStrategy(statefulSet value: JSONValue) -> JSONValue {
    let update = value["rollingUpdate"].map {
      form($0, [("Partition", "partition", 0), ("MaxUnavailable", "maxUnavailable", .null)])
    }
    return ["Type": .string(value.text("type")), "RollingUpdate": update ?? .null]
  }

  private static func form(_ value: JSONValue, _ members: [Member]) -> JSONValue {
    .object(JSONObject(members.map { ($0.field, value[$0.name] ?? $0.zero) }))
  }
}
