import APIMachinery

/// Admission by policies and their bindings. What their expressions are is judged where they can be compiled.
enum AdmissionPolicyValidation {
  private static let mostAnnotations = 20
  /// Bytes: the value of an annotation is mostly longer than what makes it.
  private static let longestAnnotation = 5 * 1024
  private static let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"]
  private static let actions = ["Audit", "Deny", "Warn"]
  /// What is removed cannot be changed.
  private static let mutableOperations = ["*", "CONNECT", "CREATE", "UPDATE"]

  static func validate(policy new: JSONValue, isMutating: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    findings.supported(spec, "failurePolicy", ["Fail", "Ignore"], path)
    if let kind = spec["paramKind"] { self.kind(kind, path.child("paramKind"), &findings) }
    if let match = spec["matchConstraints"] {
      let path = path.child("matchConstraints")
      self.match(match, isMutating: isMutating, path, &findings)
      // Something must tell of which types the objects are.
      if match.items("resourceRules").isEmpty { findings.required(path.child("resourceRules")) }
    } else {
      findings.required(path.child("matchConstraints"))
    }
    WebhookValidation.conditions(spec.items("matchConditions"), path.child("matchConditions"), &findings)
    if isMutating { return mutations(spec, path, &findings) }
    let (validations, annotations) = (spec.items("validations"), spec.items("auditAnnotations"))
    if validations.isEmpty, annotations.isEmpty {
      for name in ["validations", "auditAnnotations"] {
        findings.required(path.child(name), "validations or auditAnnotations must contain at least one item")
      }
    }
    for (index, validation) in validations.enumerated() {
      self.validation(validation, path.child("validations").index(index), &findings)
    }
    self.annotations(annotations, spec, of: new["metadata"]?.text("name") ?? "", path, &findings)
  }

  private static func kind(_ kind: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let place = kind.text("apiVersion")
    let parts = place.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let version = path.child("apiVersion")
    if place.isEmpty {
      findings.required(version)
    } else if parts.count > 2 {
      findings.invalid(version, .string(place), "unexpected GroupVersion string: \(place)")
    } else {
      let group = parts.count == 2 ? parts[0] : ""
      if !group.isEmpty { joined(NameRules.dns1123Subdomain(group), version, group, &findings) }
      let number = parts.last ?? ""
      if number.isEmpty {
        findings.invalid(version, .string(place), "version must be specified")
      } else {
        joined(NameRules.dns1035Label(number), version, number, &findings)
      }
    }
    let name = kind.text("kind")
    if name.isEmpty { return findings.required(path.child("kind")) }
    let problems = NameRules.dns1035Label(name.lowercased())
    if !problems.isEmpty {
      findings.invalid(
        path.child("kind"), .string(name),
        "may have mixed case, but should otherwise match: \(problems.joined(separator: ","))")
    }
  }

  private static func joined(_ problems: [String], _ path: FieldPath, _ value: String, _ findings: inout Findings) {
    if !problems.isEmpty { findings.invalid(path, .string(value), problems.joined(separator: ",")) }
  }

  private static func validation(_ validation: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let message = validation.text("message")
    let trimmed = message.trimmed
    if !message.isEmpty, trimmed.isEmpty {
      findings.invalid(path.child("message"), .string(message), "must be non-empty if specified")
    } else if trimmed.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      findings.invalid(path.child("message"), .string(message), "must not contain line breaks")
    }
    findings.supportedIfGiven(validation, "reason", reasons, path)
  }

  private static func annotations(
    _ annotations: [JSONValue], _ spec: JSONValue, of name: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let path = path.child("auditAnnotations")
    if annotations.count > mostAnnotations {
      // They are shown as Go knows them.
      let shown = annotations.map { annotation -> JSONValue in
        ["Key": .string(annotation.text("key")), "ValueExpression": .string(annotation.text("valueExpression"))]
      }
      findings.invalid(path, .array(shown), "must not have more than \(mostAnnotations) auditAnnotations")
    }
    var keys: Set<String> = []
    for (index, annotation) in annotations.enumerated() {
      let path = path.index(index)
      let key = annotation.text("key")
      if name.isEmpty {
        findings.invalid(path.child("key"), .string(key), "requires metadata.name be non-empty")
      } else {
        // The audit log knows it by the policy's name too.
        findings.invalid(path.child("key"), .string("\(name)/\(key)"), NameRules.labelKey("\(name)/\(key)"))
      }
      if annotation.text("valueExpression").trimmed.utf8.count > longestAnnotation {
        findings.required(path.child("valueExpression"), "must not exceed \(longestAnnotation) bytes in length")
      }
      if !keys.insert(key).inserted { findings.add(.duplicate(path.child("key"), .string(key))) }
    }
  }

  private static func mutations(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let mutations = spec.items("mutations")
    if mutations.isEmpty { findings.required(path.child("mutations"), "mutations must contain at least one item") }
    let forms = [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")]
    for (index, mutation) in mutations.enumerated() {
      let path = path.child("mutations").index(index)
      let type = mutation.text("patchType")
      guard forms.contains(where: { $0.0 == type }) else { continue }
      for (form, member) in forms {
        if form == type, !mutation.has(member) {
          findings.required(path.child(member), "must be specified when patchType is \(type)")
        } else if form != type, mutation.has(member) {
          findings.invalid(
            path.child(member), .string("{\(member)}"), "must not be specified when patchType is \(type)")
        }
      }
    }
    if spec.text("reinvocationPolicy").isEmpty { findings.required(path.child("reinvocationPolicy")) }
  }

  /// What was found out of a policy's expressions, and its conditions.
  static func validate(statusOf new: JSONValue, _ findings: inout Findings) {
    let (status, path) = (new["status"] ?? [:], FieldPath("status"))
    let place = path.child("typeChecking", "expressionWarnings")
    for (index, warning) in (status["typeChecking"]?.items("expressionWarnings") ?? []).enumerated() {
      let path = place.index(index)
      if warning.text("warning").isEmpty { findings.required(path.child("warning")) }
      let field = warning.text("fieldRef").trimmed
      guard !field.isEmpty else {
        findings.required(path.child("fieldRef"))
        continue
      }
      // It begins with a member's bare name.
      let text = field.unicodeScalars.first?.properties.isAlphabetic == true ? ".\(field)" : field
      do throws(JSONPathError) { _ = try JSONPath(text) } catch {
        findings.invalid(path.child("fieldRef"), .string(field), "invalid JSONPath: \(error)")
      }
    }
    ConditionValidation.validate(status.items("conditions"), path.child("conditions"), &findings)
  }

  static func validate(binding new: JSONValue, isMutating: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let name = spec.text("policyName")
    if !name.isEmpty {
      findings.invalid(path.child("policyName"), .string(name), NameRules.dns1123Subdomain(name))
    } else if isMutating {
      findings.required(path.child("policyName"))
    }
    if let parameters = spec["paramRef"] { self.parameters(parameters, path.child("paramRef"), &findings) }
    if let match = spec["matchResources"] {
      self.match(match, isMutating: isMutating, path.child("matchResources"), &findings)
    }
    guard !isMutating else { return }
    let chosen = spec.items("validationActions").compactMap(\.stringValue)
    let place = path.child("validationActions")
    var seen: Set<String> = []
    for (index, action) in chosen.enumerated() {
      if !actions.contains(action) { findings.add(.notSupported(place.index(index), .string(action), actions)) }
      if !seen.insert(action).inserted { findings.add(.duplicate(place.index(index), .string(action))) }
    }
    if seen.contains("Deny"), seen.contains("Warn") {
      findings.invalid(
        place, spec["validationActions"],
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
      )
    }
    if chosen.isEmpty { findings.required(place, "at least one validation action is required") }
  }

  private static func parameters(_ parameters: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = parameters.text("name")
    let isSelected = parameters.has("selector")
    let exclusive = "name and selector are mutually exclusive"
    if !name.isEmpty {
      findings.invalid(path.child("name"), .string(name), NameRules.pathSegment(name))
      if isSelected { findings.forbidden(path.child("name"), exclusive) }
    }
    if isSelected {
      SelectorValidation.validate(parameters["selector"], path.child("selector"), &findings)
      if !name.isEmpty { findings.forbidden(path.child("selector"), exclusive) }
    }
    if name.isEmpty, !isSelected { findings.required(path, "one of name or selector must be specified") }
    let action = parameters.text("parameterNotFoundAction")
    if action.isEmpty {
      findings.required(path.child("parameterNotFoundAction"))
    } else if action != "Deny", action != "Allow" {
      findings.add(.notSupported(path.child("parameterNotFoundAction"), .string(action), ["Deny", "Allow"]))
    }
  }

  private static func match(
    _ match: JSONValue, isMutating: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    SelectorValidation.validate(match["namespaceSelector"], path.child("namespaceSelector"), &findings)
    SelectorValidation.validate(match["objectSelector"], path.child("objectSelector"), &findings)
    for list in ["resourceRules", "excludeResourceRules"] {
      for (index, rule) in match.items(list).enumerated() {
        let path = path.child(list).index(index)
        var names: Set<String> = []
        for (index, name) in rule.items("resourceNames").enumerated() {
          let place = path.child("resourceNames").index(index)
          findings.invalid(place, name, NameRules.pathSegment(name.stringValue ?? ""))
          if !names.insert(name.stringValue ?? "").inserted { findings.add(.duplicate(place, name)) }
        }
        WebhookValidation.rule(rule, path, &findings)
      }
    }
    guard isMutating else { return }
    for rule in match.items("resourceRules") {
      for operation in rule.items("operations") where !mutableOperations.contains(operation.stringValue ?? "") {
        findings.add(.notSupported(path.child("resourceRules", "operations"), operation, mutableOperations))
      }
    }
  }
}
