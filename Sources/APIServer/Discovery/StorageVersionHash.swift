import APIMachinery
import FoundationEssentials
import PKI

/// A short text that changes when the version changes in which a resource's objects are kept: clients that migrate stored
/// objects compare it. It is that of kube-apiserver, where conformance tests compute it themselves.
enum StorageVersionHash {
  /// Nil for what is answered and not kept.
  static func of(_ served: ServedResource) -> String? {
    // Whatever is kept can be watched.
    guard served.version.verbs.contains(.watch) else { return nil }
    let resource = served.resource
    let group = resource.storedAs?.group ?? resource.group
    if former.contains(GroupKind(group: group, kind: resource.kind)) { return of(group, "v1beta1", resource.kind) }
    return of(group, resource.storageVersion?.name ?? served.version.name, resource.kind)
  }

  /// Kinds that kube-apiserver keeps in a version before the one that is served here.
  private static let former: Set<GroupKind> = [
    GroupKind(group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicy"),
    GroupKind(group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicyBinding"),
    GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"),
  ]

  /// The first eight bytes of a digest, in base64.
  static func of(_ group: String, _ version: String, _ kind: String) -> String {
    Data(MessageDigest.sha256("\(group)/\(version)/\(kind)".utf8).prefix(8)).base64EncodedString()
  }
}
