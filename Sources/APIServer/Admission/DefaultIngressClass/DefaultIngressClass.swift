import APIMachinery

/// Gives ingresses that name no class the default one (admission plugin DefaultIngressClass).
public struct DefaultIngressClass: Admission {
  private static let mark = "ingressclass.kubernetes.io/is-default-class"
  /// How ingresses named a class before there was a field.
  private static let formerAnnotation = "kubernetes.io/ingress.class"
  private let classes: ResourceCache

  public init(_ store: ClusterStore) { classes = store.clusterObjects("ingressclasses") }

  public var interest: AdmissionInterest { .mutating(.ingresses) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.ingresses), let ingress = request.object,
      ingress["metadata"]?["annotations"]?[Self.formerAnnotation] == nil,
      ingress["spec"]?["ingressClassName"]?.stringValue == nil,
      let chosen = ClusterStore.defaultObject(of: classes, markedBy: [Self.mark])
    else { return }
    try request.editSpec { spec throws(StatusError) in spec["ingressClassName"] = .string(chosen.name) }
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
