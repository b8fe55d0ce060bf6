import APIMachinery

/// A quota as it stands (`v1` ResourceQuota): what is limited, what is used, and which objects count.
public struct Quota: Sendable {
  public let name: String
  public let uid: String
  /// The limits that are enforced: those for which the usage is known.
  public let hard: ResourceAmounts
  /// The limits that somebody wants.
  public let wanted: ResourceAmounts
  public var used: ResourceAmounts
  private let scopes: [QuotaScope]

  public init(_ object: StoredObject) {
    self.init(
      name: object.header.name, uid: object.header.uid, spec: object.value(at: "spec") ?? [:],
      status: object.value(at: "status") ?? [:])
  }

  init(name: String, uid: String, spec: JSONValue, status: JSONValue) {
    self.name = name
    self.uid = uid
    wanted = ResourceAmounts(json: spec["hard"])
    hard = ResourceAmounts(json: status["hard"])
    used = ResourceAmounts(json: status["used"])
    scopes = QuotaScope.all(ofSpec: spec)
  }

  /// Whether an object counts against this.
  public func covers(_ object: JSONObject, _ evaluator: any QuotaEvaluator) -> Bool {
    !evaluator.matching(hard.names).isEmpty && isInScope(object, evaluator)
  }

  /// Those of the scopes that an object is in.
  public func scopes(of object: JSONObject, _ evaluator: any QuotaEvaluator) -> [QuotaScope] {
    scopes.filter { evaluator.isIn($0, object) }
  }

  /// Whether some objects of a resource may count and others not.
  public var hasScopes: Bool { !scopes.isEmpty }

  /// Whether an object is one of those that the scopes mean.
  public func isInScope(_ object: JSONObject, _ evaluator: any QuotaEvaluator) -> Bool {
    scopes.allSatisfy { evaluator.isIn($0, object) }
  }
}
