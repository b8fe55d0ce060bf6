import APIMachinery
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
    guard handler.info.verb == "create" else { throw StatusError.methodNotAllowed() }
    let form = try ResponseForm.negotiate(handler.request.headers, handler.request.query, for: .status)
    var review = try handler.reader.object(try await handler.requestBody(), handler.target)
    try checkAttributes(review)
    switch handler.target.resource.plural {
    case "selfsubjectaccessreviews":
      review["status"] = await access(handler.context.user, review["spec"]?.objectValue ?? [:])
    case "subjectaccessreviews":
      review["status"] = try await access(subject(review), review["spec"]?.objectValue ?? [:])
    case "localsubjectaccessreviews":
      let namespace = review["spec"]?["resourceAttributes"]?["namespace"]?.stringValue ?? ""
      guard namespace == handler.info.namespace else {
        throw StatusError.invalid(
          handler.target.groupKind, "",
          [
            .invalid(
              FieldPath("spec", "resourceAttributes", "namespace"), .string(namespace), "must match metadata.namespace")
          ])
      }
      review["status"] = try await access(subject(review), review["spec"]?.objectValue ?? [:])
    case "selfsubjectrulesreviews": review["status"] = rules(review)
    case "selfsubjectreviews": review["status"] = ["userInfo": Self.json(handler.context.user)]
    default: review["status"] = try await token(review)
    }
    review.setMetadata("creationTimestamp", .null)
    return try handler.answer(JSONValue.object(review).jsonBytes(), form, status: .created)
  }

  /// An access review asks about a resource or about a path.
  private func checkAttributes(_ review: JSONObject) throws(StatusError) {
    guard handler.target.resource.plural.hasSuffix("accessreviews") else { return }
    let path = FieldPath("spec")
    let spec = review["spec"]
    func given(_ name: String) -> JSONValue? { spec?[name].flatMap { $0 == .null ? nil : $0 } }
    switch (given("resourceAttributes"), given("nonResourceAttributes")) {
    case (nil, nil):
      throw .invalid(
        handler.target.groupKind, "",
        [
          .invalid(
            path.child("resourceAttributes"), .null,
            "exactly one of nonResourceAttributes or resourceAttributes must be specified")
        ])
    case (.some, let other?):
      throw .invalid(
        handler.target.groupKind, "",
        [
          .invalid(
            path.child("nonResourceAttributes"), other, "cannot be specified in combination with resourceAttributes")
        ])
    case (nil, let other?) where handler.target.resource.isNamespaced:
      throw .invalid(
        handler.target.groupKind, "",
        [.invalid(path.child("nonResourceAttributes"), other, "disallowed on this kind of request")])
    default: return
    }
  }

  /// Whether a user may do what the attributes say.
  private func access(_ user: User, _ spec: JSONObject) async -> JSONValue {
    var info = RequestInfo(method: .get, segments: [], query: Query())
    if let attributes = spec["resourceAttributes"] {
      func text(_ name: String) -> String { attributes[name]?.stringValue ?? "" }
      info.isResource = true
      info.verb = text("verb")
      info.group = text("group")
      info.version = text("version")
      info.resource = text("resource")
      info.subresource = text("subresource")
      info.namespace = text("namespace")
      info.name = text("name")
    } else {
      info.verb = spec["nonResourceAttributes"]?["verb"]?.stringValue ?? ""
      info.path = spec["nonResourceAttributes"]?["path"]?.stringValue ?? ""
    }
    switch await server.authorizer.authorize(user, info) {
    case .allowed(let reason):
      return .object(JSONObject([("allowed", true)] + (reason.isEmpty ? [] : [("reason", .string(reason))])))
    case .denied(let reason):
      return .object(
        JSONObject([("allowed", false), ("denied", true)] + (reason.isEmpty ? [] : [("reason", .string(reason))])))
    case .noOpinion(let reason):
      return .object(JSONObject([("allowed", false)] + (reason.isEmpty ? [] : [("reason", .string(reason))])))
    }
  }

  /// The user that a review asks about.
  private func subject(_ review: JSONObject) throws(StatusError) -> User {
    let spec = review["spec"]
    let name = spec?["user"]?.stringValue ?? ""
    let groups = (spec?["groups"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard !name.isEmpty || !groups.isEmpty else {
      throw .invalid(
        handler.target.groupKind, "",
        [.invalid(FieldPath("spec", "user"), .string(name), "at least one of user or group must be specified")])
    }
    var extra: [String: [String]] = [:]
    for (key, values) in spec?["extra"]?.objectValue ?? [:] {
      extra[key] = (values.arrayValue ?? []).compactMap(\.stringValue)
    }
    return User(name: name, uid: spec?["uid"]?.stringValue ?? "", groups: groups, extra: extra)
  }

  private func rules(_ review: JSONObject) -> JSONValue {
    var resources: [JSONValue] = []
    var paths: [JSONValue] = []
    func put(_ rule: PolicyRule) {
      var json = rule.json.objectValue ?? [:]
      if rule.paths.isEmpty {
        json.remove("nonResourceURLs")
        resources.append(.object(json))
      } else {
        paths.append(["verbs": json["verbs"] ?? [], "nonResourceURLs": json["nonResourceURLs"] ?? []])
      }
    }
    let namespace = review["spec"]?["namespace"]?.stringValue ?? ""
    RBACAuthorizer(handler.registry).visitRules(of: handler.context.user, in: namespace) { rule, _ in
      put(rule)
      return true
    }
    if handler.context.user.groups.contains("system:masters") {
      put(PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]))
      put(PolicyRule(verbs: ["*"], paths: ["*"]))
    }
    return ["resourceRules": .array(resources), "nonResourceRules": .array(paths), "incomplete": false]
  }

  /// Whose a token is.
  private func token(_ review: JSONObject) async throws -> JSONValue {
    let token = review["spec"]?["token"]?.stringValue ?? ""
    guard !token.isEmpty else {
      throw StatusError.badRequest("token is required for TokenReview in authentication")
    }
    let audiences = (review["spec"]?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    do {
      guard let bearer = try await server.authenticator.bearer(of: token, audiences: audiences) else {
        return ["user": [:], "authenticated": false]
      }
      return [
        "authenticated": true, "user": Self.json(bearer.user),
        "audiences": .array(bearer.audiences.map { .string($0) }),
      ]
    } catch let refusal as TokenRefusal {
      return ["user": [:], "authenticated": false, "error": .string(refusal.message)]
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
