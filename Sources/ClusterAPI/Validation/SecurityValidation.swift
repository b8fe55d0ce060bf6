import APIMachinery

/// Security contexts of pods and containers.
enum SecurityValidation {
  /// - Parameter hasHostUsers: whether the pod's users are those of its node.
  static func validate(
    container context: JSONValue?, hasHostUsers: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    guard let context else { return }
    identifiers(context, ["runAsUser", "runAsGroup"], path, &findings)
    if hasHostUsers, context.text("procMount") == "Unmasked" {
      findings.invalid(path.child("procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`")
    }
    seccomp(context["seccompProfile"], path.child("seccompProfile"), &findings)
    if context["allowPrivilegeEscalation"] == false {
      let shown = { InternalForm.of(context, "core.SecurityContext") }
      if context["privileged"] == true {
        findings.invalid(
          path, inOrder: shown(), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
      }
      if context["capabilities"]?.items("add").contains("CAP_SYS_ADMIN") == true {
        findings.invalid(
          path, inOrder: shown(), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
      }
    }
    WindowsValidation.options(context["windowsOptions"], path.child("windowsOptions"), &findings)
    appArmor(context["appArmorProfile"], path.child("appArmorProfile"), &findings)
  }

  static func validate(pod context: JSONValue?, spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let context else { return }
    identifiers(context, ["fsGroup", "runAsUser", "runAsGroup"], path, &findings)
    for (index, group) in context.items("supplementalGroups").enumerated() {
      identifier(group, path.child("supplementalGroups").index(index), &findings)
    }
    settings(context, spec, path, &findings)
    seccomp(context["seccompProfile"], path.child("seccompProfile"), &findings)
    WindowsValidation.options(context["windowsOptions"], path.child("windowsOptions"), &findings)
    appArmor(context["appArmorProfile"], path.child("appArmorProfile"), &findings)
    // Labels by mount option are of a feature that is off (SELinuxMount).
    if let policy = context["seLinuxChangePolicy"]?.stringValue, policy != "Recursive" {
      findings.add(.notSupported(path.child("seLinuxChangePolicy"), .string(policy), ["Recursive"]))
    }
  }

  private static func settings(
    _ context: JSONValue, _ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings
  ) {
    var names: Set<String> = []
    for (index, setting) in context.items("sysctls").enumerated() {
      let path = path.child("sysctls").index(index).child("name")
      let name = setting.text("name")
      guard !name.isEmpty else { continue }
      if !isSetting(name) {
        findings.invalid(
          path, .string(name),
          "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
        )
      } else if !names.insert(name).inserted {
        findings.add(.duplicate(path, .string(name)))
      }
      if spec["hostNetwork"] == true, name.hasPrefix("net.") || name.hasPrefix("net/") {
        findings.invalid(path, .string(name), "may not be specified when 'hostNetwork' is true")
      }
      if spec["hostIPC"] == true,
        ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."].contains(where: name.hasPrefix)
      {
        findings.invalid(path, .string(name), "may not be specified when 'hostIPC' is true")
      }
    }
  }

  private static func identifiers(
    _ context: JSONValue, _ names: [String], _ path: FieldPath, _ findings: inout Findings
  ) {
    for name in names { if let value = context[name] { identifier(value, path.child(name), &findings) } }
  }

  private static func identifier(_ value: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let number = value.integerValue, !(0...Int64(Int32.max)).contains(number) else { return }
    findings.invalid(path, value, NameRules.between(0, Int64(Int32.max)))
  }

  private static func seccomp(_ profile: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let profile else { return }
    profileType(profile, "seccompProfile", path, &findings)
    let place = path.child("localhostProfile")
    if profile.text("type") == "Localhost" {
      guard let file = profile["localhostProfile"]?.stringValue else {
        return findings.required(place, "must be set when seccomp type is Localhost")
      }
      VolumeValidation.relativePath(file, place, &findings)
    } else if profile.has("localhostProfile") {
      findings.add(
        FieldError.invalid(
          place, InternalForm.of(profile, "core.SeccompProfile"), "can only be set when seccomp type is Localhost"
        ).inOrder)
    }
  }

  /// The longest path of a file, in bytes.
  private static let longestProfile = 4095

  private static func appArmor(_ profile: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let profile else { return }
    profileType(profile, "appArmorProfile", path, &findings)
    let place = path.child("localhostProfile")
    let file = profile["localhostProfile"]?.stringValue
    switch profile.text("type") {
    case "Localhost":
      let words = "must be set when AppArmor type is Localhost"
      guard let file else { return findings.required(place, words) }
      if file.trimmed != file {
        findings.invalid(place, .string(file), "must not be padded with whitespace")
      } else if file.isEmpty {
        findings.required(place, words)
      }
      if file.utf8.count > longestProfile { findings.add(.tooLong(place, maximumBytes: longestProfile)) }
    case "RuntimeDefault", "Unconfined":
      if let file { findings.invalid(place, .string(file), "can only be set when AppArmor type is Localhost") }
    default: break
    }
  }

  private static func profileType(
    _ profile: JSONValue, _ field: String, _ path: FieldPath, _ findings: inout Findings
  ) {
    if profile.text("type").isEmpty { findings.required(path.child("type"), "type is required when \(field) is set") }
    findings.supported(profile, "type", ["Localhost", "RuntimeDefault", "Unconfined"], path)
  }

  private static func isSetting(_ name: String) -> Bool {
    name.utf8.count <= 253
      && name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy { part in
        let outer = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = part.utf8.first, let last = part.utf8.last, outer(first), outer(last) else { return false }
        return part.utf8.allSatisfy { outer($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
      }
  }
}
