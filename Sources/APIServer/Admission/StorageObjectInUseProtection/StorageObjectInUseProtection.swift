import APIMachinery

/// Keeps claims and volumes until nothing uses them: controllers let go of them (admission plugin
/// StorageObjectInUseProtection).
public struct StorageObjectInUseProtection: Admission {
  private static let finalizers: [GroupResource: String] = [
    .persistentVolumeClaims: "kubernetes.io/pvc-protection",
    .persistentVolumes: "kubernetes.io/pv-protection",
    GroupResource(group: "storage.k8s.io", resource: "volumeattributesclasses"): "kubernetes.io/vac-protection",
  ]

  public init() {}

  public var interest: AdmissionInterest { .mutating(Array(Self.finalizers.keys)) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.operation == .create, request.subresource.isEmpty,
      let finalizer = Self.finalizers[request.resource.groupResource], let object = request.object,
      !object.finalizers.contains(finalizer)
    else { return }
    request.object?.setFinalizers(object.finalizers + [finalizer])
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
