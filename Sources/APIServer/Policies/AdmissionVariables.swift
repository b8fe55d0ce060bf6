import APIMachinery

/// What expressions of admission see: the object, the request, and who asks (Kubernetes, "Validating Admission Policy").
struct AdmissionVariables: Sendable {
  private(set) var values: [String: CELValue]
  private let questions: AuthorizationQuestions

  /// - Parameters:
  ///   - form: the request as policies and webhooks are told of it.
  ///   - kind: the kind as which the objects are seen, and `resource` the resource that a rule has matched.
  ///   - object: the object in that kind; nil where it is removed.
  ///   - questions: answers what expressions ask of the authorizer.
  init(
    _ form: WebhookForm, _ request: AdmissionRequest, as kind: GroupVersionKind, _ resource: GroupVersionResource,
    object: JSONObject?, oldObject: JSONObject?, _ questions: AuthorizationQuestions
  ) {
    values = [
      "object": Self.value(object), "oldObject": Self.value(oldObject), "namespaceObject": .null, "params": .null,
    ]
    values["request"] = try? CELValue(Self.description(form, request, kind, resource), AdmissionEnvironment.request)
    self.questions = questions
    values["authorizer"] = .authorizer(questions)
    var check = CELAuthorizationCheck()
    check.group = form.resource.group
    check.resource = form.resource.resource
    check.subresource = form.subresource
    check.namespace = form.namespace
    check.name = form.name
    values["authorizer.requestResource"] = .resourceCheck(questions, check)
  }

  private static func value(_ object: JSONObject?) -> CELValue {
    object.map { CELValue(natural: .object($0)) } ?? .null
  }

  /// The same with what a binding refers to.
  func with(parameters: JSONValue) -> AdmissionVariables {
    var copy = self
    copy.values["params"] = CELValue(natural: parameters)
    return copy
  }

  /// The same with the namespace of the object.
  func with(namespace: JSONObject?) -> AdmissionVariables {
    var copy = self
    if let namespace, let value = try? CELValue(.object(namespace), AdmissionEnvironment.namespace) {
      copy.values["namespaceObject"] = value
    }
    return copy
  }

  /// The same with the variables of a policy.
  func with(_ variables: PolicyVariables) -> AdmissionVariables {
    var copy = self
    copy.values["variables"] = .lazy(variables)
    return copy
  }

  /// Evaluates an expression, which may ask the authorizer.
  func evaluate(_ program: CELProgram) async -> CELOutcome {
    while true {
      let outcome = program.evaluate(values)
      guard case .failure(.suspended) = outcome.result, await questions.answer() else { return outcome }
    }
  }

  /// The request as `admission.k8s.io/v1` describes it, without the objects.
  private static func description(
    _ form: WebhookForm, _ request: AdmissionRequest, _ kind: GroupVersionKind, _ resource: GroupVersionResource
  ) -> JSONValue {
    let review = AdmissionReview.members(form, request, kind: kind, resource: resource)
    return .object(review)
  }
}

/// The types of the variables that expressions of admission see.
enum AdmissionEnvironment {
  private static func object(_ fields: [(String, Schema)]) -> Schema {
    Schema(.object, properties: fields.map { SchemaProperty($0.0, $0.1) })
  }

  private static func texts(_ names: String...) -> [(String, Schema)] { names.map { ($0, Schema(.string)) } }
  private static let textList = Schema(.array, items: Schema(.string))
  private static func map(_ values: Schema) -> Schema { Schema(.object, additionalProperties: .schema(values)) }

  /// - Parameter parts: what messages call the objects in it.
  private static func type(_ schema: Schema, _ name: String, _ parts: [String: String]) -> CELSchemaType {
    var names: [String: String] = [:]
    for (part, called) in parts { names["\(name).\(part)"] = "kubernetes.\(called)" }
    return CELSchemaType.make(schema, isResource: false, name: name, names: names) ?? .dynamic
  }

  static let request = type(
    object(
      [
        ("kind", object(texts("group", "version", "kind"))),
        ("resource", object(texts("group", "version", "resource"))),
        ("requestKind", object(texts("group", "version", "kind"))),
        ("requestResource", object(texts("group", "version", "resource"))),
        ("userInfo", object(texts("username", "uid") + [("groups", textList), ("extra", map(textList))])),
        ("dryRun", Schema(.boolean)), ("options", Schema(.any)),
      ] + texts("subResource", "requestSubResource", "name", "namespace", "operation")), "kubernetes.AdmissionRequest",
    [
      "kind": "GroupVersionKind", "resource": "GroupVersionResource", "requestKind": "GroupVersionKind",
      "requestResource": "GroupVersionResource", "userInfo": "UserInfo",
    ])

  static let namespace = type(
    object([
      (
        "metadata",
        object(
          texts("name", "generateName", "namespace", "UID", "resourceVersion")
            + [
              ("labels", map(Schema(.string))), ("annotations", map(Schema(.string))),
              ("creationTimestamp", Schema(.string, format: "date-time")),
              ("deletionGracePeriodSeconds", Schema(.integer)),
              ("deletionTimestamp", Schema(.string, format: "date-time")), ("generation", Schema(.integer)),
              ("finalizers", textList),
            ])
      ), ("spec", object([("finalizers", textList)])),
      (
        "status",
        object(
          texts("phase") + [
            (
              "conditions",
              Schema(
                .array,
                items: object(
                  texts("status", "type", "message", "reason") + [
                    ("lastTransitionTime", Schema(.string, format: "date-time"))
                  ]))
            )
          ])
      ),
    ]), "kubernetes.Namespace",
    [
      "metadata": "NamespaceMetadata", "spec": "NamespaceSpec", "status": "NamespaceStatus",
      "status.conditions.@idx": "NamespaceCondition",
    ])

  private static let common = CELEnvironment.kubernetes.with([
    "object": .dynamic, "oldObject": .dynamic, "request": request.type, "namespaceObject": namespace.type,
  ])

  /// - Parameters:
  ///   - hasParameters: whether there is a variable `params`.
  ///   - hasAuthorizer: whether expressions may ask the authorizer.
  static func make(hasParameters: Bool, hasAuthorizer: Bool) -> CELEnvironment {
    var more: [String: CELType] = [:]
    if hasParameters { more["params"] = .dynamic }
    if hasAuthorizer {
      more["authorizer"] = .authorizer
      more["authorizer.requestResource"] = .resourceCheck
    }
    return common.with(more)
  }
}
