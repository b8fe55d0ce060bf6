import APIMachinery

/// By which exit codes a container is started again, whatever its policy says (KEP-5307).
enum RestartRuleValidation {
  private static let mostRules = 20
  private static let mostCodes = 255

  /// - Parameter path: of the container.
  static func validate(_ container: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let rules = container.items("restartPolicyRules")
    let path = path.child("restartPolicyRules")
    if rules.count > mostRules { findings.add(.tooMany(path, count: rules.count, maximum: mostRules)) }
    for (index, rule) in rules.enumerated() {
      let path = path.index(index)
      findings.supported(rule, "action", ["Restart", "RestartAllContainers"], path)
      guard let codes = rule["exitCodes"] else {
        findings.required(path.child("exitCodes"), "must be specified")
        continue
      }
      let place = path.child("exitCodes")
      findings.supported(codes, "operator", ["In", "NotIn"], place)
      let count = codes.items("values").count
      if count > mostCodes { findings.add(.tooMany(place.child("values"), count: count, maximum: mostCodes)) }
    }
  }
}
