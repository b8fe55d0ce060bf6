import APIMachinery

/// Lets claims grow only where their storage class says that their volumes can (admission plugin
/// PersistentVolumeClaimResize).
public struct PersistentVolumeClaimResize: Admission {
  private let classes: ResourceCache

  public init(_ store: ClusterStore) { classes = store.clusterObjects("storageclasses") }

  public var interest: AdmissionInterest { .validating(.persistentVolumeClaims) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.updates(.persistentVolumeClaims), let new = request.object, let old = request.oldObject else {
      return
    }
    func size(_ claim: JSONObject) -> Quantity {
      (claim["spec"]?["resources"]?["requests"]?["storage"]).flatMap { try? Quantity(json: $0) } ?? .zero
    }
    guard size(new) > size(old) else { return }
    guard old["status"]?["phase"] == "Bound" else {
      throw request.forbidden("Only bound persistent volume claims can be expanded")
    }
    let (name, before) = (Self.storageClass(of: new), Self.storageClass(of: old))
    let found = classes.get("\(StorageLayout.root)storageclasses/\(name)")
    guard !name.isEmpty, name == before, found?.object.value(at: "allowVolumeExpansion") == true else {
      throw request.forbidden(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
      )
    }
  }

  private static func storageClass(of claim: JSONObject) -> String {
    (claim["metadata"]?["annotations"]?[DefaultStorageClass.formerAnnotation] ?? claim["spec"]?["storageClassName"])?
      .stringValue ?? ""
  }
}
