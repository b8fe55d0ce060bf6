import APIMachinery

/// Probes and the actions around a container's life.
enum ProbeValidation {
  enum Purpose { case liveness, readiness, startup }

  static func validate(_ probe: JSONValue?, _ purpose: Purpose, _ path: FieldPath, _ findings: inout Findings) {
    guard let probe, probe.objectValue != nil else { return }
    handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], path, &findings)
    for name in [
      "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold",
    ] {
      findings.notNegative(probe, name, path)
    }
    if let seconds = probe["terminationGracePeriodSeconds"]?.integerValue, seconds <= 0 {
      findings.invalid(path.child("terminationGracePeriodSeconds"), .integer(seconds), "must be greater than 0")
    }
    if purpose == .readiness {
      if let seconds = probe["terminationGracePeriodSeconds"] {
        findings.invalid(
          path.child("terminationGracePeriodSeconds"), seconds, "must not be set for readinessProbes")
      }
      return
    }
    if let threshold = probe["successThreshold"]?.integerValue, threshold != 1 {
      findings.invalid(path.child("successThreshold"), .integer(threshold), "must be 1")
    }
  }

  /// - Parameter grace: the pod's time to end, in seconds, where it is known and not wrong itself.
  static func validate(lifecycle: JSONValue?, grace: Int64?, _ path: FieldPath, _ findings: inout Findings) {
    for name in ["postStart", "preStop"] {
      guard let action = lifecycle?[name] else { continue }
      handler(action, ["exec", "httpGet", "tcpSocket", "sleep"], grace: grace, path.child(name), &findings)
    }
  }

  private static func handler(
    _ handler: JSONValue, _ names: [String], grace: Int64? = nil, _ path: FieldPath, _ findings: inout Findings
  ) {
    let present = names.filter(handler.has)
    guard let name = present.first, let action = handler[name] else {
      return findings.required(path, "must specify a handler type")
    }
    self.action(name, action, grace, path.child(name), &findings)
    for other in present.dropFirst() {
      findings.forbidden(path.child(other), "may not specify more than 1 handler type")
    }
  }

  private static func action(
    _ name: String, _ action: JSONValue, _ grace: Int64?, _ path: FieldPath, _ findings: inout Findings
  ) {
    switch name {
    case "exec": if action.items("command").isEmpty { findings.required(path.child("command")) }
    case "httpGet":
      if action.text("path").isEmpty { findings.required(path.child("path")) }
      port(action["port"], path.child("port"), &findings)
      findings.supported(action, "scheme", ["HTTP", "HTTPS"], path)
      // Upstream does not say which header it is.
      for header in action.items("httpHeaders") {
        let name = header.text("name")
        findings.invalid(path.child("httpHeaders"), .string(name), NameRules.headerName(name))
      }
    case "tcpSocket": port(action["port"], path.child("port"), &findings)
    case "grpc": port(action["port"], path.child("port"), &findings)
    case "sleep":
      if let seconds = action["seconds"]?.integerValue, let grace, seconds < 0 || seconds > grace {
        findings.invalid(
          path, .integer(seconds), "must be non-negative and less than terminationGracePeriodSeconds (\(grace))")
      }
    default: break
    }
  }

  /// A port, by number or name.
  static func port(_ port: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    switch port {
    case .integer(let number): findings.invalid(path, port, NameRules.portNumber(number))
    case .string(let name): findings.invalid(path, port, NameRules.portName(name))
    default: findings.invalid(path, 0, NameRules.portNumber(0))
    }
  }
}
