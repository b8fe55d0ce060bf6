import APIMachinery

/// How a container is started again: by a policy of its own, and by which exit codes whatever the policy says (KEP-5307).
enum RestartRuleValidation {
  private static let mostRules = 20
  private static let mostCodes = 255

  /// - Parameter path: of the container.
  static func validate(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let rules = container.items("restartPolicyRules")
    if container.has("restartPolicy") {
      let policy = container.text("restartPolicy")
      let known = ["Always", "Never", "OnFailure"]
      if !known.contains(policy) {
        findings.add(.notSupported(path.child("restartPolicy"), .string(policy), known))
      }
    } else {
      guard !rules.isEmpty else { return }
      findings.required(path.child("restartPolicy"), withoutPolicy)
    }
    let path = path.child("restartPolicyRules")
    if rules.count > mostRules { findings.add(.tooMany(path, count: rules.count, maximum: mostRules)) }
    for (index, rule) in rules.enumerated() { self.rule(rule, path.index(index), &findings) }
  }

  /// The rules of an init container are not looked at where it has no policy.
  static func validate(initial container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if container.has("restartPolicy") { return validate(container, path, &findings) }
    if !container.items("restartPolicyRules").isEmpty {
      findings.required(path.child("restartPolicy"), withoutPolicy)
    }
  }

  private static let withoutPolicy = "must specify restartPolicy when restart rules are used"

  private static func rule(_ rule: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    known(rule, "action", ["Restart", "RestartAllContainers"], path, &findings)
    guard let codes = rule["exitCodes"] else {
      return findings.required(path.child("exitCodes"), "must be specified")
    }
    let path = path.child("exitCodes")
    known(codes, "operator", ["In", "NotIn"], path, &findings)
    let count = codes.items("values").count
    if count > mostCodes { findings.add(.tooMany(path.child("values"), count: count, maximum: mostCodes)) }
  }

  /// A missing value is an empty one, which is none of those that there are.
  private static func known(
    _ object: JSONValue, _ name: String, _ values: [String], _ path: FieldPath, _ findings: inout Findings
  ) {
    let text = object.text(name)
    if !values.contains(text) { findings.add(.notSupported(path.child(name), .string(text), values)) }
  }

  // MARK: - Judging a status

  /// Whether a rule starts all containers of the pod again, so that each of them may run after it has ended.
  static func restartsAll(_ spec: JSONValue) -> Bool {
    (spec.items("containers") + spec.items("initContainers")).contains { container in
      container.items("restartPolicyRules").contains { $0.text("action") == "RestartAllContainers" }
    }
  }

  /// Whether a container is started again that has ended with a code.
  static func restarts(_ container: JSONValue, in spec: JSONValue, after code: Int64) -> Bool {
    let own = container.text("restartPolicy")
    if !own.isEmpty {
      let isMatch = container.items("restartPolicyRules").contains { rule in
        let holds = (rule["exitCodes"]?.items("values") ?? []).contains(.integer(code))
        return switch rule["exitCodes"]?.text("operator") {
        case "In": holds
        case "NotIn": !holds
        default: false
        }
      }
      if isMatch { return true }
    }
    return switch own.isEmpty ? spec.text("restartPolicy") : own {
    case "Never": false
    case "OnFailure": code != 0
    default: true
    }
  }
}
