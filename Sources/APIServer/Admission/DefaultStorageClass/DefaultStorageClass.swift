import APIMachinery

/// Gives claims that name no storage class the default one (admission plugin DefaultStorageClass).
public struct DefaultStorageClass: Admission {
  private static let marks = [
    "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
  ]
  /// How claims named a class before there was a field.
  static let formerAnnotation = "volume.beta.kubernetes.io/storage-class"
  private let classes: ResourceCache

  public init(_ store: ClusterStore) { classes = store.clusterObjects("storageclasses") }

  public var interest: AdmissionInterest { .mutating(.persistentVolumeClaims) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.persistentVolumeClaims), let claim = request.object,
      claim["metadata"]?["annotations"]?[Self.formerAnnotation] == nil,
      claim["spec"]?["storageClassName"]?.stringValue == nil,
      let chosen = ClusterStore.defaultObject(of: classes, markedBy: Self.marks)
    else { return }
    try request.editSpec { spec throws(StatusError) in spec["storageClassName"] = .string(chosen.name) }
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
