import APIMachinery

/// Checks the expressions of policies and webhooks when they are written: that they compile, and what they give.
enum PolicyExpressions {
  private static let webhooks: Set<String> = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
  private static let policies: Set<String> = ["mutatingadmissionpolicies", "validatingadmissionpolicies"]

  /// - Parameter resource: of the group `admissionregistration.k8s.io`.
  /// - Returns: what is wrong; nothing where an update leaves the spec as it was.
  static func errors(in new: JSONObject, old: JSONObject?, _ resource: String) -> [FieldError] {
    if webhooks.contains(resource) {
      let before = old?["webhooks"]?.arrayValue ?? []
      return (new["webhooks"]?.arrayValue ?? []).enumerated().flatMap { index, webhook -> [FieldError] in
        let conditions = webhook["matchConditions"]?.arrayValue ?? []
        guard !conditions.isEmpty, !before.contains(where: { $0["matchConditions"] == webhook["matchConditions"] })
        else { return [] }
        return MatchConditions.errors(
          in: conditions, at: FieldPath("webhooks").index(index).child("matchConditions"))
      }
    }
    guard policies.contains(resource), let spec = new["spec"], spec != old?["spec"] else { return [] }
    return errors(inPolicy: spec, isMutating: resource == "mutatingadmissionpolicies")
  }

  private static func errors(inPolicy spec: JSONValue, isMutating: Bool) -> [FieldError] {
    let path = FieldPath("spec")
    func list(_ name: String) -> [JSONValue] { spec[name]?.arrayValue ?? [] }
    let environments = PolicyEnvironments(spec, isMutating: isMutating)
    var errors = MatchConditions.errors(
      in: list("matchConditions"), hasParameters: environments.hasParameters, at: path.child("matchConditions"))
    for (index, variable) in list("variables").enumerated() {
      let place = path.child("variables").index(index)
      let name = variable["name"]?.stringValue ?? ""
      if name.allSatisfy(\.isWhitespace) {
        errors.append(.required(place.child("name"), "name is not specified"))
      } else if !isIdentifier(name) {
        errors.append(.invalid(place.child("name"), .string(name), "must be a valid CEL identifier"))
      }
      check(variable, "expression", environments.variables.written[index], place, &errors)
    }
    for (index, validation) in list("validations").enumerated() {
      let place = path.child("validations").index(index)
      check(validation, "expression", [.bool], environments.validation, place, &errors)
      if let text = validation["messageExpression"]?.stringValue, !text.isEmpty {
        if text.allSatisfy(\.isWhitespace) {
          errors.append(
            .invalid(place.child("messageExpression"), .string(text), "must be non-empty if specified"))
        } else {
          check(validation, "messageExpression", [.string], environments.message, place, &errors)
        }
      }
    }
    for (index, annotation) in list("auditAnnotations").enumerated() {
      let text = (annotation["valueExpression"]?.stringValue ?? "").trimmedOfSpace
      check(
        annotation, "valueExpression", AdmissionExpression(text, [.string, .null], environments.validation),
        path.child("auditAnnotations").index(index), &errors)
    }
    for (index, mutation) in list("mutations").enumerated() {
      let place = path.child("mutations").index(index)
      // What belongs to another type of patch is refused, and not looked at.
      let patchType = mutation["patchType"]?.stringValue
      for (member, name, type) in [
        ("applyConfiguration", "ApplyConfiguration", MutationTypes.object),
        ("jsonPatch", "JSONPatch", MutationTypes.patches),
      ] where name == patchType {
        guard let form = mutation[member], form != .null else { continue }
        let text = (form["expression"]?.stringValue ?? "").trimmedOfSpace
        guard !text.isEmpty else {
          errors.append(.required(place.child(member, "expression"), ""))
          continue
        }
        let expression = AdmissionExpression(text, [type], MutationTypes.environment(environments.validation))
        if let error = expression.error(at: place.child(member, "expression"), shownAs: text) { errors.append(error) }
      }
    }
    return errors
  }

  private static func check(
    _ object: JSONValue, _ name: String, _ types: [CELType], _ environment: CELEnvironment, _ path: FieldPath,
    _ errors: inout [FieldError]
  ) {
    let text = object[name]?.stringValue ?? ""
    check(object, name, AdmissionExpression(text, types, environment), path, &errors)
  }

  private static func check(
    _ object: JSONValue, _ name: String, _ expression: AdmissionExpression?, _ path: FieldPath,
    _ errors: inout [FieldError]
  ) {
    let text = object[name]?.stringValue ?? ""
    if text.allSatisfy(\.isWhitespace) {
      errors.append(.required(path.child(name), "\(name) is not specified"))
    } else if let error = expression?.error(at: path.child(name), shownAs: text) {
      errors.append(error)
    }
  }

  private static let reservedNames: Set<String> = [
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
  ]

  private static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F }
      && !reservedNames.contains(name)
  }
}
