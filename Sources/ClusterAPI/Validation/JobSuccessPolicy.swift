import APIMachinery

/// When a job has succeeded although not all of its indexes have.
enum JobSuccessPolicy {
  private static let mostRules = 20
  private static let longestIndexes = 64 << 10

  static func validate(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let rules = spec["successPolicy"]?.items("rules") ?? []
    if rules.count > mostRules { findings.add(.tooMany(path, count: rules.count, maximum: mostRules)) }
    for (index, rule) in rules.enumerated() {
      validate(rule, spec["completions"]?.integerValue, path.index(index), &findings)
    }
  }

  private static func validate(
    _ rule: JSONValue, _ completions: Int64?, _ path: FieldPath, _ findings: inout Findings
  ) {
    let indexes = rule["succeededIndexes"]?.stringValue
    if indexes == nil, !rule.has("succeededCount") {
      findings.required(path, "at least one of succeededCount or succeededIndexes must be specified")
    }
    // Nothing is compared with what is not said, which is told of elsewhere.
    guard let completions else { return }
    var total: Int64?
    if let indexes {
      let path = path.child("succeededIndexes")
      if indexes.utf8.count > longestIndexes { findings.add(.tooLong(path, maximumBytes: longestIndexes)) }
      do { total = try JobIndexes.count(indexes, below: completions) } catch {
        total = 0
        findings.invalid(path, .string(indexes), "error parsing succeededIndexes: \(error.text)")
      }
    }
    guard let count = rule["succeededCount"]?.integerValue else { return }
    findings.notNegative(rule, "succeededCount", path)
    if count > completions {
      findings.invalid(
        path.child("succeededCount"), .integer(count),
        "must be less than or equal to \(completions) (the number of specified completions)")
    }
    if let total, count > total {
      findings.invalid(
        path.child("succeededCount"), .integer(count),
        "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)")
    }
  }
}
