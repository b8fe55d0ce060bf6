import APIMachinery

/// Admission by webhooks.
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
      }
      for (position, rule) in webhook.items("rules").enumerated() {
        self.rule(rule, path.child("rules").index(position), &findings)
      }
      findings.supported(webhook, "failurePolicy", ["Fail", "Ignore"], path)
      findings.supported(webhook, "matchPolicy", ["Equivalent", "Exact"], path)
      let effects = webhook.text("sideEffects")
      if !webhook.has("sideEffects") {
        findings.required(path.child("sideEffects"), "must specify one of None, NoneOnDryRun")
      } else if effects != "None", effects != "NoneOnDryRun" {
        findings.add(.notSupported(path.child("sideEffects"), .string(effects), ["None", "NoneOnDryRun"]))
      }
      if let seconds = webhook["timeoutSeconds"]?.integerValue, !(1...30).contains(seconds) {
        findings.invalid(
          path.child("timeoutSeconds"), .integer(seconds), "the timeout value must be between 1 and 30 seconds")
      }
      SelectorValidation.validate(webhook["namespaceSelector"], path.child("namespaceSelector"), &findings)
      SelectorValidation.validate(webhook["objectSelector"], path.child("objectSelector"), &findings)
      if isMutating { findings.supported(webhook, "reinvocationPolicy", ["IfNeeded", "Never"], path) }
      if let client = webhook["clientConfig"] { self.client(client, path.child("clientConfig"), &findings) }
      conditions(webhook.items("matchConditions"), path.child("matchConditions"), &findings)
      if webhook.items("admissionReviewVersions").isEmpty {
        findings.required(path.child("admissionReviewVersions"), "must specify one of v1, v1beta1")
      }
      versions(webhook.items("admissionReviewVersions"), path.child("admissionReviewVersions"), &findings)
      if !name.isEmpty, !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
    }
  }

  static func versions(_ versions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    guard !versions.isEmpty else { return }
    var seen: Set<JSONValue> = []
    for (index, version) in versions.enumerated() {
      if !seen.insert(version).inserted {
        findings.invalid(path.index(index), version, "duplicate version")
        continue
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
    case (let url?, nil): self.url(url, path.child("url"), &findings)
    case (nil, let service?):
      let path = path.child("service")
      // Upstream takes one for the other, and tells so.
      for (name, other) in [("name", "namespace"), ("namespace", "name")] where service.text(other).isEmpty {
        findings.required(path.child(name))
      }
      if let port = service["port"]?.integerValue, !NameRules.portNumber(port).isEmpty {
        findings.invalid(path.child("port"), .integer(port), "port is not valid: \(NameRules.between(1, 65535))")
      }
      if let place = service["path"]?.stringValue { self.place(place, path.child("path"), &findings) }
    }
  }

  private static func url(_ url: String, _ path: FieldPath, _ findings: inout Findings) {
    let form = "; desired format: https://host[/path]"
    do throws(GoURL.Problem) {
      let parts = try GoURL(url)
      if parts.scheme != "https" {
        findings.invalid(path, .string(parts.scheme), "'https' is the only allowed URL scheme\(form)")
      }
      if parts.host.isEmpty { findings.invalid(path, "", "host must be specified\(form)") }
      if let user = parts.user {
        findings.invalid(path, .string(user), "user information is not permitted in the URL")
      }
      if !parts.fragment.isEmpty {
        findings.invalid(path, .string(parts.fragment), "fragments are not permitted in the URL")
      }
      if !parts.query.isEmpty {
        findings.invalid(path, .string(parts.query), "query parameters are not permitted in the URL")
      }
    } catch {
      findings.required(path, "url must be a valid URL: \(error.description)\(form)")
    }
  }

  /// The path that a service is asked by: names between slashes.
  private static func place(_ place: String, _ path: FieldPath, _ findings: inout Findings) {
    if place.isEmpty || place == "/" { return }
    if place == "//" { return findings.invalid(path, .string(place), "segment[0] may not be empty") }
    if !place.hasPrefix("/") { findings.invalid(path, .string(place), "must start with a '/'") }
    var inner = place.dropFirst()
    if inner.hasSuffix("/") { inner = inner.dropLast() }
    for (index, segment) in inner.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
      if segment.isEmpty {
        findings.invalid(path, .string(place), "segment[\(index)] may not be empty")
      } else {
        findings.invalid(
          path, .string(place), NameRules.dns1123Subdomain(String(segment)).map { "segment[\(index)]: \($0)" })
      }
    }
  }

  private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

  static func rule(_ rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    allOrSome(rule, "operations", "operations", path, &findings)
    for (index, operation) in rule.items("operations").enumerated()
    where !operations.contains(operation.stringValue ?? "") {
      findings.add(.notSupported(path.child("operations").index(index), operation, operations))
    }
    allOrSome(rule, "apiGroups", "API groups", path, &findings)
    allOrSome(rule, "apiVersions", "API versions", path, &findings)
    for (index, version) in rule.items("apiVersions").enumerated() where version == "" {
      findings.required(path.child("apiVersions").index(index))
    }
    resources(rule.items("resources").compactMap(\.stringValue), rule, path.child("resources"), &findings)
  }

  /// A list of values or of all of them.
  private static func allOrSome(
    _ rule: JSONValue, _ name: String, _ words: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let values = rule.items(name)
    if values.isEmpty { findings.required(path.child(name)) }
    if values.contains("*"), values.count > 1 {
      findings.invalid(path.child(name), rule[name], "if '*' is present, must not specify other \(words)")
    }
  }

  /// Nothing may be named beside what covers it.
  private static func resources(
    _ resources: [String], _ rule: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    if resources.isEmpty { findings.required(path) }
    var (wholeResources, wholeSubresources): (Set<String>, Set<String>) = ([], [])
    var isLastPlain = false
    for (index, text) in resources.enumerated() {
      guard !text.isEmpty else {
        findings.required(path.index(index))
        continue
      }
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        isLastPlain = text != "*"
        continue
      }
      if wholeResources.contains(parts[0]) {
        findings.invalid(
          path.index(index), .string(text), "if '\(parts[0])/*' is present, must not specify \(text)")
      }
      if wholeSubresources.contains(parts[1]) {
        findings.invalid(
          path.index(index), .string(text), "if '*/\(parts[1])' is present, must not specify \(text)")
      }
      if parts[1] == "*" { wholeResources.insert(parts[0]) }
      if parts[0] == "*" { wholeSubresources.insert(parts[1]) }
    }
    if resources.count > 1, resources.contains("*/*") {
      findings.invalid(path, rule["resources"], "if '*/*' is present, must not specify other resources")
    }
    if resources.contains("*"), isLastPlain {
      findings.invalid(
        path, rule["resources"], "if '*' is present, must not specify other resources without subresources")
    }
  }

  static func conditions(_ conditions: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    if conditions.count > 64 { findings.add(.tooMany(path, count: conditions.count, maximum: 64)) }
    var names: Set<String> = []
    for (index, condition) in conditions.enumerated() {
      let path = path.index(index)
      let name = condition.text("name")
      if condition.text("expression").trimmed.isEmpty { findings.required(path.child("expression")) }
      guard !name.isEmpty else {
        findings.required(path.child("name"))
        continue
      }
      findings.invalid(path.child("name"), .string(name), NameRules.labelKey(name))
      if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
    }
  }
}
