import APIMachinery

extension Cell {
  static let admission: [String: Function] = [
    "webhookCount": { .integer(Int64($0.object.items("webhooks").count)) },
    "policyValidations": { .integer(Int64($0.spec.items("validations").count)) },
    "policyMutations": { .integer(Int64($0.spec.items("mutations").count)) },
    "policyParamKind": { cell in
      guard let kind = cell.spec["paramKind"] else { return unset }
      return .string("\(kind.text("apiVersion"))/\(kind.text("kind"))")
    },
    "policyParameters": { cell in
      guard let reference = cell.spec["paramRef"] else { return unset }
      let name = reference.text("name")
      let namespace = reference.text("namespace")
      if name.isEmpty { return reference["selector"].map { .string(written(selector: $0)) } ?? unset }
      return .string("\(namespace.isEmpty ? "*" : namespace)/\(name)")
    },
    "bindingRole": { cell in
      let role = cell.object["roleRef"] ?? [:]
      return .string("\(role.text("kind"))/\(role.text("name"))")
    },
    "bindingUsers": { .string($0.subjects("User")) },
    "bindingGroups": { .string($0.subjects("Group")) },
    "bindingServiceAccounts": { .string($0.subjects("ServiceAccount")) },
    "apiServiceTarget": { cell in
      guard let service = cell.spec["service"] else { return "Local" }
      return .string("\(service.text("namespace"))/\(service.text("name"))")
    },
    "apiServiceAvailable": { cell in
      guard let condition = cell.condition("Available") else { return "Unknown" }
      let (status, reason) = (condition.text("status"), condition.text("reason"))
      return .string(status == "True" || reason.isEmpty ? status : "\(status) (\(reason))")
    },
    "flowDistinguisher": { $0.text($0.spec["distinguisherMethod"]?["type"], or: none) },
    "flowMissing": { $0.text($0.condition("Dangling")?["status"], or: "?") },
    "levelShares": { $0.spec["limited"]?["nominalConcurrencyShares"] ?? none },
    "levelQueues": { $0.queuing("queues") },
    "levelHandSize": { $0.queuing("handSize") },
    "levelQueueLength": { $0.queuing("queueLengthLimit") },
  ]

  /// A selector of parameters as Go prints the message of that type, which is what this column shows.
  private static func written(selector: JSONValue) -> String {
    let labels = MetadataValidation.sorted(selector["matchLabels"]).map { "\($0.0): \($0.1.stringValue ?? "")," }
    let requirements = selector.items("matchExpressions").map { one in
      let values = one.items("values").compactMap(\.stringValue).joined(separator: " ")
      return "LabelSelectorRequirement{Key:\(one.text("key")),Operator:\(one.text("operator")),Values:[\(values)],},"
    }
    return "&LabelSelector{MatchLabels:map[string]string{\(labels.joined())},"
      + "MatchExpressions:[]LabelSelectorRequirement{\(requirements.joined())},}"
  }

  private func subjects(_ kind: String) -> String {
    object.items("subjects").filter { $0.text("kind") == kind }.map { subject in
      kind == "ServiceAccount" ? "\(subject.text("namespace"))/\(subject.text("name"))" : subject.text("name")
    }.joined(separator: ", ")
  }

  private func queuing(_ name: String) -> JSONValue {
    spec["limited"]?["limitResponse"]?["queuing"]?[name] ?? Self.none
  }
}
