import APIMachinery
import ClusterAPI

/// What nobody may have without a quota that says how much (`apiserver.config.k8s.io` ResourceQuotaConfiguration).
public struct QuotaConfiguration: Sendable {
  private struct Limited: Sendable {
    let resource: GroupResource
    /// Parts of the names of what is limited, as quotas name it.
    let parts: [String]
    let scopes: [QuotaScope]
  }

  private var limited: [Limited] = []

  /// Nothing is limited.
  public init() {}

  private static let kind: ConfigurationKind = {
    typealias Kind = ConfigurationKind
    let scope = Kind.object([("scopeName", Kind.text), ("operator", Kind.text), ("values", Kind.texts)])
    let resource = Kind.object([
      ("apiGroup", Kind.text), ("resource", Kind.text), ("matchContains", Kind.texts),
      ("matchScopes", Kind.list(scope)),
    ])
    return Kind(
      "apiserver.config.k8s.io", ["v1"], "ResourceQuotaConfiguration",
      [SchemaProperty("limitedResources", Kind.list(resource))])
  }()

  /// - Throws: 400 where the value is no such configuration, 422 that names every field that is wrong.
  init(_ value: JSONValue) throws(StatusError) {
    var errors: [FieldError] = []
    for (index, item) in (try Self.kind.read(value)["limitedResources"]?.arrayValue ?? []).enumerated() {
      let path = FieldPath("limitedResources").index(index)
      let resource = item["resource"]?.stringValue ?? ""
      if resource.isEmpty { errors.append(.required(path.child("resource"))) }
      var scopes: [QuotaScope] = []
      for (index, item) in (item["matchScopes"]?.arrayValue ?? []).enumerated() {
        if let scope = QuotaScope(item) {
          scopes.append(scope)
        } else {
          errors.append(
            .notSupported(
              path.child("matchScopes").index(index).child("operator"), item["operator"],
              ["DoesNotExist", "Exists", "In", "NotIn"]))
        }
      }
      limited.append(
        Limited(
          resource: GroupResource(group: item["apiGroup"]?.stringValue ?? "", resource: resource),
          parts: (item["matchContains"]?.arrayValue ?? []).compactMap(\.stringValue), scopes: scopes))
    }
    guard errors.isEmpty else {
      throw .invalid(GroupKind(group: Self.kind.group, kind: Self.kind.kind), "", errors)
    }
  }

  /// Whether a namespace without any quota may lack one.
  var isEmpty: Bool { limited.isEmpty }

  /// What of a usage a quota must name.
  func names(_ usage: ResourceAmounts, of resource: GroupResource) -> Set<String> {
    let parts = limited.filter { $0.resource == resource }.flatMap(\.parts)
    return Set(
      usage.names.filter { name in (usage[name]?.sign ?? 0) > 0 && parts.contains { name.contains($0) } })
  }

  /// Those scopes that an object is in and a quota must have.
  func scopes(_ object: JSONObject, _ evaluator: any QuotaEvaluator) -> [QuotaScope] {
    limited.flatMap(\.scopes).filter { evaluator.isIn($0, object) }
  }
}
