/// Labels of the project's own that a node may put on itself; by the others it could draw workloads to itself
/// (Kubernetes, NodeRestriction, "node labels").
enum NodeLabels {
  private static let allowed: Set<String> = [
    "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type", "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
    "beta.kubernetes.io/arch", "beta.kubernetes.io/os", "node.kubernetes.io/windows-build",
  ]
  private static let allowedDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"]
  private static let restricted = "node-restriction.kubernetes.io"

  /// The labels that differ and that a node must not touch, sorted.
  static func forbidden(_ new: [String: String], old: [String: String]) -> [String] {
    Set(new.keys).union(old.keys).filter { new[$0] != old[$0] && isForbidden($0) }.sorted()
  }

  private static func isForbidden(_ label: String) -> Bool {
    guard let slash = label.firstIndex(of: "/") else { return false }
    let domain = label[..<slash]
    func isIn(_ parent: String) -> Bool { domain == parent || domain.hasSuffix("." + parent) }
    if isIn(restricted) { return true }
    guard isIn("kubernetes.io") || isIn("k8s.io") else { return false }
    return !allowed.contains(label) && !allowedDomains.contains(where: isIn)
  }
}
