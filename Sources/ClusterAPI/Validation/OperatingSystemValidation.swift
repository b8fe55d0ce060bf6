import APIMachinery

/// A pod that says what operating system it is for has nothing of another one.
enum OperatingSystemValidation {
  static func validate(pod spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let contexts = [(spec["securityContext"], path.child("securityContext"))] + containers(spec, path)
    guard let system = spec["os"] else { return }
    switch system.text("name") {
    case "": findings.required(path.child("os", "name"))
    case "linux":
      for (context, path) in contexts where context?.has("windowsOptions") == true {
        findings.forbidden(path.child("windowsOptions"), "windows options cannot be set for a linux pod")
      }
    case "windows":
      let words = "cannot be set for a windows pod"
      for name in ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"] where spec.has(name) {
        if !name.hasSuffix("PID") && !name.hasSuffix("IPC") || spec[name] == true {
          findings.forbidden(path.child(name), words)
        }
      }
      for (index, (context, path)) in contexts.enumerated() {
        for name in linuxFields + (index == 0 ? podFields : containerFields) where context?.has(name) == true {
          findings.forbidden(path.child(name), words)
        }
      }
    case let name:
      // The place is upstream's.
      findings.add(.notSupported(path.child("os"), .string(name), ["linux", "windows"]))
    }
  }

  private static let linuxFields = ["appArmorProfile", "seLinuxOptions", "seccompProfile", "runAsUser", "runAsGroup"]
  private static let podFields = [
    "fsGroup", "fsGroupChangePolicy", "sysctls", "supplementalGroups", "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
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
}
