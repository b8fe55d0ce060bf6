import APIMachinery

/// What a controller may write into the status of a job.
///
/// Most rules judge what a write changes, and nothing else: a status that does not fit a specification that somebody has just
/// changed can still be written on (upstream's `getStatusValidationOptions`).
struct JobStatusValidation {
  private let spec: JSONValue
  private let status: JSONValue
  private let before: JSONValue
  private let path = FieldPath("status")

  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    JobStatusValidation(spec: new["spec"] ?? [:], status: new["status"] ?? [:], before: old["status"] ?? [:])
      .validate(&findings)
  }

  private func validate(_ findings: inout Findings) {
    for name in ["active", "succeeded", "failed", "ready", "terminating"] { findings.notNegative(status, name, path) }
    uncounted(&findings)
    completion(&findings)
    finish(&findings)
    indexes(&findings)
    counts(&findings)
    success(&findings)
    past(&findings)
  }

  // MARK: - What is asked

  private func changes(_ name: String) -> Bool { (status[name] ?? .null) != (before[name] ?? .null) }
  private func turns(_ type: String) -> Bool { Self.isTrue(type, status) != Self.isTrue(type, before) }
  private func isTrue(_ type: String) -> Bool { Self.isTrue(type, status) }

  private static func isTrue(_ type: String, _ status: JSONValue) -> Bool {
    status.items("conditions").contains { $0.text("type") == type && $0.text("status") == "True" }
  }

  private static func isFinished(_ status: JSONValue) -> Bool { isTrue("Complete", status) || isTrue("Failed", status) }

  private func refuse(_ words: String, _ findings: inout Findings) {
    findings.invalid(path.child("conditions"), nil, words)
  }

  // MARK: - The rules

  /// Pods that have ended and are not counted yet: each once.
  private func uncounted(_ findings: inout Findings) {
    let path = path.child("uncountedTerminatedPods")
    var seen: Set<String> = []
    for list in ["succeeded", "failed"] {
      for (index, uid) in (status["uncountedTerminatedPods"]?.items(list) ?? []).enumerated() {
        let path = path.child(list).index(index)
        let text = uid.stringValue ?? ""
        if text.isEmpty {
          findings.invalid(path, "", "must not be empty")
        } else if !seen.insert(text).inserted {
          findings.add(.duplicate(path, uid))
        }
      }
    }
  }

  private func completion(_ findings: inout Findings) {
    let time = status["completionTime"]
    let path = path.child("completionTime")
    let isComplete = isTrue("Complete")
    let isJudged = turns("Complete") || changes("completionTime")
    if turns("Complete") || turns("Failed"), isComplete, isTrue("Failed") {
      refuse("cannot set Complete=True and Failed=true conditions", &findings)
    }
    if turns("Complete") || turns("FailureTarget"), isComplete, isTrue("FailureTarget") {
      refuse("cannot set Complete=True and FailureTarget=true conditions", &findings)
    }
    if isJudged, time != nil, !isComplete {
      findings.invalid(path, time, "cannot set completionTime when there is no Complete=True condition")
    }
    if isJudged, time == nil, isComplete {
      findings.required(path, "completionTime is required for Complete jobs")
    }
    if changes("startTime") || changes("completionTime"), let start = status.text("startTime").time,
      let end = status.text("completionTime").time, end < start
    {
      findings.invalid(path, time, "completionTime cannot be set before startTime")
    }
  }

  private func finish(_ findings: inout Findings) {
    if turns("Failed") || turns("FailureTarget"), isTrue("Failed"), !isTrue("FailureTarget") {
      refuse("cannot set Failed=True condition without the FailureTarget=true condition", &findings)
    }
    if turns("Complete") || turns("SuccessCriteriaMet"), isTrue("Complete"), !isTrue("SuccessCriteriaMet") {
      refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition", &findings)
    }
    guard Self.isFinished(status) else { return }
    let isNew = !Self.isFinished(before)
    if isNew || changes("active"), let active = status["active"]?.integerValue, active > 0 {
      findings.invalid(path.child("active"), .integer(active), "active>0 is invalid for finished job")
    }
    if isNew || changes("startTime"), !status.has("startTime") {
      findings.required(path.child("startTime"), "startTime is required for finished job")
    }
    let name = "uncountedTerminatedPods"
    guard isNew || changes(name), let pods = status[name] else { return }
    if !(pods.items("succeeded") + pods.items("failed")).isEmpty {
      findings.add(
        FieldError.invalid(
          path.child(name), InternalForm.of(pods, "batch.UncountedTerminatedPods"),
          "\(name) needs to be empty for finished job"
        ).inOrder)
    }
  }

  private func indexes(_ findings: inout Findings) {
    let completed = status.text("completedIndexes")
    let failed = status["failedIndexes"]?.stringValue
    let (completedPath, failedPath) = (path.child("completedIndexes"), path.child("failedIndexes"))
    let hasLimit = spec.has("backoffLimitPerIndex")
    if changes("completedIndexes"), let completions = spec["completions"]?.integerValue {
      parse(completed, "completedIndexes", completions, &findings)
    }
    if changes("failedIndexes"), let completions = spec["completions"]?.integerValue, hasLimit, let failed {
      parse(failed, "failedIndexes", completions, &findings)
    }
    if changes("completedIndexes"), !completed.isEmpty, spec.text("completionMode") != "Indexed" {
      findings.invalid(
        completedPath, .string(completed), "cannot set non-empty completedIndexes when non-indexed completion mode")
    }
    if changes("failedIndexes"), !hasLimit, let failed {
      findings.invalid(
        failedPath, .string(failed), "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
    }
    if changes("failedIndexes") || changes("completedIndexes"), let completions = spec["completions"]?.integerValue,
      let failed, let index = JobIndexes.overlap(completed, failed, below: completions)
    {
      findings.invalid(
        failedPath, .string(failed), "failedIndexes and completedIndexes overlap at index: \(index)")
    }
  }

  private func parse(_ text: String, _ name: String, _ completions: Int64, _ findings: inout Findings) {
    do { _ = try JobIndexes.count(text, below: completions) } catch {
      findings.invalid(path.child(name), .string(text), "error parsing \(name): \(error.text)")
    }
  }

  private func counts(_ findings: inout Findings) {
    let terminating = status["terminating"]?.integerValue ?? 0
    let isFinished = Self.isFinished(status)
    if isFinished != Self.isFinished(before) || changes("terminating"), terminating > 0, isFinished {
      findings.invalid(
        path.child("terminating"), .integer(terminating), "terminating>0 is invalid for finished job")
    }
    if changes("ready") || changes("active"), let ready = status["ready"]?.integerValue,
      ready > status["active"]?.integerValue ?? 0
    {
      findings.invalid(path.child("ready"), .integer(ready), "cannot set more ready pods than active")
    }
  }

  private func success(_ findings: inout Findings) {
    if isTrue("SuccessCriteriaMet"), isTrue("Failed") {
      refuse("cannot set SuccessCriteriaMet=True and Failed=true conditions", &findings)
    }
    if isTrue("SuccessCriteriaMet"), isTrue("FailureTarget") {
      refuse("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions", &findings)
    }
    if spec.has("successPolicy"), isTrue("Complete"), !isTrue("SuccessCriteriaMet") {
      refuse("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True", &findings)
    }
  }

  /// What has been reached stays.
  private func past(_ findings: inout Findings) {
    for type in ["Failed", "Complete", "FailureTarget"] where Self.isTrue(type, before) && !isTrue(type) {
      refuse("cannot disable the terminal \(type)=True condition", &findings)
    }
    // A job of which as many pods run as must succeed can be made smaller.
    let isElastic =
      spec.text("completionMode") == "Indexed" && (spec["completions"] ?? .null) == (spec["parallelism"] ?? .null)
    for name in isElastic ? ["failed"] : ["failed", "succeeded"]
    where status[name]?.integerValue ?? 0 < before[name]?.integerValue ?? 0 {
      findings.invalid(path.child(name), status[name] ?? 0, "cannot decrease the \(name) counter")
    }
    if let was = before["completionTime"], let time = status["completionTime"], was != time {
      findings.invalid(path.child("completionTime"), time, "completionTime cannot be mutated")
    }
    if let was = before["startTime"], was != status["startTime"], spec["suspend"] != true {
      findings.required(path.child("startTime"), "startTime cannot be removed for unsuspended job")
    }
    let (was, isMet) = (Self.isTrue("SuccessCriteriaMet", before), isTrue("SuccessCriteriaMet"))
    if was, !isMet { refuse("cannot disable the SuccessCriteriaMet=True condition", &findings) }
    if Self.isTrue("Complete", before), !was, isMet {
      refuse("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions", &findings)
    }
  }
}
