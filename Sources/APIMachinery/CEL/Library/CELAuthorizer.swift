/// A question that an expression asks: `authorizer.group('').resource('pods').check('list')`.
public struct CELAuthorizationCheck: Sendable, Hashable {
  /// The service account that is asked about, as namespace and name; nil where it is the user of the request.
  public struct ServiceAccount: Sendable, Hashable {
    public let namespace: String
    public let name: String
  }

  public var serviceAccount: ServiceAccount?
  /// Set where the question is about a path, not a resource.
  public var path: String?
  public var group = ""
  public var resource = ""
  public var subresource = ""
  public var namespace = ""
  public var name = ""
  public var fieldSelector = ""
  public var labelSelector = ""
  public var verb = ""

  public init() {}
}

/// The answer to a question.
public struct CELAuthorizationDecision: Sendable, Hashable {
  public let isAllowed: Bool
  public let reason: String
  public let error: String?

  public init(isAllowed: Bool, reason: String, error: String? = nil) {
    self.isAllowed = isAllowed
    self.reason = reason
    self.error = error
  }
}

/// Answers an expression's questions.
public protocol CELAuthorizer: Sendable {
  /// - Throws: ``CELEvaluationError``
  func decide(_ check: CELAuthorizationCheck) throws -> CELAuthorizationDecision
}

extension CELValue {
  /// The variable `authorizer`.
  public static func authorizer(_ authorizer: any CELAuthorizer) -> CELValue {
    .opaque(CELAuthorizerValue(.authorizer, authorizer, CELAuthorizationCheck()))
  }

  /// The variable `authorizer.requestResource`: a question about what the request is about.
  public static func resourceCheck(_ authorizer: any CELAuthorizer, _ check: CELAuthorizationCheck) -> CELValue {
    .opaque(CELAuthorizerValue(.resource, authorizer, check))
  }
}

extension CELType {
  /// The type of the variable `authorizer`.
  public static let authorizer = CELAuthorizerValue.Stage.authorizer.type
  /// The type of the variable `authorizer.requestResource`.
  public static let resourceCheck = CELAuthorizerValue.Stage.resource.type
}

/// A question as far as it has been put together.
struct CELAuthorizerValue: CELOpaque {
  enum Stage: String, Sendable {
    case authorizer = "Authorizer"
    case path = "PathCheck"
    case group = "GroupCheck"
    case resource = "ResourceCheck"

    var type: CELType { .opaque("kubernetes.authorization.\(rawValue)", []) }
  }

  private let stage: Stage
  private let authorizer: any CELAuthorizer
  private let check: CELAuthorizationCheck

  init(_ stage: Stage, _ authorizer: any CELAuthorizer, _ check: CELAuthorizationCheck) {
    self.stage = stage
    self.authorizer = authorizer
    self.check = check
  }

  var type: CELType { stage.type }

  func isEqual(_ other: any CELOpaque) -> Bool {
    guard let other = other as? CELAuthorizerValue else { return false }
    return other.stage == stage && other.check == check
  }

  func with(_ stage: Stage, _ change: (inout CELAuthorizationCheck) throws -> Void) rethrows -> CELValue {
    var check = check
    try change(&check)
    return .opaque(CELAuthorizerValue(stage, authorizer, check))
  }

  func decide(_ verb: String) throws -> CELValue {
    var check = check
    check.verb = verb
    return .opaque(CELDecisionValue(decision: try authorizer.decide(check)))
  }
}

/// An answer as an expression sees it.
struct CELDecisionValue: CELOpaque {
  static let type = CELType.opaque("kubernetes.authorization.Decision", [])
  let decision: CELAuthorizationDecision

  var type: CELType { Self.type }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELDecisionValue)?.decision == decision }
}

extension CELLibrary {
  static func addAuthorizer(_ table: inout CELFunctionTable) {
    typealias Stage = CELAuthorizerValue.Stage
    table.member("path", "authorizer_path", Stage.authorizer.type, [.string], Stage.path.type) { values, _ in
      let path = try values[1].string()
      guard !path.allSatisfy(\.isWhitespace) else { throw CELEvaluationError("path must not be empty") }
      return try values[0].opaque(CELAuthorizerValue.self).with(.path) { $0.path = path }
    }
    table.member("group", "authorizer_group", Stage.authorizer.type, [.string], Stage.group.type) { values, _ in
      let group = try values[1].string()
      return try values[0].opaque(CELAuthorizerValue.self).with(.group) { $0.group = group }
    }
    table.member(
      "serviceAccount", "authorizer_serviceaccount", Stage.authorizer.type, [.string, .string], Stage.authorizer.type
    ) { values, _ in
      let (namespace, name) = (try values[1].string(), try values[2].string())
      guard NameRules.dns1123Subdomain(name).isEmpty else {
        throw CELEvaluationError("Invalid service account name")
      }
      guard NameRules.dns1123Label(namespace).isEmpty else {
        throw CELEvaluationError("Invalid service account namespace")
      }
      return try values[0].opaque(CELAuthorizerValue.self).with(.authorizer) {
        $0.serviceAccount = CELAuthorizationCheck.ServiceAccount(namespace: namespace, name: name)
      }
    }
    table.member("resource", "groupcheck_resource", Stage.group.type, [.string], Stage.resource.type) { values, _ in
      let resource = try values[1].string()
      guard !resource.allSatisfy(\.isWhitespace) else { throw CELEvaluationError("resource must not be empty") }
      return try values[0].opaque(CELAuthorizerValue.self).with(.resource) { $0.resource = resource }
    }
    let parts: [(String, String, @Sendable (inout CELAuthorizationCheck, String) -> Void)] = [
      ("subresource", "resourcecheck_subresource", { $0.subresource = $1 }),
      ("namespace", "resourcecheck_namespace", { $0.namespace = $1 }),
      ("name", "resourcecheck_name", { $0.name = $1 }),
      ("fieldSelector", "authorizer_fieldselector", { $0.fieldSelector = $1 }),
      ("labelSelector", "authorizer_labelselector", { $0.labelSelector = $1 }),
    ]
    for (name, id, change) in parts {
      table.member(name, id, Stage.resource.type, [.string], Stage.resource.type) { values, _ in
        let text = try values[1].string()
        return try values[0].opaque(CELAuthorizerValue.self).with(.resource) { change(&$0, text) }
      }
    }
    for (id, stage) in [("pathcheck_check", Stage.path), ("resourcecheck_check", .resource)] {
      table.member("check", id, stage.type, [.string], CELDecisionValue.type) { values, _ in
        try values[0].opaque(CELAuthorizerValue.self).decide(values[1].string())
      }
    }
    let decision = CELDecisionValue.type
    table.member("allowed", "decision_allowed", decision, .bool) { values, _ in
      .bool(try values[0].opaque(CELDecisionValue.self).decision.isAllowed)
    }
    table.member("reason", "decision_reason", decision, .string) { values, _ in
      .string(try values[0].opaque(CELDecisionValue.self).decision.reason)
    }
    table.member("errored", "decision_errored", decision, .bool) { values, _ in
      .bool(try values[0].opaque(CELDecisionValue.self).decision.error != nil)
    }
    table.member("error", "decision_error", decision, .string) { values, _ in
      .string(try values[0].opaque(CELDecisionValue.self).decision.error ?? "")
    }
  }
}
