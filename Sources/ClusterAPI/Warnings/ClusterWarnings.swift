import APIMachinery

/// Warnings about kinds that have few.
enum ClusterWarnings {
  static func node(_ node: JSONValue, _ warnings: inout Warnings) {
    if node["spec"]?.has("configSource") == true { warnings.add("spec.configSource: the feature is removed") }
    if !node.text("spec", "externalID").isEmpty {
      warnings.add("spec.externalID: this field is deprecated, and is unused by Kubernetes")
    }
  }

  static func account(_ account: JSONValue, _ warnings: inout Warnings) {
    let name = "kubernetes.io/enforce-mountable-secrets"
    guard account["metadata"]?["annotations"]?.has(name) == true else { return }
    warnings.add(
      FieldPath("metadata", "annotations").key(name),
      "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")
  }

  static func ingress(_ ingress: JSONValue, _ warnings: inout Warnings) {
    let name = "kubernetes.io/ingress.class"
    guard ingress["metadata"]?["annotations"]?.has(name) == true, ingress["spec"]?.has("ingressClassName") != true
    else {
      return
    }
    warnings.add("annotation \(name.goQuoted) is deprecated, please use 'spec.ingressClassName' instead")
  }

  static func slice(_ slice: JSONValue, _ warnings: inout Warnings) {
    let driver = slice.text("spec", "driver")
    guard driver != driver.lowercased() else { return }
    warnings.add(
      FieldPath("spec", "driver"),
      "driver names should be lowercase; \(driver.goQuoted) contains uppercase characters")
  }

  static func runtimeClass(_ object: JSONValue, _ warnings: inout Warnings) {
    for (label, _) in MetadataValidation.sorted(object["scheduling"]?["nodeSelector"]) {
      if let word = OldNodeLabels.word(label) { warnings.add(FieldPath("scheduling", "nodeSelector"), word) }
    }
  }
}
