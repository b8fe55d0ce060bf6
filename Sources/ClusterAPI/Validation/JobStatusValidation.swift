import APIMachinery

/// What a controller may write into the status of a job.
enum JobStatusValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("status")
    let status = new["status"] ?? [:]
    let before = old["status"] ?? [:]
    for name in ["active", "succeeded", "failed", "ready", "terminating"] { findings.notNegative(status, name, path) }
    conditions(status, before, path, &findings)
    times(new, before, path, &findings)
    if isFinished(status) {
      if status["active"]?.integerValue ?? 0 > 0 {
        findings.invalid(path.child("active"), status["active"], "active>0 is invalid for finished job")
      }
      if status["terminating"]?.integerValue ?? 0 > 0 {
        findings.invalid(path.child("terminating"), status["terminating"], "terminating>0 is invalid for finished job")
      }
      let uncounted = status["uncountedTerminatedPods"]
      if uncounted?.items("succeeded").isEmpty == false || uncounted?.items("failed").isEmpty == false {
        findings.invalid(
          path.child("uncountedTerminatedPods"), uncounted,
          "uncountedTerminatedPods needs to be empty for finished job")
      }
    }
    for name in ["failed", "succeeded"]
    where status[name]?.integerValue ?? 0 < before[name]?.integerValue ?? 0 {
      findings.invalid(path.child(name), status[name] ?? 0, "cannot decrease the \(name) counter")
    }
    if let ready = status["ready"]?.integerValue, ready > status["active"]?.integerValue ?? 0 {
      findings.invalid(path.child("ready"), .integer(ready), "cannot set more ready pods than active")
    }
    if !status.text("completedIndexes").isEmpty, new["spec"]?.text("completionMode") != "Indexed" {
      findings.invalid(
        path.child("completedIndexes"), status["completedIndexes"],
        "cannot set non-empty completedIndexes when non-indexed completion mode")
    }
    if status.has("failedIndexes"), new["spec"]?.has("backoffLimitPerIndex") != true {
      findings.invalid(
        path.child("failedIndexes"), status["failedIndexes"],
        "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
    }
  }

  private static func isTrue(_ type: String, _ status: JSONValue) -> Bool {
    status.items("conditions").contains { $0.text("type") == type && $0.text("status") == "True" }
  }

  private static func isFinished(_ status: JSONValue) -> Bool { isTrue("Complete", status) || isTrue("Failed", status) }

  private static func conditions(
    _ status: JSONValue, _ before: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    let path = path.child("conditions")
    let isComplete = isTrue("Complete", status)
    let isFailed = isTrue("Failed", status)
    let isFailing = isTrue("FailureTarget", status)
    let isMet = isTrue("SuccessCriteriaMet", status)
    func refuse(_ isWrong: Bool, _ words: String) {
      if isWrong { findings.invalid(path, nil, words) }
    }
    refuse(isComplete && isFailed, "cannot set Complete=True and Failed=true conditions")
    refuse(isComplete && isFailing, "cannot set Complete=True and FailureTarget=true conditions")
    refuse(isFailed && !isFailing, "cannot set Failed=True condition without the FailureTarget=true condition")
    refuse(isComplete && !isMet, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
    refuse(isMet && isFailed, "cannot set SuccessCriteriaMet=True and Failed=true conditions")
    refuse(isMet && isFailing, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
    for type in ["Failed", "Complete", "FailureTarget"] {
      refuse(isTrue(type, before) && !isTrue(type, status), "cannot disable the terminal \(type)=True condition")
    }
    refuse(
      isTrue("SuccessCriteriaMet", before) && !isMet, "cannot disable the SuccessCriteriaMet=True condition")
  }

  private static func times(_ new: JSONValue, _ before: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let status = new["status"] ?? [:]
    let isComplete = isTrue("Complete", status)
    let completion = status["completionTime"]
    if completion != nil, !isComplete {
      findings.invalid(
        path.child("completionTime"), completion,
        "cannot set completionTime when there is no Complete=True condition")
    }
    if completion == nil, isComplete {
      findings.required(path.child("completionTime"), "completionTime is required for Complete jobs")
    }
    if let start = status.text("startTime").time, let end = status.text("completionTime").time, end < start {
      findings.invalid(path.child("completionTime"), completion, "completionTime cannot be set before startTime")
    }
    if !status.has("startTime"), isFinished(status) {
      findings.required(path.child("startTime"), "startTime is required for finished job")
    }
    if let was = before["completionTime"], completion != nil, was != completion {
      findings.invalid(path.child("completionTime"), completion, "completionTime cannot be mutated")
    }
    if let was = before["startTime"], was != status["startTime"], new["spec"]?["suspend"] != true {
      findings.required(path.child("startTime"), "startTime cannot be removed for unsuspended job")
    }
  }
}
