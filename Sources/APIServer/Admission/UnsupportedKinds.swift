import APIMachinery

/// Refuses objects that ask for something which this server does not do yet: they must not look as if they were obeyed.
public struct UnsupportedKinds: Admission {
  private static let kinds: [GroupResource: String] = [
    GroupResource(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies"):
      "this server does not evaluate admission policies",
    GroupResource(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings"):
      "this server does not evaluate admission policies",
    GroupResource(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicies"):
      "this server does not evaluate admission policies",
    GroupResource(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicybindings"):
      "this server does not evaluate admission policies",
  ]

  private static let hooks: Set<GroupResource> = [
    GroupResource(group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations"),
    GroupResource(group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"),
  ]
  private static let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

  public init() {}

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.operation != .delete, request.subresource.isEmpty, let object = request.object else { return }
    let place = request.resource.groupResource
    for (index, webhook) in (object["webhooks"]?.arrayValue ?? []).enumerated() where Self.hooks.contains(place) {
      guard let conditions = webhook["matchConditions"]?.arrayValue, !conditions.isEmpty else { continue }
      throw StatusError.invalid(
        request.resource.groupKind, request.name,
        [
          .forbidden(
            FieldPath("webhooks").index(index).child("matchConditions"),
            "this server does not evaluate match conditions")
        ])
    }
    if let reason = Self.kinds[place] { throw StatusError.forbidden(place, request.name, reason) }
    guard place == Self.definitions else { return }
    if Self.mentions("x-kubernetes-validations", .object(object)) {
      request.context.warn("x-kubernetes-validations: the rules are kept, and not evaluated by this server")
    }
  }

  private static func mentions(_ name: String, _ value: JSONValue) -> Bool {
    var remaining = [value]
    while let next = remaining.popLast() {
      switch next {
      case .object(let object):
        if object[name] != nil { return true }
        remaining += object.map(\.1)
      case .array(let items): remaining += items
      default: continue
      }
    }
    return false
  }
}
