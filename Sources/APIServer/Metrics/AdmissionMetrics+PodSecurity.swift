import APIMachinery

/// What has become of pods that a standard is there for.
extension AdmissionMetrics {
  /// What a standard is for.
  enum PodSecurityMode: String, Sendable {
    case enforce, audit, warn
  }

  /// A pod, or a template of pods, was held to a standard.
  func podEvaluation(
    _ standard: PodSecurityStandard, _ mode: PodSecurityMode, isAllowed: Bool, _ request: AdmissionRequest
  ) {
    record(
      .podEvaluations,
      [isAllowed ? "allow" : "deny", standard.level.rawValue, Self.version(standard), mode.rawValue]
        + Self.place(request))
  }

  func podExemption(_ request: AdmissionRequest) { record(.podExemptions, Self.place(request)) }

  /// - Parameter isFatal: whether the request has failed for it.
  func podError(isFatal: Bool, _ request: AdmissionRequest) {
    record(.podErrors, [String(isFatal)] + Self.place(request))
  }

  /// The version whose rules stand behind a standard. Privileged is the same in all.
  private static func version(_ standard: PodSecurityStandard) -> String {
    guard case .minor(let minor) = standard.version, standard.level != .privileged else { return "latest" }
    return minor <= served ? "\(standard.version)" : "future"
  }

  private static let served = Int(ServerVersion(build: "").minor) ?? .max

  private static func place(_ request: AdmissionRequest) -> [String] {
    let resource =
      switch request.resource.groupResource {
      case .pods: "pod"
      case .namespaces: "namespace"
      default: "controller"
      }
    return [request.operation.rawValue.lowercased(), resource, request.subresource]
  }
}
