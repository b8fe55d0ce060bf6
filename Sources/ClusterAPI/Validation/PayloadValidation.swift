import APIMachinery

/// Objects that are sent to a subresource and stored nowhere, and what a node's agent reports of its drivers.
enum PayloadValidation {
  static func validate(scale new: JSONValue, _ findings: inout Findings) {
    findings.notNegative(new["spec"] ?? [:], "replicas", FieldPath("spec"))
  }

  static func validate(binding new: JSONValue, _ findings: inout Findings) {
    let target = new["target"] ?? [:]
    let path = FieldPath("target")
    let kind = target.text("kind")
    if !kind.isEmpty, kind != "Node" {
      findings.add(.notSupported(path.child("kind"), .string(kind), ["Node", "<empty>"]))
    }
    if target.text("name").isEmpty { findings.required(path.child("name")) }
  }

  static func validate(tokenRequest new: JSONValue, _ findings: inout Findings) {
    let path = FieldPath("spec", "expirationSeconds")
    let seconds = new["spec"]?["expirationSeconds"]?.integerValue ?? 0
    if seconds < 600 {
      findings.invalid(path, .integer(seconds), "may not specify a duration less than 10 minutes")
    }
    if seconds > 1 << 32 {
      findings.invalid(path, .integer(seconds), "may not specify a duration larger than 2^32 seconds")
    }
  }

  static func validate(driversOfNode new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    var names: Set<String> = []
    for (index, driver) in (new["spec"]?.items("drivers") ?? []).enumerated() {
      let path = FieldPath("spec", "drivers").index(index)
      let name = driver.text("name")
      if !name.isEmpty {
        StorageValidation.driverName(name, path.child("name"), &findings)
        if !names.insert(name).inserted { findings.add(.duplicate(path.child("name"), .string(name))) }
      }
      let identifier = driver.text("nodeID")
      if identifier.utf8.count > 256 {
        findings.invalid(path.child("nodeID"), .string(identifier), "must be 256 characters or less")
      }
      if let count = driver["allocatable"]?["count"]?.integerValue, count < 0 {
        findings.invalid(path.child("allocatable", "count"), .integer(count), Findings.notNegative)
      }
      // Upstream does not say which key it is.
      var keys: Set<JSONValue> = []
      for key in driver.items("topologyKeys") {
        if key == "" { findings.required(path) }
        if !keys.insert(key).inserted { findings.add(.duplicate(path, key)) }
        findings.invalid(path, key, NameRules.labelKey(key.stringValue ?? ""))
      }
    }
    let before = old?["spec"]?.items("drivers") ?? []
    for driver in new["spec"]?.items("drivers") ?? [] {
      guard let known = before.first(where: { $0.text("name") == driver.text("name") }) else { continue }
      findings.immutable(withoutCount(driver), withoutCount(known), FieldPath("spec", "drivers"))
    }
  }

  /// How many volumes a node takes may change (KEP-4876).
  private static func withoutCount(_ driver: JSONValue) -> JSONValue {
    var driver = driver
    driver.editObject { _ = $0.remove("allocatable") }
    return driver
  }
}
