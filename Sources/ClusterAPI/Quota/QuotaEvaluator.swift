import APIMachinery

/// How the objects of one resource count against quotas (kube-apiserver's quota evaluators).
public protocol QuotaEvaluator: Sendable {
  /// The names in a quota that this resource's objects count against.
  func matching(_ names: [String]) -> [String]
  /// What one object counts.
  func usage(of object: JSONObject, now: Timestamp) -> ResourceAmounts
  /// Whether an object is in a quota's scope.
  func isIn(_ scope: QuotaScope, _ object: JSONObject) -> Bool
  /// What an object must say where a quota limits these names; nil where it says it all.
  func missing(_ names: [String], in object: JSONObject) -> String?
  /// Whether an update of the object itself (the empty name) or of a subresource can count.
  func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool
  /// Whether a change of an object may free something.
  func replenishes(new: StoredObject, old: StoredObject) -> Bool
  /// Whether what an object counts depends on what is in it.
  var readsObjects: Bool { get }
}

extension QuotaEvaluator {
  public func isIn(_ scope: QuotaScope, _ object: JSONObject) -> Bool { false }
  public func missing(_ names: [String], in object: JSONObject) -> String? { nil }
  public func countsUpdate(_ subresource: String, new: JSONObject, old: JSONObject) -> Bool { false }
  public func replenishes(new: StoredObject, old: StoredObject) -> Bool { false }
  public var readsObjects: Bool { true }
}

/// Finds the evaluator of a resource.
public enum QuotaEvaluators {
  private static let pods = GroupResource(group: "", resource: "pods")
  private static let services = GroupResource(group: "", resource: "services")
  private static let claims = GroupResource(group: "", resource: "persistentvolumeclaims")
  private static let deviceClaims = GroupResource(group: "resource.k8s.io", resource: "resourceclaims")

  /// Never counted: what is told of is no user's, and what is not kept takes no room.
  private static let ignored: Set<GroupResource> = [
    GroupResource(group: "", resource: "events"), GroupResource(group: "events.k8s.io", resource: "events"),
    GroupResource(group: "", resource: "bindings"), GroupResource(group: "", resource: "componentstatuses"),
    GroupResource(group: "authorization.k8s.io", resource: "localsubjectaccessreviews"),
  ]

  /// Nil for a resource that does not count.
  public static func evaluator(of resource: GroupResource) -> (any QuotaEvaluator)? {
    switch resource {
    case pods: PodQuota()
    case services: ServiceQuota()
    case claims: ClaimQuota()
    case deviceClaims: DeviceClaimQuota()
    case _ where ignored.contains(resource): nil
    default: CountQuota(resource)
    }
  }

  /// The name in a quota that counts all objects of a resource: `count/deployments.apps`.
  static func countName(_ resource: GroupResource) -> String { "count/\(resource)" }
}

/// Counts the objects of a resource, and nothing in them.
struct CountQuota: QuotaEvaluator {
  /// Resources that had a name in quotas before there was one for each.
  private static let formerNames: Set<String> = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]
  private let names: [String]

  init(_ resource: GroupResource) {
    let isOld = resource.group.isEmpty && Self.formerNames.contains(resource.resource)
    names = [QuotaEvaluators.countName(resource)] + (isOld ? [resource.resource] : [])
  }

  var readsObjects: Bool { false }

  func matching(_ names: [String]) -> [String] { names.filter(self.names.contains) }

  func usage(of object: JSONObject, now: Timestamp) -> ResourceAmounts {
    var usage = ResourceAmounts()
    for name in names { usage[name] = Quantity(1) }
    return usage
  }
}
