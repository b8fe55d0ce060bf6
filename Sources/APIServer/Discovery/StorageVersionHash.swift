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
    return of(group, resource.storageVersion?.name ?? served.version.name, resource.kind)
  }

  /// The first eight bytes of a digest, in base64.
  static func of(_ group: String, _ version: String, _ kind: String) -> String {
    Data(MessageDigest.sha256("\(group)/\(version)/\(kind)".utf8).prefix(8)).base64EncodedString()
  }
}
