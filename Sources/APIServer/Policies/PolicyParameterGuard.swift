import APIMachinery

/// Who makes a policy judge by other objects must be allowed to read these, or they would learn what is in them
/// (kube-apiserver's strategies of `admissionregistration.k8s.io`).
public struct PolicyParameterGuard: Admission {
  private static let group = "admissionregistration.k8s.io"
  /// The policies of each sort of bindings.
  private static let policies = [
    "mutatingadmissionpolicybindings": "mutatingadmissionpolicies",
    "validatingadmissionpolicybindings": "validatingadmissionpolicies",
  ]

  private let powers: WriterPowers

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ registry: @escaping @Sendable () -> Registry, authorizer: any Authorizer) {
    powers = WriterPowers(registry, authorizer: authorizer)
  }

  public var interest: AdmissionInterest { .validating() }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.subresource.isEmpty, let spec = powers.written(by: request, inGroup: Self.group)?["spec"] else {
      return
    }
    let place = request.resource.groupResource
    if let policies = Self.policies[place.resource] {
      guard let reference = Self.value(spec["paramRef"]) else { return }
      let info = question(
        Self.value(policy(spec["policyName"]?.stringValue ?? "", policies)?["paramKind"]),
        namespace: reference["namespace"]?.stringValue ?? "", name: reference["name"]?.stringValue ?? "")
      try await check(
        info, "paramRef",
        "user \(request.user.goText) does not have \"get\" permission on the object referenced by paramRef", request)
    } else if Self.policies.values.contains(place.resource) {
      guard let kind = Self.value(spec["paramKind"]), kind != request.oldObject?["spec"]?["paramKind"] else { return }
      let (name, version) = (kind["kind"]?.stringValue ?? "", kind["apiVersion"]?.stringValue ?? "")
      try await check(
        question(kind, namespace: "*", name: "*"), "paramKind",
        "user \(request.user.goText) must have \"get\" permission on all objects of the referenced paramKind (kind=\(name), apiVersion=\(version))",
        request)
    }
  }

  private static func value(_ value: JSONValue?) -> JSONValue? { value == .null ? nil : value }

  /// The specification of a policy; nil where there is none of that name.
  private func policy(_ name: String, _ resource: String) -> JSONValue? {
    let registry = powers.registry
    guard
      let target = registry.catalog.snapshot.resource(GroupVersion(group: Self.group, version: "v1"), resource),
      let found = registry.cache(of: target).get(target.key(namespace: "", name: name))
    else { return nil }
    return found.object.value(at: "spec")
  }

  /// May the parameters be read? Of those that nobody knows all there is.
  private func question(_ kind: JSONValue?, namespace: String, name: String) -> RequestInfo {
    var info = RequestInfo(
      verb: "get", group: "*", version: "*", resource: "*", subresource: "", namespace: namespace, name: name)
    guard let kind, let place = GroupVersion(apiVersion: kind["apiVersion"]?.stringValue ?? "") else { return info }
    (info.group, info.version) = (place.group, place.version)
    let wanted = GroupVersionKind(
      group: place.group, version: place.version, kind: kind["kind"]?.stringValue ?? "")
    if let target = powers.registry.catalog.snapshot.resource(of: wanted) { info.resource = target.resource.plural }
    return info
  }

  private func check(
    _ info: RequestInfo, _ field: String, _ problem: String, _ request: AdmissionRequest
  ) async throws {
    if await powers.allows(request.user, info) { return }
    throw StatusError.invalid(
      request.resource.groupKind, request.name, [.forbidden(FieldPath("spec", field), problem)])
  }
}
