import APIMachinery

/// Claims to devices, templates of them, and classes of devices ("Dynamic Resource Allocation").
enum DeviceClaimValidation {
  private static let anyRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

  // MARK: - Kinds

  /// What a claim asks for cannot change, and is not judged again.
  static func validate(claim new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    if let old {
      findings.immutable(new["spec"], old["spec"], FieldPath("spec"), shownAs: "resource.ResourceClaimSpec")
      // What cannot be is not judged.
      return findings.passOver(below: FieldPath("spec"))
    }
    validate(devices: new["spec"]?["devices"] ?? [:], FieldPath("spec", "devices"), &findings)
  }

  static func validate(template new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    MetadataValidation.template(new["spec"]?["metadata"], FieldPath("spec", "metadata"), &findings)
    validate(devices: new["spec"]?["spec"]?["devices"] ?? [:], FieldPath("spec", "spec", "devices"), &findings)
    if let old {
      findings.immutable(new["spec"], old["spec"], FieldPath("spec"), shownAs: "resource.ResourceClaimTemplateSpec")
    }
  }

  /// Selectors and settings that are as they were are good still.
  static func validate(deviceClass new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    func isStored(_ name: String) -> Bool { old?["spec"]?[name] == spec[name] && spec.has(name) }
    selectors(spec, path, isStored: isStored("selectors"), &findings)
    let isStored = isStored("config")
    each(spec, "config", maximum: 32, path, &findings) { configuration($0, isStored: isStored, $1, &$2) }
    guard let name = spec["extendedResourceName"]?.stringValue, !ResourceValidation.isExtended(name) else { return }
    findings.invalid(
      path.child("extendedResourceName"), .string(name), "must be a valid extended resource name")
  }

  // MARK: - What is asked for

  /// The requests of a claim, each with the names of its alternatives.
  static func requests(of claim: JSONValue) -> [String: Set<String>] {
    var names: [String: Set<String>] = [:]
    for request in claim["spec"]?["devices"]?.items("requests") ?? [] {
      names[request.text("name")] = Set(request.items("firstAvailable").map { $0.text("name") })
    }
    return names
  }

  private static func validate(devices: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let names = requests(of: ["spec": ["devices": devices]])
    each(devices, "requests", maximum: 32, path, &findings) { request($0, $1, &$2) }
    unique(devices, "requests", path, &findings) { $0.text("name") }
    each(devices, "constraints", maximum: 32, path, &findings) { constraint, path, findings in
      references(constraint, names, path, &findings)
      if let attribute = constraint["matchAttribute"]?.stringValue {
        DeviceNameRules.fullyQualified(attribute, path.child("matchAttribute"), &findings)
      } else if let attribute = constraint["distinctAttribute"]?.stringValue {
        DeviceNameRules.fullyQualified(attribute, path.child("distinctAttribute"), &findings)
      } else {
        findings.required(
          path,
          #"exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set"#)
      }
    }
    each(devices, "config", maximum: 32, path, &findings) { one, path, findings in
      references(one, names, path, &findings)
      configuration(one, path, &findings)
    }
  }

  private static func request(_ request: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    name(of: request, path, &findings)
    switch (request["exactly"], request.items("firstAvailable").isEmpty) {
    case (nil, true): findings.required(path, "exactly one of `exactly` or `firstAvailable` is required")
    case (_?, false):
      findings.invalid(
        path, .null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set")
      for name in ["exactly", "firstAvailable"] { findings.passOver(below: path.child(name)) }
    case (nil, false):
      each(request, "firstAvailable", maximum: 8, path, &findings) { one, path, findings in
        name(of: one, path, &findings)
        choice(one, path, &findings)
      }
      unique(request, "firstAvailable", path, &findings) { $0.text("name") }
    case (let exactly?, true): choice(exactly, path.child("exactly"), &findings)
    }
  }

  private static func name(of request: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = request.text("name")
    findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
  }

  private static func choice(_ request: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let name = request.text("deviceClassName")
    if name.isEmpty {
      findings.required(path.child("deviceClassName"))
    } else {
      findings.invalid(path.child("deviceClassName"), .string(name), NameRules.dns1123Subdomain(name))
    }
    selectors(request, path, &findings)
    let count = request["count"]?.integerValue ?? 0
    switch request.text("allocationMode") {
    case "ExactCount" where count <= 0:
      findings.invalid(path.child("count"), .integer(count), "must be greater than zero")
    case "All" where count != 0:
      findings.invalid(
        path.child("count"), .integer(count), "must not be specified when allocationMode is 'All'")
    default: break
    }
    tolerations(request, path, &findings)
  }

  static func tolerations(_ object: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (index, toleration) in object.items("tolerations").enumerated() {
      let path = path.child("tolerations").index(index)
      let (key, value) = (toleration.text("key"), toleration.text("value"))
      if !key.isEmpty { findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key)) }
      switch toleration.text("operator") {
      case "Exists" where !value.isEmpty:
        findings.invalid(path.child("value"), .string(value), "must be empty for operator `Exists`")
      case "Equal": findings.invalid(path.child("value"), .string(value), NameRules.labelValue(value))
      default: break
      }
    }
  }

  private static func selectors(
    _ object: JSONValue, _ path: FieldPath, isStored: Bool = false, _ findings: inout Findings
  ) {
    each(object, "selectors", maximum: 32, path, &findings) { selector, path, findings in
      guard let condition = selector["cel"], !condition.isNull else { return findings.required(path.child("cel")) }
      guard !isStored else { return }
      DeviceExpressions.validate(condition.text("expression"), path.child("cel", "expression"), &findings)
    }
  }

  /// Names of requests, or of a request and one of its alternatives.
  static func references(
    _ object: JSONValue, _ names: [String: Set<String>], _ path: FieldPath, _ findings: inout Findings
  ) {
    each(object, "requests", maximum: 32, path, &findings) { reference, path, findings in
      Self.reference(reference.stringValue ?? "", names, path, &findings)
    }
    unique(object, "requests", path, &findings) { $0.stringValue ?? "" }
  }

  static func reference(
    _ name: String, _ names: [String: Set<String>], _ path: FieldPath, _ findings: inout Findings
  ) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count <= 2 else { return findings.invalid(path, .string(name), anyRequest) }
    for part in parts { findings.invalid(path, .string(part), NameRules.dns1123Label(part)) }
    guard let alternatives = names[parts[0]], parts.count == 1 || alternatives.contains(parts[1]) else {
      return findings.invalid(path, .string(name), anyRequest)
    }
  }

  /// Settings that a driver understands.
  /// - Parameter isStored: they were there before, when they may have been larger.
  static func configuration(
    _ object: JSONValue, isStored: Bool = false, _ path: FieldPath, _ findings: inout Findings
  ) {
    let path = path.child("opaque")
    guard let opaque = object["opaque"], !opaque.isNull else { return findings.required(path) }
    let driver = opaque.text("driver")
    if driver.isEmpty {
      findings.required(path.child("driver"))
    } else {
      StorageValidation.driverName(driver, path.child("driver"), &findings)
    }
    raw(opaque["parameters"], isStored: isStored, path.child("parameters"), &findings)
  }

  static func raw(_ value: JSONValue?, isStored: Bool = false, _ path: FieldPath, _ findings: inout Findings) {
    guard let value, !value.isNull else { return findings.required(path) }
    if !isStored, value.jsonText(sortedKeys: false).utf8.count > 10 * 1024 {
      findings.add(.tooLong(path, maximumBytes: 10 * 1024))
    } else if value.objectValue == nil {
      findings.invalid(path, "<value omitted>", "must be a valid JSON object")
    }
  }

  // MARK: - Lists

  /// Judges the items of a list; one that is too long is not looked into.
  static func each(
    _ object: JSONValue, _ name: String, maximum: Int, _ path: FieldPath, _ findings: inout Findings,
    _ judge: (JSONValue, FieldPath, inout Findings) -> Void
  ) {
    let (items, path) = (object.items(name), path.child(name))
    guard items.count <= maximum else {
      return findings.add(.tooMany(path, count: items.count, maximum: maximum))
    }
    for (index, item) in items.enumerated() { judge(item, path.index(index), &findings) }
  }

  /// No two items have the same key.
  static func unique(
    _ object: JSONValue, _ name: String, _ path: FieldPath, _ findings: inout Findings,
    key: (JSONValue) -> String
  ) {
    var keys: Set<String> = []
    for (index, item) in object.items(name).enumerated() {
      let key = key(item)
      if !keys.insert(key).inserted { findings.add(.duplicate(path.child(name).index(index), .string(key))) }
    }
  }
}
