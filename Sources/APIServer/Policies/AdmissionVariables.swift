import APIMachinery
import HTTPService

/// What expressions of admission see: the object, the request, and who asks (Kubernetes, "Validating Admission Policy").
public struct AdmissionVariables: Sendable {
  private(set) var values: [String: CELValue]
  private let questions: AuthorizationQuestions?

  /// - Parameters:
  ///   - kind: the kind as which the object is seen; nil for the request's own.
  ///   - resource: the resource that a rule has matched; nil for the request's own.
  ///   - namespace: the namespace of the object; nil for objects of the whole cluster.
  ///   - parameters: what a binding refers to; nil where an expression has no variable of that name.
  ///   - authorizer: answers what expressions ask; nil where they must not ask.
  public init(
    _ request: AdmissionRequest, kind: GroupVersionKind? = nil, resource: GroupVersionResource? = nil,
    namespace: JSONObject? = nil, parameters: JSONValue? = nil, authorizer: (any Authorizer)? = nil
  ) {
    values = [
      "object": request.operation == .delete ? .null : Self.value(request.object),
      "oldObject": Self.value(request.operation == .delete ? request.oldObject ?? request.object : request.oldObject),
      "namespaceObject": .null,
    ]
    values["request"] = try? CELValue(
      Self.description(of: request, kind, resource), AdmissionEnvironment.request)
    if let namespace { values["namespaceObject"] = try? CELValue(.object(namespace), AdmissionEnvironment.namespace) }
    if let parameters { values["params"] = CELValue(natural: parameters) }
    guard let authorizer else {
      questions = nil
      return
    }
    let questions = AuthorizationQuestions(authorizer, user: request.user)
    self.questions = questions
    values["authorizer"] = .authorizer(questions)
    var check = CELAuthorizationCheck()
    check.group = request.resource.groupResource.group
    check.resource = request.resource.groupResource.resource
    check.subresource = request.subresource
    check.namespace = request.namespace
    check.name = request.name
    values["authorizer.requestResource"] = .resourceCheck(questions, check)
  }

  private static func value(_ object: JSONObject?) -> CELValue {
    object.map { CELValue(natural: .object($0)) } ?? .null
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
      guard case .failure(.suspended) = outcome.result, let questions, await questions.answer() else { return outcome }
    }
  }

  /// The request as `admission.k8s.io/v1` describes it, without the objects.
  static func description(
    of request: AdmissionRequest, _ kind: GroupVersionKind?, _ resource: GroupVersionResource?
  ) -> JSONValue {
    let ownKind =
      request.resource.version.subresource(request.subresource)?.kind.groupVersionKind
      ?? request.resource.groupVersionKind
    let place = request.resource.groupResource
    let own = GroupVersionResource(
      group: place.group, version: request.resource.version.name, resource: place.resource)
    let user = request.user
    var info: JSONObject = [
      "username": .string(user.name), "groups": .array(user.groups.map { .string($0) }),
    ]
    if !user.uid.isEmpty { info["uid"] = .string(user.uid) }
    if !user.extra.isEmpty {
      info["extra"] = .object(
        JSONObject(user.extra.sorted { $0.key < $1.key }.map { ($0, .array($1.map { .string($0) })) }))
    }
    var result: JSONObject = [
      "kind": json(kind ?? ownKind), "resource": json(resource ?? own), "requestKind": json(ownKind),
      "requestResource": json(own), "operation": .string(request.operation.rawValue), "userInfo": .object(info),
      "dryRun": .bool(request.isDryRun), "options": options(of: request),
    ]
    if !request.name.isEmpty { result["name"] = .string(request.name) }
    if !request.namespace.isEmpty { result["namespace"] = .string(request.namespace) }
    if !request.subresource.isEmpty {
      result["subResource"] = .string(request.subresource)
      result["requestSubResource"] = .string(request.subresource)
    }
    return .object(result)
  }

  private static func options(of request: AdmissionRequest) -> JSONValue {
    let kind =
      switch request.operation {
      case .create: "CreateOptions"
      case .delete: "DeleteOptions"
      case .update: request.context.info.verb == "patch" ? "PatchOptions" : "UpdateOptions"
      case .connect: ""
      }
    guard !kind.isEmpty else { return .null }
    var options: JSONObject = ["apiVersion": "meta.k8s.io/v1", "kind": .string(kind)]
    if request.isDryRun { options["dryRun"] = ["All"] }
    for name in ["fieldManager", "fieldValidation"] {
      if let value = request.context.query[name], !value.isEmpty { options[name] = .string(value) }
    }
    return .object(options)
  }

  static func json(_ kind: GroupVersionKind) -> JSONValue {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }

  static func json(_ resource: GroupVersionResource) -> JSONValue {
    ["group": .string(resource.group), "version": .string(resource.version), "resource": .string(resource.resource)]
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

  private static func type(_ schema: Schema, _ name: String) -> CELSchemaType {
    CELSchemaType.make(schema, isResource: false, name: name) ?? .dynamic
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
      ] + texts("subResource", "requestSubResource", "name", "namespace", "operation")), "kubernetes.AdmissionRequest")

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
    ]), "kubernetes.Namespace")

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
