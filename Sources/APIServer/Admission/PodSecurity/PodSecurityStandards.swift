import APIMachinery

/// The controls of both standards, in the order in which violations are told.
enum PodSecurityStandards {
  private static let baseline = BaselineControls.all.sorted { $0.id < $1.id }
  private static let restricted = RestrictedControls.all.sorted { $0.id < $1.id }
  /// The newest version in which a control has changed.
  private static let newest = (baseline + restricted).flatMap(\.versions).map(\.since).max() ?? 0

  /// What a pod violates.
  static func violations(of pod: PodToCheck, _ standard: PodSecurityStandard) -> [PodSecurityViolation] {
    let minor =
      switch standard.version {
      case .latest: newest
      case .minor(let number): min(number, newest)
      }
    switch standard.level {
    case .privileged: return []
    case .baseline: return baseline.compactMap { $0.test(in: minor)?(pod) }
    case .restricted:
      let inForce = restricted.filter { $0.test(in: minor) != nil }
      let replaced = Set(inForce.compactMap(\.replaces))
      return (baseline.filter { !replaced.contains($0.id) } + inForce).compactMap { $0.test(in: minor)?(pod) }
    }
  }
}
