import APIMachinery
import ClusterAPI
import HTTPService

/// Kinds that are created to ask a question: they are answered at once and stored nowhere.
struct ReviewHandler {
  let handler: ResourceHandler
  let server: APIServer

  static let resources: Set<GroupResource> = [
    GroupResource(group: "authorization.k8s.io", resource: "subjectaccessreviews"),
    GroupResource(group: "authorization.k8s.io", resource: "localsubjectaccessreviews"),
    GroupResource(group: "authorization.k8s.io", resource: "selfsubjectaccessreviews"),
    GroupResource(group: "authorization.k8s.io", resource: "selfsubjectrulesreviews"),
    GroupResource(group: "authentication.k8s.io", resource: "tokenreviews"),
    GroupResource(group: "authentication.k8s.io", resource: "selfsubjectreviews"),
  ]

  func respond() async throws -> Response {
    try handler.checkPlace()
    guard handler.info.verb == "create" else { throw StatusError.methodNotAllowed() }
    let form = try ResponseForm.negotiate(handler.request.headers, handler.request.query, for: .answer)
    var review = try await handler.registry.admit(
      try handler.reader.object(try await handler.requestBody(), handler.target), handler.target.kind, handler.target,
      handler.context, judge: check)
    var value = JSONValue.object(review)
    handler.registry.kinds.normalize(&value, definition: handler.target.version.definitionName)
    review = value.objectValue ?? review
    let spec = review["spec"]?.objectValue ?? [:]
    switch handler.target.resource.plural {
    case "selfsubjectaccessreviews": review["status"] = await access(handler.context.user, spec)
    case "subjectaccessreviews", "localsubjectaccessreviews": review["status"] = await access(subject(spec), spec)
    case "selfsubjectrulesreviews":
      review["status"] = rules(review)
      // What was asked for is not repeated.
      review["spec"] = [:]
      review["metadata"] = [:]
    case "selfsubjectreviews":
      review.setMetadata("creationTimestamp", .string(Timestamp.now.description))
      review["status"] = ["userInfo": Self.json(handler.context.user)]
    default: review["status"] = try await token(review)
    }
    if review["metadata"]?.objectValue == nil { review["metadata"] = [:] }
    return try handler.answer(JSONValue.object(review).jsonBytes(), form, status: .created)
  }

  /// Whether a user may do what the attributes say.
  private func access(_ user: User, _ spec: JSONObject) async -> JSONValue {
    var status: JSONObject = ["allowed": false]
    var problems: [String] = []
    func note(_ reason: String) { if !reason.isEmpty { status["reason"] = .string(reason) } }
    switch await server.authorizer.authorize(user, AccessAttributes.info(spec)) {
    case .allowed(let reason):
      status["allowed"] = true
      note(reason)
    case .denied(let reason):
      status["denied"] = true
      note(reason)
    case .noOpinion(let reason): note(reason)
    case .failed(let why, let isFinal):
      if isFinal { status["denied"] = true }
      problems.append(why)
    }
    problems += AccessAttributes.problems(spec)
    if !problems.isEmpty { status["evaluationError"] = .string(problems.joined(separator: "; ")) }
    return .object(status)
  }

  /// - Throws: 422 where a review of access asks nothing, or too much; 400 where another one does not say what it needs.
  private func check(_ review: JSONObject) throws {
    switch handler.target.resource.plural {
    case "selfsubjectaccessreviews": try checkAccess(review, namesUser: false)
    case "subjectaccessreviews": try checkAccess(review, namesUser: true)
    case "localsubjectaccessreviews": try checkAccess(review, namesUser: true, isLocal: true)
    case "selfsubjectrulesreviews":
      guard !(review["spec"]?["namespace"]?.stringValue ?? "").isEmpty else {
        throw StatusError.badRequest("no namespace on request")
      }
    case "tokenreviews":
      guard !(review["spec"]?["token"]?.stringValue ?? "").isEmpty else {
        throw StatusError.badRequest("token is required for TokenReview in authentication")
      }
    default: break
    }
  }

  private func checkAccess(_ review: JSONObject, namesUser: Bool, isLocal: Bool = false) throws(StatusError) {
    let spec = review["spec"]?.objectValue ?? [:]
    var errors = AccessAttributes.violations(spec, namesUser: namesUser)
    var metadata = review["metadata"]?.objectValue ?? [:]
    metadata["managedFields"] = nil
    if isLocal { metadata["namespace"] = nil }
    if metadata.contains(where: { $0.value != .null && $0.value != "" && $0.value != [:] && $0.value != [] }) {
      errors.append(
        .invalid(
          FieldPath("metadata"), review["metadata"].map(MetadataOrder.ordered),
          isLocal ? "must be empty except for namespace" : "must be empty"
        ).inOrder)
    }
    let namespace = spec["resourceAttributes"]?["namespace"]?.stringValue ?? ""
    if isLocal, spec["resourceAttributes"] != nil, namespace != handler.info.namespace {
      errors.append(
        .invalid(
          FieldPath("spec", "resourceAttributes", "namespace"), .string(namespace), "must match metadata.namespace"))
    }
    if isLocal, let document = spec["nonResourceAttributes"] {
      errors.append(
        .invalid(
          FieldPath("spec", "nonResourceAttributes"), AccessAttributes.shown(document),
          "disallowed on this kind of request"
        ).inOrder)
    }
    // Upstream names the group alone.
    let kind = GroupKind(group: handler.target.groupKind.group, kind: "")
    guard errors.isEmpty else { throw .invalid(kind, "", errors) }
  }

  /// The user that a review asks about.
  private func subject(_ spec: JSONObject) -> User {
    let groups = (spec["groups"]?.arrayValue ?? []).compactMap(\.stringValue)
    var extra: [String: [String]] = [:]
    for (key, values) in spec["extra"]?.objectValue ?? [:] {
      extra[key] = (values.arrayValue ?? []).compactMap(\.stringValue)
    }
    return User(
      name: spec["user"]?.stringValue ?? "", uid: spec["uid"]?.stringValue ?? "", groups: groups, extra: extra)
  }

  /// What the sender may do in a namespace.
  private func rules(_ review: JSONObject) -> JSONValue {
    let namespace = review["spec"]?["namespace"]?.stringValue ?? ""
    let rules = server.authorizer.rules(of: handler.context.user, in: namespace)
    var status: JSONObject = [
      "resourceRules": .array(rules.resources), "nonResourceRules": .array(rules.paths),
      "incomplete": .bool(!rules.problems.isEmpty),
    ]
    if let problem = GoAggregate.message(rules.problems) { status["evaluationError"] = .string(problem) }
    return .object(status)
  }

  /// Whose a token is.
  private func token(_ review: JSONObject) async throws -> JSONValue {
    let token = review["spec"]?["token"]?.stringValue ?? ""
    let audiences = (review["spec"]?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    do {
      guard let bearer = try await server.authenticator.bearer(of: token, audiences: audiences) else {
        return ["user": [:], "error": "invalid bearer token"]
      }
      return [
        "authenticated": true, "user": Self.json(bearer.user),
        "audiences": .array(bearer.audiences.map { .string($0) }),
      ]
    } catch let refusal as TokenRefusal {
      return ["user": [:], "error": .string(refusal.message)]
    }
  }

  static func json(_ user: User) -> JSONValue {
    var object: JSONObject = ["username": .string(user.name)]
    if !user.uid.isEmpty { object["uid"] = .string(user.uid) }
    if !user.groups.isEmpty { object["groups"] = .array(user.groups.map { .string($0) }) }
    if !user.extra.isEmpty {
      object["extra"] = .object(
        JSONObject(
          user.extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { JSONValue.string($0) })) }))
    }
    return .object(object)
  }
}
