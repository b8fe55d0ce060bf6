import APIMachinery

/// What kube-apiserver calls its own form of a kind in messages: the Go type, behind its package.
enum InternalTypeName {
  static func of(group: String, kind: String) -> String {
    let package = group.split(separator: ".").first.map(String.init) ?? "core"
    // Events have one form, whichever group they are written in.
    return "\(package == "events" ? "core" : package).\(kind)"
  }

  /// The name of a resource's objects, its lists or what is below it.
  static func of(_ target: ServedResource, kind: String) -> String {
    if kind == "Scale" { return target.resource.isCustom ? "v1.Scale" : of(group: "autoscaling", kind: kind) }
    guard target.resource.isCustom else { return of(group: target.resource.group, kind: kind) }
    return "unstructured.\(kind == target.resource.listKind ? "UnstructuredList" : "Unstructured")"
  }
}
