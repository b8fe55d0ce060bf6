import APIMachinery

/// Workloads that keep pods running: deployments, replica sets, stateful sets, daemon sets, replication controllers.
enum WorkloadValidation {
  static func validate(deployment new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    findings.notNegative(spec, "replicas", path)
    common(spec, "deployment", path, &findings)
    validate(strategy: spec["strategy"] ?? [:], path.child("strategy"), &findings)
    findings.notNegative(spec, "minReadySeconds", path)
    findings.notNegative(spec, "revisionHistoryLimit", path)
    if let seconds = spec["progressDeadlineSeconds"]?.integerValue {
      findings.notNegative(spec, "progressDeadlineSeconds", path)
      if seconds <= spec["minReadySeconds"]?.integerValue ?? 0 {
        findings.invalid(
          path.child("progressDeadlineSeconds"), .integer(seconds), "must be greater than minReadySeconds")
      }
    }
  }

  private static func validate(strategy: JSONValue, _ strategyPath: FieldPath, _ findings: inout Findings) {
    if strategy.text("type") == "Recreate" {
      if strategy.has("rollingUpdate") {
        findings.forbidden(
          strategyPath.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")
      }
    } else if strategy.text("type") == "RollingUpdate" {
      guard let update = strategy["rollingUpdate"] else {
        return findings.required(
          strategyPath.child("rollingUpdate"), "this should be defaulted and never be nil")
      }
      let path = strategyPath.child("rollingUpdate")
      share(update["maxUnavailable"], path.child("maxUnavailable"), &findings)
      share(update["maxSurge"], path.child("maxSurge"), &findings)
      if isZero(update["maxUnavailable"]), isZero(update["maxSurge"]) {
        findings.invalid(
          path.child("maxUnavailable"), update["maxUnavailable"], "may not be 0 when `maxSurge` is 0")
      }
      notAboveHundred(update["maxUnavailable"], path.child("maxUnavailable"), &findings)
    } else {
      findings.add(
        FieldError.notSupported(
          strategyPath, InternalForm.of(strategy, "apps.DeploymentStrategy"), ["Recreate", "RollingUpdate"]
        ).inOrder)
    }
  }

  static func validate(replicaSet new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    findings.notNegative(spec, "replicas", FieldPath("spec"))
    findings.notNegative(spec, "minReadySeconds", FieldPath("spec"))
    common(spec, "deployment", FieldPath("spec"), &findings)
  }

  static func validate(replicationController new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    findings.notNegative(spec, "replicas", path)
    findings.notNegative(spec, "minReadySeconds", path)
    let selector = spec["selector"]?.objectValue ?? [:]
    if selector.isEmpty { findings.required(path.child("selector")) }
    guard let template = spec["template"] else { return findings.required(path.child("template")) }
    let labels = template["metadata"]?["labels"]
    if !selector.isEmpty, !SelectorValidation.matches(map: spec["selector"], labels) {
      findings.invalid(
        path.child("template", "metadata", "labels"), labels ?? .null, "`selector` does not match template `labels`")
    }
    self.template(template, "replicationcontroller", path.child("template"), &findings)
  }

  static func validate(daemonSet new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    if let old { findings.immutable(spec["selector"], old["spec"]?["selector"], path.child("selector")) }
    common(spec, "daemonset", path, &findings)
    findings.notNegative(spec, "minReadySeconds", path)
    let strategy = spec["updateStrategy"] ?? [:]
    let strategyPath = path.child("updateStrategy")
    if !["OnDelete", "RollingUpdate"].contains(strategy.text("type")) {
      findings.passOver(below: strategyPath)
      findings.add(
        FieldError.notSupported(
          strategyPath, InternalForm.of(strategy, "apps.DaemonSetUpdateStrategy"), ["RollingUpdate", "OnDelete"]
        ).inOrder)
    }
    if strategy.text("type") == "RollingUpdate" {
      guard let update = strategy["rollingUpdate"] else {
        return findings.required(strategyPath.child("rollingUpdate"))
      }
      let path = strategyPath.child("rollingUpdate")
      share(update["maxUnavailable"], path.child("maxUnavailable"), &findings)
      share(update["maxSurge"], path.child("maxSurge"), &findings)
      let hasUnavailable = !isZero(update["maxUnavailable"])
      let hasSurge = !isZero(update["maxSurge"])
      if hasUnavailable, hasSurge {
        findings.invalid(path.child("maxSurge"), update["maxSurge"], "may not be set when maxUnavailable is non-zero")
      } else if !hasUnavailable, !hasSurge {
        findings.required(path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0")
      }
      notAboveHundred(update["maxUnavailable"], path.child("maxUnavailable"), &findings)
      notAboveHundred(update["maxSurge"], path.child("maxSurge"), &findings)
    }
    findings.notNegative(spec, "revisionHistoryLimit", path)
  }

  static func validate(statefulSet new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    let management = spec.text("podManagementPolicy")
    if !["OrderedReady", "Parallel"].contains(management) {
      findings.invalid(
        path.child("podManagementPolicy"), .string(management), "must be 'OrderedReady' or 'Parallel'")
    }
    let strategy = spec["updateStrategy"] ?? [:]
    let strategyPath = path.child("updateStrategy")
    switch strategy.text("type") {
    case "OnDelete":
      if strategy.has("rollingUpdate") {
        findings.invalid(
          strategyPath.child("rollingUpdate"),
          inOrder: InternalForm.of(strategy["rollingUpdate"] ?? [:], "apps.RollingUpdateStatefulSetStrategy"),
          "only allowed for updateStrategy 'RollingUpdate'")
      }
    case "RollingUpdate":
      let update = strategy["rollingUpdate"] ?? [:]
      findings.notNegative(update, "partition", strategyPath.child("rollingUpdate"))
      if let number = update["maxUnavailable"] {
        let path = strategyPath.child("rollingUpdate", "maxUnavailable")
        share(number, path, &findings)
        if isZero(number) { findings.invalid(path, number, "cannot be 0") }
        notAboveHundred(number, path, &findings)
      }
    default:
      findings.passOver(below: strategyPath)
      findings.add(
        FieldError.invalid(
          strategyPath, InternalForm.of(strategy, "apps.StatefulSetUpdateStrategy"),
          "must be 'RollingUpdate' or 'OnDelete'"
        ).inOrder)
    }
    if let policy = spec["persistentVolumeClaimRetentionPolicy"] {
      for name in ["whenDeleted", "whenScaled"] {
        findings.listed(policy, name, ["Retain", "Delete"], path.child("persistentVolumeClaimRetentionPolicy"))
      }
    }
    // Claims of a set that exists can no longer be changed, whatever they are.
    if old == nil {
      for (index, claim) in spec.items("volumeClaimTemplates").enumerated() {
        let path = path.child("volumeClaimTemplates").index(index)
        ClaimValidation.validate(spec: claim["spec"] ?? [:], path.child("spec"), &findings)
        findings.passOver(below: path.child("status"))
      }
    } else {
      findings.passOver(below: path.child("volumeClaimTemplates"))
    }
    findings.notNegative(spec, "replicas", path)
    findings.notNegative(spec, "minReadySeconds", path)
    if let ordinals = spec["ordinals"] { findings.notNegative(ordinals, "start", path.child("ordinals")) }
    let service = spec.text("serviceName")
    if old == nil, !service.isEmpty {
      findings.invalid(path.child("serviceName"), .string(service), NameRules.dns1123Label(service))
    }
    common(asMade(spec), "statefulset", path, &findings)
    guard let old else { return }
    var masked = spec
    masked.editObject { object in
      for name in [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
      ] {
        object[name] = old["spec"]?[name]
      }
    }
    if masked != old["spec"] {
      findings.forbidden(
        path,
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
      )
    }
  }

  /// The pods of a set have a volume for each of their claims, which takes the place of one of the same name, and names of
  /// their own.
  private static func asMade(_ spec: JSONValue) -> JSONValue {
    var spec = spec
    spec.edit("template", "spec") { pod in
      pod.editObject { members in for name in ["hostname", "subdomain"] { members[name] = nil } }
    }
    var names: [String] = []
    for claim in spec.items("volumeClaimTemplates") {
      let name = claim.text("metadata", "name")
      if !names.contains(name) { names.append(name) }
    }
    guard !names.isEmpty else { return spec }
    spec.edit("template", "spec") { pod in
      let others = pod.items("volumes").filter { !names.contains($0.text("name")) }
      let claims = names.map { name in
        JSONValue.object(["name": .string(name), "persistentVolumeClaim": ["claimName": .string(name)]])
      }
      pod.editObject { $0["volumes"] = .array(others + claims) }
    }
    return spec
  }

  // MARK: - What they share

  private static func common(
    _ spec: JSONValue, _ word: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let selector = spec["selector"]
    if selector?.isNull ?? true, word != "daemonset" { findings.required(path.child("selector")) }
    SelectorValidation.validate(selector, path.child("selector"), &findings)
    if selector?.objectValue != nil, SelectorValidation.isEmpty(selector) {
      findings.invalid(path.child("selector"), selector, "empty selector is invalid for \(word)")
    }
    guard let template = spec["template"] else { return }
    // What a selector chooses that does not parse is not asked; only a daemon set's template is judged all the same.
    let parses = SelectorValidation.parses(selector)
    if !parses, word != "daemonset" {
      findings.passOver(below: path.child("template"))
      findings.invalid(path.child("selector"), selector, word == "statefulset" ? "" : "invalid label selector")
      if word == "statefulset" { lasting(template, word, path.child("template"), &findings) }
      return
    }
    // A selector that is not there chooses nothing.
    if parses, selector?.isNull ?? true || !SelectorValidation.isEmpty(selector) {
      let labels = template["metadata"]?["labels"]
      if !SelectorValidation.matches(selector, labels) {
        findings.invalid(
          path.child("template", "metadata", "labels"), labels ?? .null,
          "`selector` does not match template `labels`")
      }
    }
    self.template(template, word, path.child("template"), &findings)
  }

  private static func template(
    _ template: JSONValue, _ word: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    PodValidation.validate(template: template, path, &findings)
    lasting(template, word, path, &findings)
  }

  /// The pods run for ever.
  private static func lasting(_ template: JSONValue, _ word: String, _ path: FieldPath, _ findings: inout Findings) {
    let policy = template["spec"]?.text("restartPolicy") ?? ""
    if !policy.isEmpty, policy != "Always" {
      findings.add(.notSupported(path.child("spec", "restartPolicy"), .string(policy), ["Always"]))
    }
    if template["spec"]?.has("activeDeadlineSeconds") == true {
      let kinds = [
        "daemonset": "DaemonSet", "statefulset": "StatefulSet", "replicationcontroller": "ReplicationController",
      ]
      let kind = kinds[word] ?? "ReplicaSet"
      findings.forbidden(
        path.child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in \(kind) is not Supported")
    }
  }

  /// A number or a percentage.
  static func share(_ value: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    switch value {
    case .string(let text): findings.invalid(path, value, NameRules.percentage(text))
    case .integer(let number): if number < 0 { findings.invalid(path, value, Findings.notNegative) }
    case nil, .null: break
    default:
      findings.invalid(path, value, "must be an integer or percentage (e.g '5%%')")
    }
  }

  static func notAboveHundred(_ value: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard case .string(let text) = value, text.hasSuffix("%"), let number = Int(text.dropLast()), number > 100 else {
      return
    }
    findings.invalid(path, value, "must not be greater than 100%")
  }

  static func isZero(_ value: JSONValue?) -> Bool {
    switch value {
    case .integer(let number): number == 0
    // What is no number says nothing.
    case .string(let text): Int(text.hasSuffix("%") ? text.dropLast() : text[...]) ?? 0 == 0
    default: true
    }
  }
}
