import APIMachinery
import FoundationEssentials
import PKI

/// A short text that changes when the version changes in which a resource's objects are kept: clients that migrate stored
/// objects compare it. It is that of kube-apiserver, where conformance tests compute it themselves.
enum StorageVersionHash {
  /// What kube-apiserver keeps in an older version than it serves.
  private static let older: Set<String> = [
    "CustomResourceDefinition", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
  ]

  /// Nil for what is answered and not kept.
  static func of(_ served: ServedResource) -> String? {
    // Whatever is kept can be watched.
    guard served.version.verbs.contains(.watch) else { return nil }
    let resource = served.resource
    let group = resource.storedAs?.group ?? resource.group
    if !resource.isCustom, older.contains(resource.kind) { return of(group, "v1beta1", resource.kind) }
    return of(group, resource.storageVersion?.name ?? served.version.name, resource.kind)
  }

  /// The first eight bytes of a digest, in base64.
  static func of(_ group: String, _ version: String, _ kind: String) -> String {
    Data(MessageDigest.sha256("\(group)/\(version)/\(kind)".utf8).prefix(8)).base64EncodedString()
  }
}
