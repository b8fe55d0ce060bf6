import APIMachinery

/// A pod that says what operating system it is for has nothing of another one, and what it says to Windows makes sense.
enum OperatingSystemValidation {
  static func validate(pod spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let contexts = [(spec["securityContext"], path.child("securityContext"))] + containers(spec, path)
    for (context, path) in contexts {
      if let options = context?["windowsOptions"] { self.options(options, path.child("windowsOptions"), &findings) }
    }
    switch spec["os"]?.text("name") {
    case "linux":
      for (context, path) in contexts where context?.has("windowsOptions") == true {
        findings.forbidden(path.child("windowsOptions"), "windows options cannot be set for a linux pod")
      }
    case "windows":
      let words = "cannot be set for a windows pod"
      for name in ["hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"] where spec.has(name) {
        if name == "hostUsers" || spec[name] == true { findings.forbidden(path.child(name), words) }
      }
      for (index, (context, path)) in contexts.enumerated() {
        for name in linuxFields + (index == 0 ? podFields : containerFields) where context?.has(name) == true {
          findings.forbidden(path.child(name), words)
        }
      }
    default: break
    }
  }

  private static let linuxFields = ["appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup"]
  private static let podFields = [
    "fsGroup", "fsGroupChangePolicy", "sysctls", "supplementalGroups", "supplementalGroupsPolicy",
  ]
  private static let containerFields = [
    "capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
  ]

  private static func containers(_ spec: JSONValue, _ path: FieldPath) -> [(JSONValue?, FieldPath)] {
    ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
      spec.items(list).enumerated().map { index, container in
        (container["securityContext"], path.child(list).index(index).child("securityContext"))
      }
    }
  }

  private static func options(_ options: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    if let name = options["gmsaCredentialSpecName"]?.stringValue {
      findings.invalid(path.child("gmsaCredentialSpecName"), .string(name), NameRules.dns1123Subdomain(name))
    }
    if let text = options["gmsaCredentialSpec"]?.stringValue {
      if text.isEmpty {
        findings.invalid(path.child("gmsaCredentialSpec"), "", "gmsaCredentialSpec cannot be an empty string")
      } else if text.utf8.count > 64 << 10 {
        findings.invalid(
          path.child("gmsaCredentialSpec"), .string(text), "gmsaCredentialSpec size must be under 64 KiB")
      }
    }
    guard let user = options["runAsUserName"]?.stringValue else { return }
    let problem: String? =
      if user.isEmpty {
        "runAsUserName cannot be an empty string"
      } else if user.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        "runAsUserName cannot contain control characters"
      } else if user.count(where: { $0 == "\\" }) > 1 {
        "runAsUserName cannot contain more than one backslash"
      } else {
        nil
      }
    if let problem { findings.invalid(path.child("runAsUserName"), .string(user), problem) }
  }
}
