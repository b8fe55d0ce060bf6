import APIMachinery

/// Lets owners be named only by those who may delete the object, and owners' deletion be blocked only by those who may
/// write the owner's finalizers (admission plugin OwnerReferencesPermissionEnforcement).
public struct OwnerReferencesPermissionEnforcement: Admission {
  private let authorizer: any Authorizer
  private let registry: @Sendable () -> Registry

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry) {
    self.authorizer = authorizer
    self.registry = registry
  }

  public var interest: AdmissionInterest { .validating() }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.operation == .create || request.operation == .update, let object = request.object,
      // Nodes write the status of pods whose owners they have read.
      !(request.resource.groupResource == .pods && request.subresource == "status")
    else { return }
    let (owners, before) = (Self.owners(object), Self.owners(request.oldObject))
    guard owners != before else { return }
    var deletion = RequestInfo(
      verb: "delete", group: request.resource.resource.group, version: request.resource.version.name,
      resource: request.resource.resource.plural, subresource: request.subresource, namespace: request.namespace,
      name: request.name)
    deletion.path = ""
    if let why = await refusal(request.user, deletion) {
      throw request.forbidden("cannot set an ownerRef on a resource you can't delete: \(why)")
    }
    let blocked = Set(before.filter(Self.blocks).map { $0["uid"] })
    for owner in owners where Self.blocks(owner) && !blocked.contains(owner["uid"]) { try await check(owner, request) }
  }

  private func check(_ owner: JSONValue, _ request: AdmissionRequest) async throws(StatusError) {
    let (version, kind) = (owner["apiVersion"]?.stringValue ?? "", owner["kind"]?.stringValue ?? "")
    let place = GroupVersion(apiVersion: version)
    guard let place,
      let target = registry().catalog.snapshot.resource(
        of: GroupVersionKind(group: place.group, version: place.version, kind: kind))
    else {
      throw request.forbidden(
        "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion \(version) Kind \(kind): no matches for kind \(kind.goQuoted) in version \(version.goQuoted)"
      )
    }
    let finalizers = RequestInfo(
      verb: "update", group: target.resource.group, version: target.version.name, resource: target.resource.plural,
      subresource: "finalizers", namespace: target.resource.isNamespaced ? request.namespace : "",
      name: owner["name"]?.stringValue ?? "")
    if let why = await refusal(request.user, finalizers) {
      throw request.forbidden(
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: \(why)")
    }
  }

  /// Nil where the user may do it.
  private func refusal(_ user: User, _ info: RequestInfo) async -> String? {
    switch await authorizer.authorize(user, info) {
    case .allowed: nil
    case .denied(let reason), .noOpinion(let reason): "\(reason), <nil>"
    case .failed(let why, _): ", \(why)"
    }
  }

  private static func owners(_ object: JSONObject?) -> [JSONValue] {
    object?["metadata"]?["ownerReferences"]?.arrayValue ?? []
  }

  private static func blocks(_ owner: JSONValue) -> Bool { owner["blockOwnerDeletion"]?.boolValue ?? false }
}
