import APIMachinery

/// Judges requests by ValidatingAdmissionPolicies (admission plugin ValidatingAdmissionPolicy).
public struct ValidatingPolicies: Admission {
  private let store: ClusterStore
  private let index: PolicyIndex<ValidatingPolicy>
  private let authorizer: any Authorizer
  private let registry: @Sendable () -> Registry

  /// - Parameters:
  ///   - authorizer: answers what expressions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(_ store: ClusterStore, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry) {
    self.store = store
    self.authorizer = authorizer
    self.registry = registry
    index = PolicyIndex(store, resource: "validatingadmissionpolicies")
  }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let policies = index.bound
    guard !policies.isEmpty, !WebhookMatcher.isExempt(request) else { return }
    var judgement = PolicyJudgement(store: store, registry: registry(), authorizer: authorizer, request)
    for policy in policies { try await judgement.apply(policy) }
    if let refusal = judgement.refusal() { throw refusal }
  }
}

/// What all policies together make of one request.
private struct PolicyJudgement {
  private struct Denial {
    let message: String
    let reason: String
  }

  private let store: ClusterStore
  private let registry: Registry
  private let authorizer: any Authorizer
  private let request: AdmissionRequest
  private let form: WebhookForm
  private let matcher: WebhookMatcher
  private let parameters: PolicyParameters
  private var denials: [Denial] = []
  /// What is told to the audit log of validations that fail.
  private var failures: [JSONValue] = []

  init(store: ClusterStore, registry: Registry, authorizer: any Authorizer, _ request: AdmissionRequest) {
    self.store = store
    self.registry = registry
    self.authorizer = authorizer
    self.request = request
    form = WebhookForm(request)
    matcher = WebhookMatcher(store: store, snapshot: registry.catalog.snapshot)
    parameters = PolicyParameters(store: store, snapshot: registry.catalog.snapshot)
  }

  private mutating func misconfigured(_ bound: BoundPolicy<ValidatingPolicy>, _ binding: PolicyBinding?, _ why: String)
  {
    guard !bound.policy.ignoresFailures else { return }
    let what = binding == nil ? "policy" : "binding"
    deny(bound, binding, "failed to configure \(what): \(why)", "")
  }

  private mutating func deny(
    _ bound: BoundPolicy<ValidatingPolicy>, _ binding: PolicyBinding?, _ message: String, _ reason: String
  ) {
    let by = binding.map { " with binding '\($0.name)'" } ?? ""
    denials.append(
      Denial(
        message: "ValidatingAdmissionPolicy '\(bound.name)'\(by) denied request: \(message)", reason: reason))
  }

  mutating func apply(_ bound: BoundPolicy<ValidatingPolicy>) async throws {
    let policy = bound.policy
    let found: PolicyMatch.Found
    do throws(StatusError) {
      guard let match = try policy.match.find(matcher, form, request) else { return }
      found = match
    } catch { return misconfigured(bound, nil, error.message) }
    var target: ServedResource?
    if let kind = policy.parameterKind {
      do { target = try parameters.resource(of: kind) } catch { return misconfigured(bound, nil, error.message) }
    }
    var collected: [(key: String, values: [String])] = []
    for binding in bound.bindings {
      let objects: [JSONValue]
      do throws(StatusError) {
        guard try binding.match.find(matcher, form, request) != nil else { continue }
      } catch {
        misconfigured(bound, binding, error.message)
        continue
      }
      do {
        objects = try parameters.objects(target, binding.parameters, namespace: request.namespace)
      } catch {
        misconfigured(bound, binding, error.message)
        continue
      }
      for object in objects {
        let variables = try await variables(found, object).with(PolicyVariables(policy.variables))
        await judge(bound, binding, variables, &collected)
      }
    }
    for (key, values) in collected {
      request.context.annotate("\(bound.name)/\(key)", values.joined(separator: ", "))
    }
  }

  private func variables(_ found: PolicyMatch.Found, _ parameters: JSONValue) async throws -> AdmissionVariables {
    let objects = WebhookObjects(registry: registry)
    return AdmissionVariables(
      form, request, as: found.kind, found.resource,
      object: try await objects.object(form.object, as: found.kind, of: request.resource),
      oldObject: try await objects.object(form.oldObject, as: found.kind, of: request.resource),
      namespace: namespace(), parameters: parameters, authorizer: authorizer)
  }

  private func namespace() -> JSONObject? {
    let isNamespace = form.resource.group.isEmpty && form.resource.resource == "namespaces"
    guard !request.namespace.isEmpty, !isNamespace else { return nil }
    let prefix = "\(StorageLayout.root)namespaces/"
    return store.cache(of: prefix).get(prefix + request.namespace)?.object.tree()
  }

  private mutating func judge(
    _ bound: BoundPolicy<ValidatingPolicy>, _ binding: PolicyBinding, _ variables: AdmissionVariables,
    _ collected: inout [(key: String, values: [String])]
  ) async {
    let policy = bound.policy
    switch await policy.conditions.evaluate(variables) {
    case .matches: break
    case .excluded: return
    case .failed(let message):
      if !policy.ignoresFailures { act(bound, binding, 0, message, "") }
      return
    }
    var remaining: Int64 = 10_000_000
    for (position, validation) in policy.validations.enumerated() {
      switch await validation.expression.evaluate(variables, &remaining) {
      case .value(.bool(true)): continue
      case .failed(let message):
        if !policy.ignoresFailures { act(bound, binding, position, message, "") }
      case .outOfBudget(let message):
        if !policy.ignoresFailures { act(bound, binding, position, message, "") }
        return
      case .value:
        let message = await message(of: validation, variables, &remaining)
        act(bound, binding, position, message, validation.reason)
      }
    }
    for (key, expression) in policy.annotations {
      switch await expression.evaluate(variables, &remaining) {
      case .value(.string(let text)):
        let value = text.trimmed
        guard !value.isEmpty else { continue }
        let kept = String(decoding: value.utf8.prefix(10 * 1024), as: UTF8.self)
        if let place = collected.firstIndex(where: { $0.key == key }) {
          if !collected[place].values.contains(kept) { collected[place].values.append(kept) }
        } else {
          collected.append((key, [kept]))
        }
      case .value: continue
      case .failed(let message), .outOfBudget(let message):
        if !policy.ignoresFailures { deny(bound, binding, message, "") }
      }
    }
  }

  private func message(
    of validation: ValidatingPolicy.Validation, _ variables: AdmissionVariables, _ remaining: inout Int64
  ) async -> String {
    if let expression = validation.messageExpression,
      case .value(.string(let text)) = await expression.evaluate(variables, &remaining)
    {
      let message = text.trimmed
      if !message.isEmpty, message.utf8.count <= 5 * 1024, !message.contains("\n") { return message }
    }
    let message = validation.message.trimmed
    return message.isEmpty ? "failed expression: \(validation.expression.text.trimmed)" : message
  }

  /// Does what the binding says of a validation that fails.
  private mutating func act(
    _ bound: BoundPolicy<ValidatingPolicy>, _ binding: PolicyBinding, _ position: Int, _ message: String,
    _ reason: String
  ) {
    for action in binding.actions {
      switch action {
      case "Deny": deny(bound, binding, message, reason)
      case "Warn":
        request.context.warn(
          "Validation failed for ValidatingAdmissionPolicy '\(bound.name)' with binding '\(binding.name)': \(message)")
      case "Audit":
        failures.append([
          "message": .string(message), "policy": .string(bound.name), "binding": .string(binding.name),
          "expressionIndex": .integer(Int64(position)),
          "validationActions": .array(binding.actions.map { .string($0) }),
        ])
      default: continue
      }
    }
  }

  /// The first denial as an answer; nil where there is none.
  func refusal() -> StatusError? {
    if !failures.isEmpty {
      request.context.annotate(
        "validation.policy.admission.k8s.io/validation_failure", JSONValue.array(Array(failures.prefix(50))).jsonText())
    }
    guard let denial = denials.first else { return nil }
    var error = StatusError.forbidden(request.resource.groupResource, request.name, denial.message)
    let reason = denial.reason.isEmpty ? "Invalid" : denial.reason
    error.reason = StatusReason(rawValue: reason)
    error.code = ["Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413][reason] ?? 422
    error.details?.causes.append(StatusError.Cause(message: denial.message))
    return error
  }
}

extension String {
  /// Without space at its ends.
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}
