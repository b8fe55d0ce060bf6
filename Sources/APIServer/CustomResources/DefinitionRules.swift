import APIMachinery
import ClusterAPI

/// What the schemas of a CustomResourceDefinition may say (Kubernetes, "Specifying a structural schema").
enum DefinitionRules {
  static let resource = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

  /// What is wrong with the schemas of all versions. Those that are as they were stay as they are.
  static func violations(_ new: JSONObject, old: JSONObject?, _ kinds: BuiltinKinds) -> [FieldError] {
    let versions = new["spec"]?["versions"]?.arrayValue ?? []
    let before = old?["spec"]?["versions"]?.arrayValue ?? []
    let schemas = versions.map { $0["schema"]?["openAPIV3Schema"] }
    let metadata = kinds.registry["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
    // Upstream keeps what all versions share in one place, and says its path so.
    let isShared = schemas.allSatisfy { $0 == schemas[0] }
    var errors: [FieldError] = []
    for (index, version) in versions.enumerated() {
      guard let schema = schemas[index], !(isShared && index > 0) else { continue }
      let same = before.first { $0["name"] == version["name"] }
      if let same, same["schema"] == version["schema"], same["subresources"] == version["subresources"] { continue }
      let path =
        isShared
        ? FieldPath("spec", "validation", "openAPIV3Schema")
        : FieldPath("spec", "versions").index(index).child("schema", "openAPIV3Schema")
      errors += StructuralSchemaRules(
        hasStatusSubresource: version["subresources"]?["status"] != nil, metadata: metadata
      ).errors(in: schema, at: path)
    }
    return errors
  }
}
