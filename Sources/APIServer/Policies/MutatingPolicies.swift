import APIMachinery

/// Changes objects by MutatingAdmissionPolicies (admission plugin MutatingAdmissionPolicy).
public struct MutatingPolicies: Admission {
  private let store: ClusterStore
  private let index: PolicyIndex<MutatingPolicy>
  private let authorizer: any Authorizer
  private let registry: @Sendable () -> Registry

  /// - Parameters:
  ///   - authorizer: answers what expressions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(_ store: ClusterStore, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry) {
    self.store = store
    self.authorizer = authorizer
    self.registry = registry
    index = PolicyIndex(store, resource: "mutatingadmissionpolicies")
  }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    let policies = index.bound
    guard !policies.isEmpty, !WebhookMatcher.isExempt(request) else { return }
    if request.reinvocation.isSecondRound, request.reinvocation.output != request.object {
      request.reinvocation.repeatAsked()
    }
    var problems: [String] = []
    for policy in policies {
      for problem in try await apply(policy, to: &request) where !policy.policy.ignoresFailures {
        problems.append(problem)
      }
    }
    request.reinvocation.output = request.object
    if let first = problems.first {
      var error = StatusError.forbidden(request.resource.groupResource, request.name, first)
      error.message = first
      error.reason = .invalid
      error.details?.causes = problems.map { StatusError.Cause(message: $0) }
      throw error
    }
  }

  /// - Returns: what has gone wrong, for the failure policy.
  private func apply(_ bound: BoundPolicy<MutatingPolicy>, to request: inout AdmissionRequest) async throws -> [String]
  {
    let policy = bound.policy
    let snapshot = registry().catalog.snapshot
    let matcher = WebhookMatcher(store: store, snapshot: snapshot)
    let parameters = PolicyParameters(store: store, snapshot: snapshot)
    var problems: [String] = []
    func fail(_ binding: PolicyBinding?, _ why: String) {
      let by = binding.map { " '\(bound.name)' with binding '\($0.name)'" } ?? " '\(bound.name)'"
      problems.append("policy\(by) denied request: \(why)")
    }
    let found: PolicyMatch.Found
    do throws(StatusError) {
      guard let match = try policy.match.find(matcher, WebhookForm(request), request) else { return [] }
      found = match
    } catch {
      fail(nil, error.message)
      return problems
    }
    var target: ServedResource?
    if let kind = policy.parameterKind {
      do { target = try parameters.resource(of: kind) } catch {
        fail(nil, error.message)
        return problems
      }
    }
    for binding in bound.bindings {
      let objects: [JSONValue]
      do throws(StatusError) {
        guard try binding.match.find(matcher, WebhookForm(request), request) != nil else { continue }
      } catch {
        fail(binding, error.message)
        continue
      }
      do {
        objects = try parameters.objects(target, binding.parameters, namespace: request.namespace)
      } catch {
        fail(binding, error.message)
        continue
      }
      for object in objects {
        let identifier = "\(bound.name)/\(binding.name)/\(object["metadata"]?["name"]?.stringValue ?? "")"
        // The second round asks nobody for the first time.
        if request.reinvocation.isSecondRound, !request.reinvocation.again.contains(identifier) { continue }
        let before = request.object
        do throws(PolicyMutation.Problem) {
          let mutation = PolicyMutation(store: store, registry: registry(), authorizer: authorizer, found)
          try await mutation.run(policy, object, &request)
        } catch {
          switch error {
          case .policy(let message): fail(binding, message)
          case .status(let error): throw error
          }
        }
        if request.object != before {
          request.reinvocation.repeatAsked()
          request.reinvocation.isWanted = true
        }
        if policy.isReinvoked { request.reinvocation.asked.insert(identifier) }
      }
    }
    return problems
  }
}

/// The mutations of one policy, done to one object.
struct PolicyMutation {
  enum Problem: Error {
    /// The policy cannot be applied; its failure policy decides.
    case policy(String)
    /// The request ends with this.
    case status(StatusError)
  }

  private let store: ClusterStore
  private let registry: Registry
  private let authorizer: any Authorizer
  private let found: PolicyMatch.Found

  init(store: ClusterStore, registry: Registry, authorizer: any Authorizer, _ found: PolicyMatch.Found) {
    self.store = store
    self.registry = registry
    self.authorizer = authorizer
    self.found = found
  }

  func run(
    _ policy: MutatingPolicy, _ parameters: JSONValue, _ request: inout AdmissionRequest
  ) async throws(Problem) {
    for (position, mutation) in policy.mutations.enumerated() {
      let form = WebhookForm(request)
      guard let before = form.object else { return }
      let objects = WebhookObjects(registry: registry)
      let object: JSONObject
      let oldObject: JSONObject?
      do {
        object = try await objects.object(before, as: found.kind, of: request.resource) ?? before
        oldObject = try await objects.object(form.oldObject, as: found.kind, of: request.resource)
      } catch { throw .status(Self.status(error)) }
      let variables = AdmissionVariables(
        form, request, as: found.kind, found.resource, object: object, oldObject: oldObject,
        namespace: namespace(form, request), parameters: parameters, authorizer: authorizer
      ).with(PolicyVariables(policy.variables))
      if position == 0 {
        switch await policy.conditions.evaluate(variables) {
        case .matches: break
        case .excluded: return
        case .failed(let message): throw .policy(message)
        }
      }
      var remaining: Int64 = 10_000_000
      let value: CELValue
      switch await mutation.expression.evaluate(variables, &remaining) {
      case .value(let result): value = result
      case .failed(let message), .outOfBudget(let message): throw .policy(message)
      }
      let changed = try change(object, mutation, value, request.resource)
      guard changed != object else { continue }
      do {
        let complete = try objects.completed(changed, found.kind, form, request.resource)
        let returned = try await objects.object(complete, as: form.kind, of: request.resource) ?? complete
        form.put(form.isObject ? try objects.settle(returned, before: before, request) : returned, into: &request)
      } catch { throw .status(Self.status(error)) }
    }
  }

  private static func status(_ error: any Error) -> StatusError {
    error as? StatusError ?? .internalError("\(error)")
  }

  private func namespace(_ form: WebhookForm, _ request: AdmissionRequest) -> JSONObject? {
    let isNamespace = form.resource.group.isEmpty && form.resource.resource == "namespaces"
    guard !request.namespace.isEmpty, !isNamespace else { return nil }
    let prefix = "\(StorageLayout.root)namespaces/"
    return store.cache(of: prefix).get(prefix + request.namespace)?.object.tree()
  }

  private func change(
    _ object: JSONObject, _ mutation: MutatingPolicy.Mutation, _ value: CELValue, _ target: ServedResource
  ) throws(Problem) -> JSONObject {
    switch mutation {
    case .apply:
      do { try MutationTypes.checkNames(value, "Object") } catch { throw .policy("type mismatch: \(error)") }
      guard let patch = (try? value.json())?.objectValue else {
        throw .policy("unsupported return type from ApplyConfiguration expression")
      }
      let place = registry.catalog.snapshot.resource(of: found.kind) ?? target
      do throws(MutationMerge.Problem) {
        return try MutationMerge.merge(patch, into: object, by: place)
      } catch { throw .policy("error applying patch: \(error.message)") }
    case .patch:
      let operations: JSONValue
      do { operations = try MutationTypes.patch(value) } catch {
        throw .policy("JSONPath valueExpression evaluated to a type that could not marshal to JSON: \(error)")
      }
      do throws(StatusError) {
        let patch = try JSONPatch(operations)
        return try patch.applied(to: .object(object)).objectValue ?? object
      } catch {
        let message = error.details?.causes.first?.message ?? error.message
        // A test that fails means that there is nothing to do.
        if message.contains("test failed") || message.hasPrefix("testing ") { return object }
        throw .policy("JSON Patch: \(message)")
      }
    }
  }
}
