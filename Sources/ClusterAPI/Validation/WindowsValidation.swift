import APIMachinery

/// What pods say to nodes that run Windows.
enum WindowsValidation {
  static func options(_ options: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let options else { return }
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
    findings.invalid(path.child("runAsUserName"), .string(user), userProblems(user))
  }

  /// What is wrong with the name of a user, `USER` or `DOMAIN\USER`.
  private static func userProblems(_ text: String) -> [String] {
    if text.isEmpty { return ["runAsUserName cannot be an empty string"] }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return ["runAsUserName cannot contain control characters"]
    }
    let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
    guard parts.count <= 2, let user = parts.last else {
      return ["runAsUserName cannot contain more than one backslash"]
    }
    var problems: [String] = []
    if parts.count == 2 {
      let domain = parts[0]
      if domain.utf8.count >= 256 { problems.append("runAsUserName's Domain length must be under 256 characters") }
      if !isNetBIOS(domain), !isDomain(domain) {
        problems.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
      }
    }
    if user.isEmpty {
      problems.append("runAsUserName's User cannot be empty")
    } else if user.utf8.count > 104 {
      problems.append("runAsUserName's User length must not be longer than 104 characters")
    }
    if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
      problems.append("runAsUserName's User cannot contain only periods or spaces")
    }
    if user.contains(where: { #""/\:;|=,+*?<>@[]"#.contains($0) }) {
      problems.append(#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#)
    }
    return problems
  }

  /// The name of a domain as NetBIOS has it: up to 15 characters, some of which are not allowed.
  private static func isNetBIOS(_ domain: Substring) -> Bool {
    !domain.isEmpty && domain.count <= 15 && !domain.hasPrefix(".")
      && !domain.contains { #"\/:*?"<>|"#.contains($0) }
  }

  private static func isDomain(_ domain: Substring) -> Bool {
    domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      NameRules.dns1123Label(label.lowercased()).isEmpty
    }
  }

  /// Where one container is a process of the node itself, all are, and the pod has the node's network.
  static func hostProcesses(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let whole = spec["securityContext"]?["windowsOptions"]?["hostProcess"]?.boolValue
    var (all, onHost) = (0, 0)
    for list in ["initContainers", "containers", "ephemeralContainers"] {
      for (index, container) in spec.items(list).enumerated() {
        all += 1
        let own = container["securityContext"]?["windowsOptions"]?["hostProcess"]?.boolValue
        if let whole, let own, whole != own {
          findings.invalid(
            path.child(list).index(index).child("securityContext", "windowsOptions", "hostProcess"), .bool(own),
            "pod hostProcess value must be identical if both are specified, was \(whole)")
        }
        if own ?? whole == true { onHost += 1 }
      }
    }
    guard onHost > 0 else { return }
    if onHost != all {
      findings.invalid(
        path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")
    }
    if spec["hostNetwork"] != true {
      findings.invalid(
        path.child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers")
    }
  }
}
