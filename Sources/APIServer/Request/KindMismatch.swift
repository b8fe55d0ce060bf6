import APIMachinery
import ClusterAPI

/// What is said of a body that holds something else than its path means, in the words of kube-apiserver: it reads whatever its
/// Go types have a name for, and then finds that this cannot become what is wanted.
struct KindMismatch {
  let kinds: BuiltinKinds
  /// What the path means.
  let expected: GroupVersionKind

  /// - Parameters:
  ///   - version: the `apiVersion` of the body; empty where it says none.
  ///   - kind: the kind of the body; empty where it says none.
  /// - Returns: nil where the body is of what is expected.
  func refusal(version: String, kind: String) -> StatusError? {
    let version = version.isEmpty ? expected.apiVersion : version
    let kind = kind.isEmpty ? expected.kind : kind
    guard version != expected.apiVersion || kind != expected.kind else { return nil }
    guard let said = GroupVersion(apiVersion: version) else {
      return .badRequest(
        "the API version in the data (\(version)) does not match the expected API version (\(expected.apiVersion))")
    }
    func unusable(_ why: String) -> StatusError {
      .badRequest("\(kind) in version \(said.version.goQuoted) cannot be handled as a \(expected.kind): \(why)")
    }
    guard knows(GroupVersionKind(group: said.group, version: said.version, kind: kind)) else {
      return unusable(unregistered(version: version, kind: kind))
    }
    guard kind == expected.kind else {
      let name = InternalTypeName.of(group: expected.group, kind: expected.kind)
      return unusable("converting (\(said.version).\(kind)) to (\(name)): unknown conversion")
    }
    return .badRequest(
      "the API version in the data (\(version)) does not match the expected API version (\(expected.apiVersion))")
  }

  /// What is said where there is no type of a name.
  func unregistered(version: String, kind: String) -> String {
    "no kind \(kind.goQuoted) is registered for version \(version.goQuoted) in scheme \(scheme.goQuoted)"
  }

  /// The two kinds that describe further kinds have servers of their own within kube-apiserver, which know nothing else.
  private static let apart = [
    "apiextensions.k8s.io": "k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55",
    "apiregistration.k8s.io": "k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28",
  ]

  private var scheme: String { Self.apart[expected.group] ?? "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30" }

  /// Versions that are no longer served, and still have types.
  private static let older: [String: [String]] = [
    "admissionregistration.k8s.io": ["v1beta1", "v1alpha1"], "apiextensions.k8s.io": ["v1beta1"],
    "apiregistration.k8s.io": ["v1beta1"], "apps": ["v1beta1", "v1beta2"],
    "authentication.k8s.io": ["v1beta1", "v1alpha1"], "authorization.k8s.io": ["v1beta1"], "batch": ["v1beta1"],
    "certificates.k8s.io": ["v1beta1", "v1alpha1"], "coordination.k8s.io": ["v1beta1"],
    "discovery.k8s.io": ["v1beta1"], "events.k8s.io": ["v1beta1"],
    "flowcontrol.apiserver.k8s.io": ["v1beta1", "v1beta2", "v1beta3"], "networking.k8s.io": ["v1beta1"],
    "node.k8s.io": ["v1beta1", "v1alpha1"], "policy": ["v1beta1"],
    "rbac.authorization.k8s.io": ["v1beta1", "v1alpha1"], "resource.k8s.io": ["v1beta1", "v1beta2"],
    "scheduling.k8s.io": ["v1beta1", "v1alpha1"], "storage.k8s.io": ["v1beta1", "v1alpha1"],
  ]
  private static let extensions: Set<String> = ["DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"]
  /// Kinds that each version has.
  private static let everywhere: Set<String> = [
    "CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions", "WatchEvent",
  ]
  private static let plain: Set<String> = [
    "APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "List", "Status",
  ]

  /// Whether there is a type of a name.
  func knows(_ kind: GroupVersionKind) -> Bool {
    if Self.apart[expected.group] != nil || Self.apart[kind.group] != nil, kind.group != expected.group { return false }
    let version = GroupVersion(group: kind.group, version: kind.version)
    if version.apiVersion == "v1", Self.plain.contains(kind.kind) { return true }
    if version.apiVersion == "extensions/v1beta1" { return Self.extensions.contains(kind.kind) }
    let isOlder = Self.older[kind.group]?.contains(kind.version) == true
    if isOlder || kinds.groupVersions.contains(version), Self.everywhere.contains(kind.kind) { return true }
    if kinds.definitionName(of: kind) != nil { return true }
    return isOlder && kinds.resource(of: GroupKind(group: kind.group, kind: kind.kind)) != nil
  }
}
