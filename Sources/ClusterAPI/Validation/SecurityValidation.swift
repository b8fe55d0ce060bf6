import APIMachinery

/// Security contexts of pods and containers.
enum SecurityValidation {
  static func validate(container context: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let context else { return }
    identifiers(context, ["runAsUser", "runAsGroup"], path, &findings)
    profiles(context, path, &findings)
    if context["allowPrivilegeEscalation"] == false {
      if context["privileged"] == true {
        findings.invalid(
          path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
      }
      if context["capabilities"]?.items("add").contains("CAP_SYS_ADMIN") == true {
        findings.invalid(
          path, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
      }
    }
  }

  static func validate(pod context: JSONValue?, spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let context else { return }
    identifiers(context, ["runAsUser", "runAsGroup", "fsGroup"], path, &findings)
    for (index, group) in context.items("supplementalGroups").enumerated() {
      identifier(group, path.child("supplementalGroups").index(index), &findings)
    }
    profiles(context, path, &findings)
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

  private static func profiles(_ context: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    for (name, word) in [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")] {
      guard let profile = context[name] else { continue }
      let path = path.child(name)
      findings.supported(profile, "type", ["Localhost", "RuntimeDefault", "Unconfined"], path)
      let file = profile.text("localhostProfile")
      if profile.text("type") == "Localhost" {
        if file.isEmpty {
          findings.required(path.child("localhostProfile"), "must be set when \(word) type is Localhost")
        } else if name == "seccompProfile" {
          VolumeValidation.relativePath(file, path.child("localhostProfile"), &findings)
        }
      } else if profile.has("localhostProfile") {
        findings.invalid(
          path.child("localhostProfile"), profile["localhostProfile"],
          "can only be set when \(word) type is Localhost")
      }
    }
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
