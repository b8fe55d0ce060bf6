import APIMachinery

/// Refuses objects that ask for something which this server does not do yet: they must not look as if they were obeyed.
public struct UnsupportedKinds: Admission {
  private static let kinds: [GroupResource: String] = [
    GroupResource(group: "apiregistration.k8s.io", resource: "apiservices"):
      "this server does not pass requests on to other API servers",
    GroupResource(group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas"):
      "this server does not divide its capacity by flow schemas",
    GroupResource(group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations"):
      "this server does not divide its capacity by priority levels",
  ]

  public init() {}

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.operation != .delete, request.subresource.isEmpty, request.object != nil else { return }
    let place = request.resource.groupResource
    if let reason = Self.kinds[place] { throw StatusError.forbidden(place, request.name, reason) }
  }
}
