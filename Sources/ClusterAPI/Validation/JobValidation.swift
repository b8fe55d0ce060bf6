import APIMachinery

/// Jobs and cron jobs.
enum JobValidation {
  static func validate(job new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    generatedLabels(new, old, path, &findings)
    validate(spec: spec, path, &findings)
    if spec.has("selector") {
      SelectorValidation.validate(spec["selector"], path.child("selector"), &findings)
    } else {
      findings.required(path.child("selector"))
    }
    // A selector that is not there chooses nothing.
    let labels = spec["template"]?["metadata"]?["labels"]
    if SelectorValidation.parses(spec["selector"]), !SelectorValidation.matches(spec["selector"], labels) {
      findings.invalid(
        path.child("template", "metadata", "labels"), labels ?? .null, "`selector` does not match template `labels`")
    }
    hostName(new, &findings)
    if let old { update(spec, old, path, &findings) }
  }

  /// What the server has made so that the job finds its pods stays so.
  private static func generatedLabels(
    _ job: JSONValue, _ old: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard job["spec"]?["manualSelector"] != true, let selector = job["spec"]?["selector"] else { return }
    let labels = job["spec"]?["template"]?["metadata"]?["labels"]
    let (uid, name) = (job.text("metadata", "uid"), job.text("metadata", "name"))
    var expected: JSONObject = [:]
    var made = [
      ("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name), ("controller-uid", uid),
      ("job-name", name),
    ]
    // Jobs of former versions had no others than the last two.
    if let old, let labels = old["spec"]?["template"]?["metadata"]?["labels"],
      !labels.has(made[0].0) || !labels.has(made[1].0)
    {
      made.removeFirst(2)
    }
    for (key, value) in made {
      expected[key] = .string(value)
      let path = path.child("template", "metadata", "labels").key(key)
      guard let found = labels?[key]?.stringValue else {
        findings.required(path, "must be '\(value)'")
        continue
      }
      if found != value { findings.invalid(path, .string(found), "must be '\(value)'") }
    }
    if SelectorValidation.parses(selector), !SelectorValidation.matches(selector, .object(expected)) {
      findings.invalid(path.child("selector"), selector, "`selector` not auto-generated")
    }
  }

  /// The pod of each index is named after the job, and has that name as its host's.
  private static func hostName(_ job: JSONValue, _ findings: inout Findings) {
    guard job["spec"]?.text("completionMode") == "Indexed", let count = job["spec"]?["completions"]?.integerValue,
      count > 0
    else { return }
    let name = job.text("metadata", "name")
    let last = "\(name)-\(count - 1)"
    if !NameRules.dns1123Label(last).isEmpty {
      findings.invalid(
        FieldPath("metadata", "name"), .string(name),
        "will not able to create pod with invalid DNS label: \(last)")
    }
  }

  /// A job that is suspended and has no pods may still be sent elsewhere, and be given other resources.
  private static func isMutable(_ job: JSONValue) -> Bool {
    let status = job["status"]
    let isSuspended = (status?.items("conditions") ?? []).contains {
      $0.text("type") == "Suspended" && $0.text("status") == "True"
    }
    return job["spec"]?["suspend"] == true && (status?["active"]?.integerValue ?? 0) == 0
      && (status?.has("startTime") != true || isSuspended)
  }

  private static func update(_ new: JSONValue, _ oldJob: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let old = oldJob["spec"] ?? [:]
    if new.text("completionMode") != "Indexed" {
      findings.immutable(new["completions"], old["completions"], path.child("completions"))
    } else if new.has("completions"), new["completions"] != old["completions"],
      new["completions"] != new["parallelism"]
    {
      findings.invalid(
        path.child("completions"), new["completions"],
        "can only be modified in tandem with \(path.child("parallelism"))")
    }
    findings.immutable(new["selector"], old["selector"], path.child("selector"))
    if isMutable(oldJob) {
      let before = old["template"]?["spec"] ?? [:]
      // Of the metadata nothing is held.
      let spec = held(new["template"]?["spec"] ?? [:], before)
      if spec != before {
        findings.immutable(
          new["template"]?["spec"], before, path.child("template.spec"), shownAs: "core.PodSpec")
      }
    } else {
      findings.immutable(new["template"], old["template"], path.child("template"), shownAs: "core.PodTemplateSpec")
    }
    findings.immutable(new["completionMode"], old["completionMode"], path.child("completionMode"))
    findings.immutable(
      new["podFailurePolicy"], old["podFailurePolicy"], path.child("podFailurePolicy"),
      shownAs: "batch.PodFailurePolicy")
    for name in ["backoffLimitPerIndex", "managedBy"] { findings.immutable(new[name], old[name], path.child(name)) }
    findings.immutable(
      new["successPolicy"], old["successPolicy"], path.child("successPolicy"), shownAs: "batch.SuccessPolicy")
  }

  /// A pod's spec as it would be were it not for what may change.
  private static func held(_ spec: JSONValue, _ before: JSONValue) -> JSONValue {
    var spec = spec
    for list in ["containers", "initContainers"] where spec.items(list).count == before.items(list).count {
      var known = before.items(list)[...]
      spec.editItems(of: list) { container in
        let was = known.removeFirst()
        guard was.text("name") == container.text("name") else { return }
        container.editObject { $0["resources"] = was["resources"] }
      }
    }
    spec.editObject { object in
      for name in ["nodeSelector", "tolerations", "schedulingGates"] { object[name] = before[name] }
    }
    maskNodeAffinity(&spec, before)
    return spec
  }

  /// Which nodes are meant may change, and which pods are near may not.
  private static func maskNodeAffinity(_ spec: inout JSONValue, _ old: JSONValue?) {
    guard spec.has("affinity") || old?.has("affinity") == true else { return }
    spec.setDefault("affinity", [:])
    spec.edit("affinity") { $0.editObject { $0["nodeAffinity"] = old?["affinity"]?["nodeAffinity"] } }
    if old?.has("affinity") != true, spec["affinity"]?.objectValue?.isEmpty == true {
      spec.editObject { _ = $0.remove("affinity") }
    }
  }

  static func validate(spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for name in [
      "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
      "backoffLimitPerIndex", "maxFailedIndexes",
    ] {
      findings.notNegative(spec, name, path)
    }
    if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
      findings.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
    }
    if let name = spec["managedBy"]?.stringValue {
      for error in DomainPrefixedPath.errors(of: name, path.child("managedBy")) { findings.add(error) }
      if name.utf8.count > 63 { findings.add(.tooLong(path.child("managedBy"), maximumBytes: 63)) }
    }
    findings.listed(spec, "completionMode", ["NonIndexed", "Indexed"], path)
    let isIndexed = spec.text("completionMode") == "Indexed"
    if isIndexed {
      if !spec.has("completions") {
        findings.required(path.child("completions"), "when completion mode is Indexed")
      }
      if let number = spec["parallelism"]?.integerValue, number > 100_000 {
        findings.invalid(
          path.child("parallelism"), .integer(number),
          "must be less than or equal to 100000 when completion mode is Indexed")
      }
      limits(spec, path, &findings)
    }
    // Of a mode that there is not nothing more is said.
    for name in ["backoffLimitPerIndex", "maxFailedIndexes"]
    where spec.has(name) && ["", "NonIndexed"].contains(spec.text("completionMode")) {
      findings.invalid(path.child(name), spec[name], "requires indexed completion mode")
    }
    failurePolicy(spec, path.child("podFailurePolicy"), &findings)
    if spec.has("successPolicy") {
      let policy = path.child("successPolicy")
      let rules = spec["successPolicy"]?.items("rules") ?? []
      if !isIndexed {
        findings.add(
          FieldError.invalid(
            policy, InternalForm.of(spec["successPolicy"] ?? [:], "batch.SuccessPolicy"),
            "requires indexed completion mode"
          ).inOrder)
        findings.passOver(below: policy)
      } else if rules.isEmpty {
        findings.required(
          policy.child("rules"), "at least one rules must be specified when the successPolicy is specified")
      } else {
        JobSuccessPolicy.validate(spec, policy.child("rules"), &findings)
      }
    }
    findings.supportedIfGiven(
      spec, "podReplacementPolicy", spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"], path)
    guard let template = spec["template"] else { return }
    PodValidation.validate(template: template, path.child("template"), &findings)
    let policyPath = path.child("template", "spec", "restartPolicy")
    switch template["spec"]?.text("restartPolicy") ?? "" {
    case "", "Always":
      findings.required(policyPath, "valid values: \"OnFailure\", \"Never\"")
    case "OnFailure":
      if spec.has("podFailurePolicy") {
        findings.invalid(
          policyPath, "OnFailure", "only \"Never\" is supported when podFailurePolicy is specified")
      }
    case "Never": break
    case let other: findings.add(.notSupported(policyPath, .string(other), ["OnFailure", "Never"]))
    }
  }

  /// Jobs of very many indexes may only fail and run so much at a time.
  private static func limits(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let completions = spec["completions"]?.integerValue else { return }
    let failed = spec["maxFailedIndexes"]?.integerValue
    if let failed, failed > completions {
      findings.invalid(
        path.child("maxFailedIndexes"), .integer(failed), "must be less than or equal to completions")
    }
    if let failed, failed > 100_000 {
      findings.invalid(path.child("maxFailedIndexes"), .integer(failed), "must be less than or equal to 100000")
    }
    guard completions > 100_000, spec.has("backoffLimitPerIndex") else { return }
    let words = "when completions are above 100000 and used with backoff limit per index"
    if failed == nil {
      findings.required(path.child("maxFailedIndexes"), "must be specified when completions is above 100000")
    }
    if let count = spec["parallelism"]?.integerValue, count > 10_000 {
      findings.invalid(path.child("parallelism"), .integer(count), "must be less than or equal to 10000 \(words)")
    }
    if let failed, failed > 10_000 {
      findings.invalid(
        path.child("maxFailedIndexes"), .integer(failed), "must be less than or equal to 10000 \(words)")
    }
  }

  private static func failurePolicy(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let policy = spec["podFailurePolicy"] else { return }
    let rules = policy.items("rules")
    if rules.count > 20 { findings.add(.tooMany(path.child("rules"), count: rules.count, maximum: 20)) }
    let names = Set(
      ((spec["template"]?["spec"]?.items("containers") ?? [])
        + (spec["template"]?["spec"]?.items("initContainers") ?? []))
        .map { $0.text("name") })
    for (index, rule) in rules.enumerated() {
      let path = path.child("rules").index(index)
      if rule.text("action").isEmpty {
        findings.required(path.child("action"), #"valid values: ["Count" "FailIndex" "FailJob" "Ignore"]"#)
      }
      if rule.text("action") == "FailIndex", !spec.has("backoffLimitPerIndex") {
        findings.invalid(path.child("action"), "FailIndex", "requires the backoffLimitPerIndex to be set")
      }
      let conditions = rule.items("onPodConditions")
      if let codes = rule["onExitCodes"] {
        let path = path.child("onExitCodes")
        let values = codes.items("values")
        if codes.text("operator").isEmpty {
          findings.required(path.child("operator"), #"valid values: ["In" "NotIn"]"#)
        }
        findings.supported(codes, "operator", ["In", "NotIn"], path)
        if let name = codes["containerName"]?.stringValue, !names.contains(name) {
          findings.invalid(
            path.child("containerName"), .string(name),
            "must be one of the container or initContainer names in the pod template")
        }
        if values.isEmpty {
          findings.invalid(path.child("values"), codes["values"] ?? .null, "at least one value is required")
        }
        if values.count > 255 { findings.add(.tooMany(path.child("values"), count: values.count, maximum: 255)) }
        var seen: Set<JSONValue> = []
        for (position, value) in values.enumerated() {
          let path = path.child("values").index(position)
          if value == 0, codes.text("operator") == "In" {
            findings.invalid(path, 0, "must not be 0 for the In operator")
          }
          if !seen.insert(value).inserted { findings.add(.duplicate(path, value)) }
        }
        let numbers = values.compactMap(\.integerValue)
        if numbers != numbers.sorted() {
          findings.invalid(path.child("values"), codes["values"], "must be ordered")
        }
      }
      if conditions.count > 20 {
        findings.add(.tooMany(path.child("onPodConditions"), count: conditions.count, maximum: 20))
      }
      for (position, condition) in conditions.enumerated() {
        let path = path.child("onPodConditions").index(position)
        let type = condition.text("type")
        findings.invalid(path.child("type"), .string(type), NameRules.labelKey(type))
        findings.supported(condition, "status", ["False", "True", "Unknown"], path)
      }
      switch (rule["onExitCodes"], conditions.isEmpty) {
      case (nil, true):
        findings.invalid(path, nil, "specifying one of OnExitCodes and OnPodConditions is required")
      case (_?, false):
        findings.invalid(path, nil, "specifying both OnExitCodes and OnPodConditions is not supported")
      default: break
      }
    }
  }

  // MARK: - Cron jobs

  static func validate(cronJob new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    // Those with longer names from the time before can still be changed.
    if old == nil, new.text("metadata", "name").utf8.count > 52 {
      findings.invalid(
        FieldPath("metadata", "name"), new["metadata"]?["name"], "must be no more than 52 characters")
    }
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    let schedule = spec.text("schedule")
    if !schedule.isEmpty {
      if let problem = CronRules.problem(schedule) {
        findings.invalid(path.child("schedule"), .string(schedule), problem)
      }
      if schedule.contains("TZ") {
        if old?["spec"]?.text("schedule").contains("TZ") != true {
          findings.invalid(
            path.child("schedule"), .string(schedule),
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        } else if spec.has("timeZone") {
          findings.invalid(
            path.child("schedule"), .string(schedule),
            "cannot use both timeZone field and TZ or CRON_TZ in schedule")
        }
      }
    }
    if let zone = spec["timeZone"]?.stringValue, zone != old?["spec"]?["timeZone"]?.stringValue {
      if zone.isEmpty {
        findings.invalid(path.child("timeZone"), "", "timeZone must be nil or non-empty string")
      } else if zone.lowercased() == "local" {
        findings.invalid(
          path.child("timeZone"), .string(zone),
          "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
      } else if !TimeZoneNames.isKnown(zone) {
        findings.invalid(path.child("timeZone"), .string(zone), "unknown time zone \(zone)")
      }
    }
    for name in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
      findings.notNegative(spec, name, path)
    }
    guard let template = spec["jobTemplate"] else { return }
    let templatePath = path.child("jobTemplate")
    guard let job = template["spec"] else { return }
    validate(spec: job, templatePath.child("spec"), &findings)
    if job.has("selector") {
      findings.invalid(templatePath.child("spec", "selector"), job["selector"], "`selector` will be auto-generated")
    }
    if job["manualSelector"] == true {
      findings.add(
        .notSupported(templatePath.child("spec", "manualSelector"), true, ["nil", "false"]))
    }
  }
}
