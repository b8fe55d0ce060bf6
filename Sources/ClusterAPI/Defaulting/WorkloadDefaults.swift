import APIMachinery

extension Defaults {
  static func setDeployment(_ deployment: inout JSONValue) {
    deployment.edit("spec") { spec in
      setRollingUpdate("strategy", of: &spec, [("maxUnavailable", "25%"), ("maxSurge", "25%")])
      spec.edit("template") { setPodTemplate(&$0) }
    }
  }

  static func setDaemonSet(_ set: inout JSONValue) {
    set.edit("spec") { spec in
      setRollingUpdate("updateStrategy", of: &spec, [("maxUnavailable", 1), ("maxSurge", 0)])
      // Where they mean nothing they are zero.
      spec.edit("updateStrategy") { strategy in
        strategy.edit("rollingUpdate") { update in
          for name in ["maxUnavailable", "maxSurge"] { update.setDefault(name, 0) }
        }
      }
      spec.edit("template") { setPodTemplate(&$0) }
    }
    DaemonSetPreparation.setDefault(&set)
  }

  static func setStatefulSet(_ set: inout JSONValue) {
    set.edit("spec") { spec in
      let isSaid = spec["updateStrategy"]?.text("type").isEmpty == false
      setRollingUpdate("updateStrategy", of: &spec, [("partition", 0)], isMade: !isSaid)
      spec.setDefault(
        "persistentVolumeClaimRetentionPolicy", ["whenDeleted": "Retain", "whenScaled": "Retain"])
      spec.edit("template") { setPodTemplate(&$0) }
      spec.editItems(of: "volumeClaimTemplates") { claim in
        for (name, value) in [("apiVersion", "v1"), ("kind", "PersistentVolumeClaim")] where claim.text(name).isEmpty {
          claim.editObject { $0[name] = .string(value) }
        }
        claim.edit("spec") { setClaimSpec(&$0) }
        claim.edit("status") { $0.setDefault("phase", "Pending") }
      }
    }
  }

  /// A strategy that says nothing else updates a few pods at a time.
  /// - Parameter isMade: whether it says so where nothing of it is said.
  private static func setRollingUpdate(
    _ member: String, of spec: inout JSONValue, _ defaults: [(name: String, value: JSONValue)], isMade: Bool = true
  ) {
    spec.setDefault(member, [:])
    spec.edit(member) { strategy in
      strategy.setDefault("type", "RollingUpdate")
      guard strategy.text("type") == "RollingUpdate" else { return }
      if isMade { strategy.setDefault("rollingUpdate", [:]) }
      strategy.edit("rollingUpdate") { update in
        for (name, value) in defaults { update.setDefault(name, value) }
      }
    }
  }

  static func setJob(_ job: inout JSONValue) {
    let labels = job["spec"]?["template"]?["metadata"]?["labels"]
    job.edit("spec") { spec in
      // One pod, unless it is said how many shall succeed or run.
      if !spec.has("completions"), !spec.has("parallelism") {
        spec.setDefault("completions", 1)
      }
      spec.setDefault("parallelism", 1)
      spec.setDefault("backoffLimit", spec.has("backoffLimitPerIndex") ? .integer(Int64(Int32.max)) : 6)
      spec.setDefault("completionMode", "NonIndexed")
      spec.setDefault("suspend", false)
      spec.setDefault("manualSelector", false)
      spec.setDefault(
        "podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed")
      setJobTemplateSpec(&spec)
    }
    if let labels { job.edit("metadata") { $0.setDefault("labels", labels) } }
  }

  /// What the template of a CronJob gets too.
  static func setJobTemplateSpec(_ spec: inout JSONValue) { spec.edit("template") { setPodTemplate(&$0) } }

  static func setAutoscaler(_ autoscaler: inout JSONValue) {
    autoscaler.edit("spec") { spec in
      if spec.items("metrics").isEmpty {
        spec.editObject {
          $0["metrics"] = [
            [
              "type": "Resource",
              "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
            ]
          ]
        }
      }
      guard spec.has("behavior") else { return }
      spec.edit("behavior") { behavior in
        behavior.setDefault("scaleUp", [:])
        behavior.edit("scaleUp") { rules in
          rules.setDefault("stabilizationWindowSeconds", 0)
          setScalingRules(
            &rules,
            policies: [
              ["type": "Pods", "value": 4, "periodSeconds": 15],
              ["type": "Percent", "value": 100, "periodSeconds": 15],
            ])
        }
        behavior.setDefault("scaleDown", [:])
        behavior.edit("scaleDown") {
          setScalingRules(&$0, policies: [["type": "Percent", "value": 100, "periodSeconds": 15]])
        }
      }
    }
  }

  /// In the first version processor time is measured, unless an annotation says what else is.
  static func setFormerAutoscaler(_ autoscaler: inout JSONValue) {
    let isMeasured = autoscaler["metadata"]?["annotations"]?["autoscaling.alpha.kubernetes.io/metrics"] != nil
    guard !isMeasured else { return }
    autoscaler.edit("spec") { $0.setDefault("targetCPUUtilizationPercentage", 80) }
  }

  private static func setScalingRules(_ rules: inout JSONValue, policies: JSONValue) {
    rules.setDefault("selectPolicy", "Max")
    if rules["policies"]?.isNull ?? true { rules.editObject { $0["policies"] = policies } }
  }
}
