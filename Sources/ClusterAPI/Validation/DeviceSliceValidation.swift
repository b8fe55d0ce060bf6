import APIMachinery

/// The devices that a driver offers ("Dynamic Resource Allocation", ResourceSlice).
enum DeviceSliceValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let driver = spec.text("driver")
    if !driver.isEmpty { StorageValidation.driverName(driver, path.child("driver"), &findings) }
    pool(spec["pool"] ?? [:], path.child("pool"), &findings)
    if let before = old?["spec"] {
      findings.immutable(spec["pool"]?["name"] ?? "", before["pool"]?["name"], path.child("pool", "name"))
      findings.immutable(spec["driver"] ?? "", before["driver"], path.child("driver"))
      findings.immutable(spec["nodeName"], before["nodeName"], path.child("nodeName"))
    }
    places(spec, path, &findings)
    if spec.has("sharedCounters"), spec.has("devices") {
      findings.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed")
    }
    let isCosty = spec.items("devices").contains {
      !$0.items("taints").isEmpty || !$0.items("consumesCounters").isEmpty
    }
    let choosesNodes = spec["perDeviceNodeSelection"] == true
    let before = old?["spec"]?.items("devices") ?? []
    DeviceClaimValidation.each(spec, "devices", maximum: isCosty ? 64 : 128, path, &findings) { one, path, findings in
      device(one, before.first { $0["name"] == one["name"] }, choosesNodes: choosesNodes, path, &findings)
    }
    DeviceClaimValidation.unique(spec, "devices", path, &findings) { $0.text("name") }
    DeviceClaimValidation.each(spec, "sharedCounters", maximum: 8, path, &findings) {
      counters($0, name: "name", $1, &$2)
    }
    DeviceClaimValidation.unique(spec, "sharedCounters", path, &findings) { $0.text("name") }
  }

  private static func pool(_ pool: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    DeviceNameRules.pool(pool.text("name"), path.child("name"), &findings)
    let count = pool["resourceSliceCount"]?.integerValue ?? 0
    if count <= 0 {
      findings.invalid(path.child("resourceSliceCount"), .integer(count), "must be greater than zero")
    }
    if let generation = pool["generation"]?.integerValue, generation < 0 {
      findings.invalid(path.child("generation"), .integer(generation), "must be greater than or equal to zero")
    }
  }

  // MARK: - Nodes

  /// Judges the node or the selector of nodes that a slice or a device names.
  /// - Returns: which of the two are set.
  private static func nodes(
    _ value: JSONValue, _ path: FieldPath, emptyName rule: String, _ findings: inout Findings
  ) -> [String] {
    var set: [String] = []
    if let name = value["nodeName"]?.stringValue {
      if name.isEmpty {
        findings.invalid(path.child("nodeName"), "", rule)
      } else {
        set.append("`nodeName`")
        findings.invalid(path.child("nodeName"), .string(name), NameRules.dns1123Subdomain(name))
      }
    }
    if let selector = value["nodeSelector"], !selector.isNull {
      set.append("`nodeSelector`")
      SchedulingValidation.nodeSelector(selector, path.child("nodeSelector"), &findings)
    }
    return set
  }

  private static func places(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    var set = nodes(spec, path, emptyName: "must be either unset or set to a non-empty string", &findings)
    if let selector = spec["nodeSelector"], !selector.isNull {
      let terms = selector.items("nodeSelectorTerms")
      if terms.count != 1 {
        findings.invalid(
          path.child("nodeSelector", "nodeSelectorTerms"),
          selector.has("nodeSelectorTerms")
            ? .array(terms.map { InternalForm.of($0, "core.NodeSelectorTerm") }) : .null,
          "must have exactly one node selector term")
      }
    }
    for name in ["allNodes", "perDeviceNodeSelection"] { flag(spec, name, path, &set, &findings) }
    let rule = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
    switch set.count {
    case 0: findings.required(path, rule)
    case 1: break
    default: findings.invalid(path, .string(shown(set)), "\(rule), but multiple fields are set")
    }
  }

  private static func places(
    ofDevice device: JSONValue, choosesNodes: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard choosesNodes else {
      if ["nodeName", "nodeSelector", "allNodes"].contains(where: { device.has($0) }) {
        findings.invalid(
          path, .null,
          "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
        )
      }
      return
    }
    var set = nodes(device, path, emptyName: "must not be empty", &findings)
    flag(device, "allNodes", path, &set, &findings)
    let rule =
      "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
    switch set.count {
    case 0: findings.required(path, rule)
    case 1: break
    default: findings.invalid(path, .string(shown(set)), rule)
    }
  }

  private static func flag(
    _ object: JSONValue, _ name: String, _ path: FieldPath, _ set: inout [String], _ findings: inout Findings
  ) {
    switch object[name] {
    case true: set.append("`\(name)`")
    case false: findings.invalid(path.child(name), false, "must be either unset or set to true")
    default: break
    }
  }

  private static func shown(_ names: [String]) -> String { "{\(names.joined(separator: ", "))}" }

  // MARK: - Devices

  private static func device(
    _ device: JSONValue, _ old: JSONValue?, choosesNodes: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    let name = device.text("name")
    findings.invalid(path.child("name"), .string(name), NameRules.dns1123Label(name))
    let attributes = MetadataValidation.sorted(device["attributes"])
    let capacities = MetadataValidation.sorted(device["capacity"])
    let total = attributes.count + capacities.count
    if total > 32 {
      findings.invalid(
        path, .integer(Int64(total)), "the total number of attributes and capacities must not exceed 32")
    }
    for (name, value) in attributes {
      let path = path.child("attributes")
      DeviceNameRules.qualified(name, path, &findings)
      attribute(value, path.key(DeviceNameRules.shown(name)), &findings)
    }
    if old == nil || old?["capacity"] != device["capacity"] {
      for (name, value) in capacities {
        let path = path.child("capacity")
        DeviceNameRules.qualified(name, path, &findings)
        guard value.has("requestPolicy") else { continue }
        let place = path.key(DeviceNameRules.shown(name)).child("requestPolicy")
        if device["allowMultipleAllocations"] == true {
          CapacityPolicyValidation.validate(value, place, &findings)
        } else {
          findings.forbidden(place, "allowMultipleAllocations must be true")
        }
      }
    }
    DeviceClaimValidation.each(device, "taints", maximum: 16, path, &findings) { taint, path, findings in
      let (key, value) = (taint.text("key"), taint.text("value"))
      findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key))
      if !value.isEmpty { findings.invalid(path.child("value"), .string(value), NameRules.labelValue(value)) }
    }
    DeviceClaimValidation.each(device, "consumesCounters", maximum: 2, path, &findings) {
      counters($0, name: "counterSet", $1, &$2)
    }
    DeviceClaimValidation.unique(device, "consumesCounters", path, &findings) { $0.text("counterSet") }
    places(ofDevice: device, choosesNodes: choosesNodes, path, &findings)
    bindingConditions(device, path, &findings)
  }

  private static func attribute(_ value: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let members = ["int", "bool", "string", "version", "ints", "bools", "strings", "versions"]
    if let text = value["string"]?.stringValue, text.utf8.count > 64 {
      findings.add(.tooLong(path.child("string"), maximumBytes: 64))
    }
    if let version = value["version"]?.stringValue {
      if !SemanticVersion.isOne(version) {
        findings.invalid(
          path.child("version"), .string(version), "must be a string compatible with semver.org spec 2.0.0")
      }
      if version.utf8.count > 64 { findings.add(.tooLong(path.child("version"), maximumBytes: 64)) }
    }
    // A list without items is none.
    switch members.count(where: { value.has($0) && value[$0] != [] }) {
    case 0: findings.invalid(path, "", "exactly one value must be specified")
    case 1: break
    default:
      findings.add(
        FieldError.invalid(
          path, InternalForm.of(value, "resource.DeviceAttribute"), "exactly one value must be specified"
        ).inOrder)
    }
  }

  /// A set of amounts, or what a device takes from one.
  private static func counters(
    _ set: JSONValue, name: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    let text = set.text(name)
    if text.isEmpty {
      findings.required(path.child(name))
    } else {
      findings.invalid(path.child(name), .string(text), NameRules.dns1123Label(text))
    }
    let (counters, path) = (MetadataValidation.sorted(set["counters"]), path.child("counters"))
    if counters.isEmpty { return findings.required(path) }
    guard counters.count <= 32 else { return findings.add(.tooMany(path, count: counters.count, maximum: 32)) }
    for (counter, _) in counters {
      findings.invalid(path, .string(counter), NameRules.dns1123Label(counter))
    }
  }

  /// Conditions that a device must meet, and those that say that it never will: two lists of other names, of which there are
  /// both or none.
  static func bindingConditions(_ object: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (wanted, failures) = ("bindingConditions", "bindingFailureConditions")
    for name in [wanted, failures] {
      DeviceClaimValidation.each(object, name, maximum: 4, path, &findings) {
        $2.invalid($1, $0, NameRules.labelKey($0.stringValue ?? ""))
      }
      DeviceClaimValidation.unique(object, name, path, &findings) { $0.stringValue ?? "" }
    }
    let (conditions, failing) = (object.items(wanted), object.items(failures))
    for (index, condition) in failing.enumerated() where conditions.contains(condition) {
      findings.invalid(
        path.child(failures).index(index), condition,
        "bindingFailureConditions must not overlap with bindingConditions")
    }
    guard conditions.isEmpty != failing.isEmpty else { return }
    let (missing, other) = conditions.isEmpty ? (wanted, failures) : (failures, wanted)
    findings.invalid(path.child(missing), object[missing] ?? .null, "\(missing) are required to use \(other)")
  }
}
