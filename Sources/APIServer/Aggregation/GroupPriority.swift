/// The order of groups; the same numbers as kube-apiserver has.
enum GroupPriority {
  private static let known: [String: Int64] = [
    // First stands the group that tells of the others.
    "apiregistration.k8s.io": 20000,
    "": 18000, "apps": 17800, "events.k8s.io": 17750, "authentication.k8s.io": 17700, "authorization.k8s.io": 17600,
    "autoscaling": 17500, "batch": 17400, "certificates.k8s.io": 17300, "networking.k8s.io": 17200, "policy": 17100,
    "rbac.authorization.k8s.io": 17000, "storage.k8s.io": 16800, "apiextensions.k8s.io": 16700,
    "admissionregistration.k8s.io": 16700, "scheduling.k8s.io": 16600, "coordination.k8s.io": 16500,
    "node.k8s.io": 16300, "discovery.k8s.io": 16200, "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
  ]

  /// Of a group that is defined by custom resources alone.
  static let custom: Int64 = 1000

  static func builtin(_ group: String) -> Int64 { known[group] ?? 15000 }

  /// Of a version of a group with no other one, as kube-apiserver ranks it among those that there have been.
  static func onlyVersion(ofGroup group: String) -> Int64 {
    switch group {
    case "": 1
    case "flowcontrol.apiserver.k8s.io", "resource.k8s.io": 21
    default: 15
    }
  }
}
