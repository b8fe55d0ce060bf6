import APIMachinery
import ClusterAPI

/// Keeps the guard rails of flow control: the mandatory objects say what the server does whatever happens, so nobody
/// changes what they say (kube-apiserver's validation of FlowSchema and PriorityLevelConfiguration).
public struct FlowControlGuard: Admission {
  private static let schemas = GroupResource(group: FlowControlPolicy.group, resource: "flowschemas")
  private static let levels = GroupResource(group: FlowControlPolicy.group, resource: "prioritylevelconfigurations")

  private let registry: @Sendable () -> Registry

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ registry: @escaping @Sendable () -> Registry) { self.registry = registry }

  public var interest: AdmissionInterest { .validating(Self.schemas, Self.levels) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let place = request.resource.groupResource
    guard place == Self.schemas || place == Self.levels, request.operation != .delete, request.subresource.isEmpty,
      let object = request.object
    else { return }
    var errors: [FieldError] = []
    let isLevel = place == Self.levels
    let mandatory =
      isLevel
      ? FlowControlPolicy.levels.prefix(FlowControlPolicy.mandatoryLevels)
      : FlowControlPolicy.schemas.prefix(FlowControlPolicy.mandatorySchemas)
    if let fixed = mandatory.first(where: { $0.objectName == request.name }) {
      let spec = Self.spec(of: fixed, request.resource, registry().kinds)
      if !Self.isSame(object["spec"], as: spec, name: request.name, exceptExempt: isLevel) {
        errors.append(
          .invalid(
            FieldPath("spec"), object["spec"] ?? .null, "spec of '\(request.name)' must equal the fixed value"))
      }
    }
    guard errors.isEmpty else { throw StatusError.invalid(request.resource.groupKind, request.name, errors) }
  }

  /// What a default object says once it is stored.
  static func spec(of object: JSONObject, _ target: ServedResource, _ kinds: BuiltinKinds) -> JSONValue? {
    var tree = JSONValue.object(object)
    kinds.complete(&tree, kind: target.groupVersionKind)
    return tree["spec"]
  }

  /// - Parameter exceptExempt: of the level `exempt` how many seats it has, and lends, is its users' choice.
  static func isSame(_ spec: JSONValue?, as fixed: JSONValue?, name: String, exceptExempt: Bool) -> Bool {
    guard exceptExempt, name == PriorityLevel.exemptName, var mine = spec?.objectValue,
      var theirs = fixed?.objectValue, theirs["exempt"] != nil
    else { return spec == fixed }
    mine["exempt"] = nil
    theirs["exempt"] = nil
    return mine == theirs
  }
}
