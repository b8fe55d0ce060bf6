import APIMachinery

/// Where objects stand in the store: kube-apiserver's own keys, so that tools for etcd find what they expect.
public enum StorageLayout {
  public static let root = "/registry/"

  /// Resources whose keys have another name than the resource, from the first days of Kubernetes.
  private static let oldNames: [GroupResource: String] = [
    GroupResource(group: "", resource: "nodes"): "minions",
    GroupResource(group: "", resource: "replicationcontrollers"): "controllers",
    GroupResource(group: "", resource: "services"): "services/specs",
    GroupResource(group: "", resource: "endpoints"): "services/endpoints",
    GroupResource(group: "networking.k8s.io", resource: "ingresses"): "ingress",
  ]

  /// Groups of built-in kinds whose keys carry the group.
  private static let groupsInKeys: Set<String> = ["apiextensions.k8s.io", "apiregistration.k8s.io"]

  /// What all keys of a resource begin with, the slash at the end included.
  public static func prefix(of resource: ResourceDescription) -> String {
    let place = resource.storedAs ?? resource.groupResource
    if let old = oldNames[place] { return "\(root)\(old)/" }
    if resource.isCustom || groupsInKeys.contains(place.group) { return "\(root)\(place.group)/\(place.resource)/" }
    return "\(root)\(place.resource)/"
  }

  /// Whether the objects of two resources stand in the same place.
  static func shares(_ one: ResourceDescription, with other: ResourceDescription) -> Bool {
    prefix(of: one) == prefix(of: other)
  }

  /// The prefix of the resource to which a key belongs; nil for a key that is no object's.
  public static func prefix(ofKey key: String) -> Substring? {
    guard key.hasPrefix(root) else { return nil }
    let bytes = key.utf8
    func slash(after index: String.Index) -> String.Index? {
      bytes[index...].firstIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) }
    }
    let start = bytes.index(bytes.startIndex, offsetBy: root.utf8.count)
    guard let first = slash(after: start) else { return nil }
    let name = key[start..<bytes.index(before: first)]
    guard name == "services" || name.utf8.contains(UInt8(ascii: ".")) else { return key[..<first] }
    return slash(after: first).map { key[..<$0] }
  }
}
