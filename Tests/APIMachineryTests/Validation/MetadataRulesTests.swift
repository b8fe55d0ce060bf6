import APIMachinery
import Testing

@Suite("Metadata")
struct MetadataRulesTests {
  private func errors(_ metadata: JSONObject, isNamespaced: Bool = true) -> [String] {
    MetadataRules.errors(in: metadata, isNamespaced: isNamespaced, name: NameRules.dns1123Subdomain).map(\.description)
  }

  @Test("an object that is created")
  func create() {
    #expect(errors(["name": "a", "namespace": "default"]).isEmpty)
    #expect(
      errors([:]) == [
        "metadata.name: Required value: name or generateName is required", "metadata.namespace: Required value",
      ])
    #expect(
      errors(["name": "a", "namespace": "x"], isNamespaced: false)
        == ["metadata.namespace: Forbidden: not allowed on this type"])
    #expect(
      errors(["name": "A", "namespace": "default"]).first?.hasPrefix("metadata.name: Invalid value: \"A\": a lowercase")
        == true)
    #expect(errors(["generateName": "web-", "name": "web-x", "namespace": "default"]).isEmpty)
    #expect(
      errors(["name": "a", "namespace": "d", "generation": -1])
        == ["metadata.generation: Invalid value: -1: must be greater than or equal to 0"])
    #expect(errors(["name": "a", "namespace": "d", "labels": ["-": "", "a": "-"]]).count == 2)
    #expect(
      errors(["name": "a", "namespace": "d", "finalizers": ["orphan", "foregroundDeletion"]]) == [
        "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and foregroundDeletion cannot be both set"
      ])
  }

  @Test("what names are generated from is judged at updates too, by the kind's rule where it has one then")
  func generateName() {
    func updated(_ base: JSONValue, _ rule: ((String) -> [String])?) -> [String] {
      let metadata: JSONObject = ["name": "a", "namespace": "d", "resourceVersion": "1", "generateName": base]
      return MetadataRules.errors(in: metadata, updating: metadata, name: rule).map(\.description)
    }
    #expect(updated("a/b", nil) == [#"metadata.generateName: Invalid value: "a/b": may not contain '/'"#])
    #expect(updated("X_", nil).isEmpty)
    #expect(updated("X_", NameRules.dns1123Subdomain).count == 1)
    #expect(updated("x-", NameRules.dns1123Subdomain).isEmpty)
  }

  @Test("annotations may be as large as they are told to be, and no larger")
  func annotations() {
    let value = String(repeating: "x", count: MetadataRules.annotationsLimit - 1)
    #expect(MetadataRules.annotations(["a": value], at: FieldPath("metadata", "annotations")).isEmpty)
    #expect(
      MetadataRules.annotations(["a": value, "b": ""], at: FieldPath("metadata", "annotations")).map(\.description)
        == ["metadata.annotations: Too long: may not be more than 262144 bytes"])
  }

  @Test("owners")
  func owners() {
    let path = FieldPath("metadata", "ownerReferences")
    var owner = OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: "a", uid: "u", controller: true)
    #expect(MetadataRules.ownerReferences([owner], at: path).isEmpty)
    let two = MetadataRules.ownerReferences([owner, owner], at: path).map(\.description)
    #expect(two.count == 1)
    #expect(
      two[0].hasSuffix(
        "Only one reference can have Controller set to true. Found \"true\" in references for ReplicaSet/a and ReplicaSet/a"
      ))
    owner.apiVersion = "a/b/c"
    owner.uid = ""
    #expect(
      MetadataRules.ownerReferences([owner], at: path).map(\.description) == [
        "metadata.ownerReferences.apiVersion: Invalid value: \"a/b/c\": version must not be empty",
        "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty",
      ])
  }

  @Test("an object that is updated")
  func update() {
    let old: JSONObject = ["name": "a", "uid": "u", "generation": 3, "resourceVersion": "5"]
    #expect(MetadataRules.errors(in: old, updating: old).isEmpty)
    let errors = MetadataRules.errors(
      in: ["name": "b", "uid": "v", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z"], updating: old)
    #expect(
      errors.map(\.description) == [
        "metadata.resourceVersion: Invalid value: \"\": must be specified for an update",
        "metadata.generation: Invalid value: 2: must not be decremented",
        "metadata.name: Invalid value: \"b\": field is immutable",
        "metadata.uid: Invalid value: \"v\": field is immutable",
        "metadata.creationTimestamp: Invalid value: \"2026-01-01T00:00:00Z\": field is immutable",
      ])
    var deleted = old
    deleted["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    var finalized = deleted
    finalized["finalizers"] = ["x.io/y"]
    #expect(
      MetadataRules.errors(in: finalized, updating: deleted).map(\.description) == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"x.io/y\"}"
      ])
  }

  @Test("field managers")
  func managers() {
    let path = FieldPath("fieldManager")
    #expect(MetadataRules.fieldManager("kubectl é", at: path).isEmpty)
    #expect(
      MetadataRules.fieldManager("aé\n", at: path).map(\.description)
        == ["fieldManager: Invalid value: \"aé\\n\": invalid character U+000A (at position 3)"])
    #expect(
      MetadataRules.fieldManager(String(repeating: "a", count: 129), at: path).map(\.description)
        == ["fieldManager: Too long: may not be more than 128 bytes"])
    let entries: [JSONValue] = [["operation": "Patch", "fieldsType": "V2", "manager": "x"], ["manager": "x"]]
    #expect(
      MetadataRules.managedFields(entries, at: FieldPath("m")).map(\.description) == [
        "m[0].operation: Unsupported value: \"Patch\": supported values: \"Apply\", \"Update\"",
        "m[0].fieldsType: Invalid value: \"V2\": must be `FieldsV1`",
        "m[1].operation: Required value: must not be empty",
      ])
  }
}
