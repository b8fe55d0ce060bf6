import APIMachinery

/// Admission by webhooks and by policies.
enum WebhookValidation {
  static func validate(_ new: JSONValue, isMutating: Bool, _ findings: inout Findings) {
    var names: Set<String> = []
    for (index, webhook) in new.items("webhooks").enumerated() {
      let path = FieldPath("webhooks").index(index)
      let name = webhook.text("name")
      if !name.isEmpty {
        let problems = NameRules.dns1123Subdomain(name)
        if !problems.isEmpty {
          findings.invalid(path.child("name"), .string(name), problems)
        } else if name.split(separator: ".").count < 3 {
          findings.invalid(
            path.child("name"), .string(name), "should be a domain with at least three segments separated by dots")
        }
        if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      }
      for (position, rule) in webhook.items("rules").enumerated() {
        self.rule(rule, path.child("rules").index(position), &findings)
      }
      findings.supported(webhook, "failurePolicy", ["Fail", "Ignore"], path)
      findings.supported(webhook, "matchPolicy", ["Equivalent", "Exact"], path)
      let effects = webhook.text("sideEffects")
      if effects == "Some" || effects == "Unknown" {
        findings.add(.notSupported(path.child("sideEffects"), .string(effects), ["None", "NoneOnDryRun"]))
      }
      if let seconds = webhook["timeoutSeconds"]?.integerValue, !(1...30).contains(seconds) {
        findings.invalid(
          path.child("timeoutSeconds"), .integer(seconds), "the timeout value must be between 1 and 30 seconds")
      }
      versions(webhook.items("admissionReviewVersions"), path.child("admissionReviewVersions"), &findings)
      SelectorValidation.validate(webhook["namespaceSelector"], path.child("namespaceSelector"), &findings)
      SelectorValidation.validate(webhook["objectSelector"], path.child("objectSelector"), &findings)
      if isMutating { findings.supported(webhook, "reinvocationPolicy", ["IfNeeded", "Never"], path) }
      if let client = webhook["clientConfig"] { self.client(client, path.child("clientConfig"), &findings) }
      conditions(webhook.items("matchConditions"), path.child("matchConditions"), &findings)
    }
  }

  static func versions(_ versions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    guard !versions.isEmpty else { return }
    var seen: Set<JSONValue> = []
    for (index, version) in versions.enumerated() {
      if !seen.insert(version).inserted {
        findings.invalid(path.index(index), version, "duplicate version")
      }
      findings.invalid(path.index(index), version, NameRules.dns1035Label(version.stringValue ?? ""))
    }
    if !seen.contains("v1"), !seen.contains("v1beta1") {
      findings.invalid(path, .array(versions), "must include at least one of v1, v1beta1")
    }
  }

  static func client(_ client: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    switch (client["url"]?.stringValue, client["service"]) {
    case (nil, nil), (_?, _?):
      findings.required(path, "exactly one of url or service is required")
    case (let url?, nil):
      guard url.hasPrefix("https://") else {
        return findings.invalid(
          path.child("url"), .string(url), "'https' is the only allowed URL scheme; desired format: https://host[/path]"
        )
      }
      let rest = url.dropFirst(8)
      if rest.prefix(while: { $0 != "/" }).isEmpty {
        findings.invalid(path.child("url"), .string(url), "host must be specified; desired format: https://host[/path]")
      }
      for (sign, word) in [("@", "user information"), ("#", "fragments"), ("?", "query parameters")]
      where rest.contains(sign) {
        findings.invalid(
          path.child("url"), .string(url),
          "\(word) are not permitted in the URL")
      }
    case (nil, let service?):
      let path = path.child("service")
      for name in ["name", "namespace"] where service.text(name).isEmpty && service.has(name) {
        findings.required(path.child(name), "service \(name) is required")
      }
      if let port = service["port"]?.integerValue, !NameRules.portNumber(port).isEmpty {
        findings.invalid(path.child("port"), .integer(port), "port is not valid: \(NameRules.between(1, 65535))")
      }
      if let place = service["path"]?.stringValue, place != "/", !place.isEmpty, !place.hasPrefix("/") {
        findings.invalid(path.child("path"), .string(place), "must start with a '/'")
      }
    }
  }

  static func rule(_ rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["apiGroups", "apiVersions", "operations"] {
      let values = rule.items(name)
      if values.isEmpty { findings.required(path.child(name)) }
      if values.contains("*"), values.count > 1 {
        findings.invalid(
          path.child(name), rule[name],
          name == "operations"
            ? "if '*' is present, must not specify other operations"
            : name == "apiGroups"
              ? "if '*' is present, must not specify other API groups"
              : "if '*' is present, must not specify other API versions")
      }
    }
    for (index, operation) in rule.items("operations").enumerated()
    where !["*", "CONNECT", "CREATE", "DELETE", "UPDATE"].contains(operation.stringValue ?? "") {
      findings.add(
        .notSupported(path.child("operations").index(index), operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]))
    }
    for (index, version) in rule.items("apiVersions").enumerated() where version == "" {
      findings.required(path.child("apiVersions").index(index))
    }
    let resources = rule.items("resources").compactMap(\.stringValue)
    if resources.isEmpty { findings.required(path.child("resources")) }
    for (index, resource) in resources.enumerated() where resource.isEmpty {
      findings.required(path.child("resources").index(index))
    }
    if resources.contains("*/*"), resources.count > 1 {
      findings.invalid(
        path.child("resources"), rule["resources"], "if '*/*' is present, must not specify other resources")
    }
  }

  static func conditions(_ conditions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    if conditions.count > 64 { findings.add(.tooMany(path, count: conditions.count, maximum: 64)) }
    var names: Set<String> = []
    for (index, condition) in conditions.enumerated() {
      let path = path.index(index)
      let name = condition.text("name")
      if condition.text("expression").trimmed.isEmpty, condition.has("expression") {
        findings.required(path.child("expression"))
      }
      guard !name.isEmpty else { continue }
      findings.invalid(path.child("name"), .string(name), NameRules.labelKey(name))
      if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
    }
  }

  // MARK: - Policies

  static func validate(policy new: JSONValue, isMutating: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    findings.supported(spec, "failurePolicy", ["Fail", "Ignore"], path)
    if let kind = spec["paramKind"] {
      for name in ["apiVersion", "kind"] where kind.text(name).isEmpty {
        findings.required(path.child("paramKind", name))
      }
    }
    if let match = spec["matchConstraints"] {
      let path = path.child("matchConstraints")
      if match.items("resourceRules").isEmpty { findings.required(path.child("resourceRules")) }
      self.match(match, path, &findings)
    } else {
      findings.required(path.child("matchConstraints"))
    }
    conditions(spec.items("matchConditions"), path.child("matchConditions"), &findings)
    if isMutating {
      let mutations = spec.items("mutations")
      if mutations.isEmpty { findings.required(path.child("mutations"), "mutations must contain at least one item") }
      for (index, mutation) in mutations.enumerated() {
        let path = path.child("mutations").index(index)
        let members = ["ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"]
        guard let member = members[mutation.text("patchType")] else { continue }
        for (_, other) in members.sorted(by: { $0.key < $1.key }) {
          if other == member {
            if !mutation.has(other) {
              findings.required(path.child(other), "must be specified when patchType is \(mutation.text("patchType"))")
            }
          } else if mutation.has(other) {
            findings.invalid(
              path.child(other), mutation[other], "not allowed when patchType is \(mutation.text("patchType"))")
          }
        }
      }
    } else if spec.items("validations").isEmpty, spec.items("auditAnnotations").isEmpty {
      findings.required(
        path.child("validations"), "validations or auditAnnotations must contain at least one item")
      findings.required(
        path.child("auditAnnotations"), "validations or auditAnnotations must contain at least one item")
    }
    for (index, validation) in spec.items("validations").enumerated() {
      let path = path.child("validations").index(index)
      let message = validation.text("message")
      if !message.isEmpty, message.trimmed.isEmpty {
        findings.invalid(path.child("message"), .string(message), "message must be non-empty if specified")
      } else if message.contains("\n") {
        findings.invalid(path.child("message"), .string(message), "message must not contain line breaks")
      } else if message.isEmpty, validation.text("expression").contains("\n"),
        validation.text("messageExpression").isEmpty
      {
        findings.required(
          path.child("message"), "message must be specified if expression contains line breaks")
      }
    }
  }

  static func validate(policyBinding new: JSONValue, isMutating: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let name = spec.text("policyName")
    if !name.isEmpty { findings.invalid(path.child("policyName"), .string(name), NameRules.dns1123Subdomain(name)) }
    if let parameters = spec["paramRef"] {
      let path = path.child("paramRef")
      let isNamed = !parameters.text("name").isEmpty
      if isNamed, parameters.has("selector") {
        findings.forbidden(path.child("name"), "name and selector are mutually exclusive")
      } else if !isNamed, !parameters.has("selector") {
        findings.required(path, "one of name or selector must be specified")
      }
      if !parameters.has("parameterNotFoundAction") {
        findings.required(path.child("parameterNotFoundAction"))
      } else {
        findings.supported(parameters, "parameterNotFoundAction", ["Allow", "Deny"], path)
      }
    }
    if let match = spec["matchResources"] { self.match(match, path.child("matchResources"), &findings) }
    guard !isMutating else { return }
    let actions = spec.items("validationActions").compactMap(\.stringValue)
    if actions.isEmpty { findings.required(path.child("validationActions"), "at least one action must be specified") }
    var seen: Set<String> = []
    for (index, action) in actions.enumerated() {
      let path = path.child("validationActions").index(index)
      if !["Audit", "Deny", "Warn"].contains(action) {
        findings.add(.notSupported(path, .string(action), ["Audit", "Deny", "Warn"]))
      }
      if !seen.insert(action).inserted { findings.add(.duplicate(path, .string(action))) }
    }
    if seen.contains("Deny"), seen.contains("Warn") {
      findings.invalid(
        path.child("validationActions"), spec["validationActions"],
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
      )
    }
  }

  private static func match(_ match: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    SelectorValidation.validate(match["namespaceSelector"], path.child("namespaceSelector"), &findings)
    SelectorValidation.validate(match["objectSelector"], path.child("objectSelector"), &findings)
    for list in ["resourceRules", "excludeResourceRules"] {
      for (index, rule) in match.items(list).enumerated() {
        self.rule(rule, path.child(list).index(index), &findings)
      }
    }
  }
}
