import APIMachinery

/// What schedulers and drivers write into the status of a claim to devices.
enum DeviceStatusValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let (status, before) = (new["status"] ?? [:], old["status"] ?? [:])
    let path = FieldPath("status")
    users(status, before, isGoing: new["metadata"]?.has("deletionTimestamp") ?? false, path, &findings)
    devices(status, path, &findings)
    guard let allocation = status["allocation"], !allocation.isNull else { return }
    if before.has("allocation") {
      findings.immutable(allocation, before["allocation"], path.child("allocation"))
    } else {
      validate(
        allocation: allocation, DeviceClaimValidation.requests(of: new), path.child("allocation"), &findings)
    }
  }

  private static func users(
    _ status: JSONValue, _ before: JSONValue, isGoing: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    DeviceClaimValidation.each(status, "reservedFor", maximum: 256, path, &findings) { user, path, findings in
      for name in ["resource", "name", "uid"] where user.text(name).isEmpty { findings.required(path.child(name)) }
    }
    DeviceClaimValidation.unique(status, "reservedFor", path, &findings) { $0.text("uid") }
    let users = status.items("reservedFor")
    guard !users.isEmpty else { return }
    let known = before.items("reservedFor")
    if !status.has("allocation") {
      findings.forbidden(path.child("reservedFor"), "may not be specified when `allocated` is not set")
    } else if isGoing, users.contains(where: { !known.contains($0) }) {
      findings.forbidden(
        path.child("reservedFor"),
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")
    }
  }

  private static func devices(_ status: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let given = Set((status["allocation"]?["devices"]?.items("results") ?? []).map { identity($0) })
    for (index, device) in status.items("devices").enumerated() {
      let path = path.child("devices").index(index)
      named(device, path, &findings)
      share(device, path, &findings)
      if !given.contains(identity(device)) {
        findings.add(
          FieldError.invalid(path, identity(device), "must be an allocated device in the claim").inOrder)
      }
      let conditions = device.items("conditions")
      if conditions.count > 8 {
        findings.add(.tooMany(path.child("conditions"), count: conditions.count, maximum: 8))
      }
      ConditionValidation.validate(conditions, path.child("conditions"), &findings)
      if device.has("data") { DeviceClaimValidation.raw(device["data"], path.child("data"), &findings) }
      network(device["networkData"] ?? [:], path.child("networkData"), &findings)
    }
    var known: Set<JSONValue> = []
    for (index, device) in status.items("devices").enumerated() where !known.insert(identity(device)).inserted {
      findings.add(FieldError.duplicate(path.child("devices").index(index), identity(device)).inOrder)
    }
  }

  private static func network(_ data: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (name, maximum) in [("interfaceName", 256), ("hardwareAddress", 128)]
    where data.text(name).utf8.count > maximum {
      findings.add(.tooLong(path.child(name), maximumBytes: maximum))
    }
    DeviceClaimValidation.each(data, "ips", maximum: 16, path, &findings) { address, path, findings in
      AddressRules.interfaceAddress(address.stringValue ?? "", path, &findings)
    }
    DeviceClaimValidation.unique(data, "ips", path, &findings) { $0.stringValue ?? "" }
  }

  private static let sources = ["FromClaim", "FromClass"]

  private static func validate(
    allocation: JSONValue, _ names: [String: Set<String>], _ path: FieldPath, _ findings: inout Findings
  ) {
    let (devices, devicesPath) = (allocation["devices"] ?? [:], path.child("devices"))
    DeviceClaimValidation.each(devices, "results", maximum: 32, devicesPath, &findings) { result, path, findings in
      DeviceClaimValidation.reference(result.text("request"), names, path.child("request"), &findings)
      named(result, path, &findings)
      share(result, path, &findings)
      DeviceSliceValidation.bindingConditions(result, path, &findings)
    }
    DeviceClaimValidation.each(devices, "config", maximum: 64, devicesPath, &findings) { one, path, findings in
      let source = one.text("source")
      if source.isEmpty {
        findings.required(path.child("source"))
      } else if !sources.contains(source) {
        findings.add(.notSupported(path.child("source"), .string(source), sources))
      }
      DeviceClaimValidation.references(one, names, path, &findings)
      DeviceClaimValidation.configuration(one, path, &findings)
    }
    if let selector = allocation["nodeSelector"], !selector.isNull {
      SchedulingValidation.nodeSelector(selector, path.child("nodeSelector"), &findings)
    }
  }

  /// A device is told by its driver, its pool and its name.
  private static func named(_ device: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let (driver, name) = (device.text("driver"), device.text("device"))
    if driver.isEmpty {
      findings.required(path.child("driver"))
    } else {
      StorageValidation.driverName(driver, path.child("driver"), &findings)
    }
    DeviceNameRules.pool(device.text("pool"), path.child("pool"), &findings)
    findings.invalid(path.child("device"), .string(name), NameRules.dns1123Label(name))
  }

  private static func share(_ device: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let share = device["shareID"]?.stringValue else { return }
    findings.invalid(path.child("shareID"), .string(share), UniversalIdentifierRules.problems(share))
  }

  /// What tells a device from others, as upstream shows it.
  private static func identity(_ device: JSONValue) -> JSONValue {
    .object(
      JSONObject(
        [("Driver", "driver"), ("Pool", "pool"), ("Device", "device"), ("ShareID", "shareID")].map { field, name in
          (field, .string(device.text(name)))
        }))
  }
}
