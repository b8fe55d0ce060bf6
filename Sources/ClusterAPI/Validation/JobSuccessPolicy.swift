import APIMachinery

/// When a job has succeeded although not all of its indexes have.
enum JobSuccessPolicy {
  private static let mostRules = 20
  private static let longestIndexes = 64 << 10

  static func validate(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let rules = spec["successPolicy"]?.items("rules") ?? []
    if rules.count > mostRules { findings.add(.tooMany(path, count: rules.count, maximum: mostRules)) }
    guard let completions = spec["completions"]?.integerValue else { return }
    for (index, rule) in rules.enumerated() { validate(rule, completions, path.index(index), &findings) }
  }

  private static func validate(
    _ rule: JSONValue, _ completions: Int64, _ path: FieldPath, _ findings: inout Findings
  ) {
    let indexes = rule["succeededIndexes"]?.stringValue
    if indexes == nil, !rule.has("succeededCount") {
      findings.required(path, "at least one of succeededCount or succeededIndexes must be specified")
    }
    var total: Int64?
    if let indexes {
      let path = path.child("succeededIndexes")
      if indexes.utf8.count > longestIndexes { findings.add(.tooLong(path, maximumBytes: longestIndexes)) }
      switch count(indexes, completions) {
      case .success(let count): total = count
      case .failure(let problem):
        total = 0
        findings.invalid(path, .string(indexes), "error parsing succeededIndexes: \(problem.text)")
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

  private struct Problem: Error {
    let text: String
  }

  /// How many indexes a text such as `1,3-5,7` names, which are below the number of completions and increase.
  private static func count(_ text: String, _ completions: Int64) -> Result<Int64, Problem> {
    guard !text.isEmpty else { return .success(0) }
    var count: Int64 = 0
    var last: Int64?
    for interval in text.split(separator: ",", omittingEmptySubsequences: false) {
      let limits = interval.split(separator: "-", omittingEmptySubsequences: false)
      guard limits.count <= 2 else {
        return .failure(
          Problem(
            text:
              "the fragment \(String(interval).goQuoted) violates the requirement that an index interval can have at most two parts separated by '-'"
          ))
      }
      var bounds: [Int64] = []
      for limit in limits {
        guard let number = Int64(limit), limit.allSatisfy({ $0.isASCII && $0.isNumber }) else {
          return .failure(Problem(text: "cannot convert string to integer for index: \(String(limit).goQuoted)"))
        }
        guard number < completions else { return .failure(Problem(text: "too large index: \(String(limit).goQuoted)")) }
        if let previous = bounds.last ?? last, previous >= number {
          return .failure(Problem(text: "non-increasing order, previous: \(previous), current: \(number)"))
        }
        bounds.append(number)
      }
      count += (bounds.last ?? 0) - (bounds.first ?? 0) + 1
      last = bounds.last
    }
    return .success(count)
  }
}
