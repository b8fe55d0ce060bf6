import APIMachinery

/// Names by which admission looks for objects: the client that upstream asks by refuses some before it asks
/// (client-go, `rest.Request.Name`).
enum LookupName {
  /// Why nothing is asked for by the name; nil where it can be.
  static func problem(of name: String) -> String? {
    if name.isEmpty { return "resource name may not be empty" }
    let problems = NameRules.pathSegment(name)
    return problems.isEmpty ? nil : "invalid resource name \(name.goQuoted): [\(problems.joined(separator: " "))]"
  }
}
