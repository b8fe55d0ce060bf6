import APIMachinery

/// Which kinds have a strategy of their own.
struct KindStrategies: Sendable {
  private let table: [GroupResource: any KindStrategy]

  private struct Plain: KindStrategy {}

  /// - Parameter services: gives services what they get; nil where nothing is given out.
  init(_ store: ClusterStore, services: ServiceAllocator?) {
    func resource(_ name: String, _ group: String = "") -> GroupResource { GroupResource(group: group, resource: name) }
    var table: [GroupResource: any KindStrategy] = [
      resource("namespaces"): NamespaceStrategy(),
      resource("pods"): PodStrategy(),
      CertificateRequests.resource: CertificateRequestStrategy(),
      resource("customresourcedefinitions", "apiextensions.k8s.io"): DefinitionStrategy(),
    ]
    let administration = DeviceAdministration(store)
    for (name, isTemplate) in [("resourceclaims", false), ("resourceclaimtemplates", true)] {
      table[resource(name, "resource.k8s.io")] = DeviceClaimStrategy(
        administration: administration, isTemplate: isTemplate)
    }
    if let services { table[ServiceAllocator.services] = ServiceStrategy(allocator: services) }
    for name in AdmissionExpressionStrategy.resources {
      table[resource(name, "admissionregistration.k8s.io")] = AdmissionExpressionStrategy(resource: name)
    }
    self.table = table
  }

  func of(_ target: ServedResource) -> any KindStrategy { table[target.groupResource] ?? Plain() }
}
