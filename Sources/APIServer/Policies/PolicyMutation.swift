import APIMachinery
import ClusterAPI

/// Does what one policy says to one object.
struct PolicyMutation {
  /// The policy cannot be applied; its failure policy decides.
  struct Problem: Error {
    let message: String
    var outcome = AdmissionMetrics.PolicyOutcome.invalid
  }

  private let registry: Registry

  init(_ registry: Registry) { self.registry = registry }

  /// - Returns: what has gone wrong: a mutation that fails does not keep the next ones from being tried.
  /// - Throws: a `StatusError` where what the policy has made is no such object.
  func run(
    _ invocation: PolicyInvocation<MutatingPolicy>, _ scene: PolicyScene, _ request: inout AdmissionRequest
  ) async throws -> [String] {
    var current = scene.seeing(request)
    let policy = invocation.policy
    switch await policy.conditions.evaluate(try await current.variables(for: invocation).conditions) {
    case .matches: break
    case .excluded: return []
    case .failed(let message): return policy.ignoresFailures ? [] : [message]
    }
    guard request.reinvocation.asks(\.policies, invocation.identifier) else { return [] }
    let before = request.object
    var problems: [String] = []
    for mutation in policy.mutations {
      let form = WebhookForm(request)
      guard let object = form.object else { break }
      let start = ContinuousClock.now
      var outcome = AdmissionMetrics.PolicyOutcome.fine
      do {
        let variables = try await current.variables(for: invocation).expressions
        try await apply(mutation, to: object, invocation.found, variables, form, &request)
        current = current.seeing(request)
      } catch let problem as Problem {
        problems.append(problem.message)
        outcome = problem.outcome
      }
      registry.admissionMetrics.mutation(
        invocation.name, invocation.binding.name, outcome, ContinuousClock.now - start)
    }
    request.reinvocation.record(
      \.policies, invocation.identifier, hasChanged: request.object != before, isReinvoked: policy.isReinvoked)
    return problems
  }

  private func apply(
    _ mutation: MutatingPolicy.Mutation, to before: JSONObject, _ found: PolicyMatch.Found,
    _ variables: AdmissionVariables, _ form: WebhookForm, _ request: inout AdmissionRequest
  ) async throws {
    var remaining = AdmissionExpression.budget
    let value: CELValue
    let outcome = await mutation.expression.evaluate(variables, &remaining)
    switch outcome {
    case .value(let result): value = result
    case .failed(let message), .outOfBudget(let message):
      throw Problem(message: message, outcome: mutation.expression.kind(of: outcome))
    }
    let target = request.resource
    let objects = WebhookObjects(registry: registry)
    let object = try await objects.object(before, as: found.kind, of: target) ?? before
    let changed: JSONObject
    switch mutation {
    case .apply: changed = try merged(value, into: object, found.kind, form, target)
    case .patch: changed = try Self.patched(object, by: value)
    }
    guard changed != object else { return }
    let complete = try objects.completed(changed, found.kind, form, target, isStrict: true)
    let returned = try await objects.object(complete, as: form.kind, of: target) ?? complete
    form.put(returned, into: &request)
  }

  private func merged(
    _ value: CELValue, into object: JSONObject, _ kind: GroupVersionKind, _ form: WebhookForm,
    _ target: ServedResource
  ) throws(Problem) -> JSONObject {
    do { try MutationTypes.checkNames(value) } catch { throw Problem(message: error.message) }
    guard var configuration = (try? value.json())?.objectValue else {
      throw Problem(message: "unsupported return type from ApplyConfiguration expression")
    }
    configuration["apiVersion"] = object["apiVersion"]
    configuration["kind"] = object["kind"]
    let own = target.version.subresource(form.subresource)?.kind
    do throws(ApplyError) {
      guard !form.isObject, let schema = own?.schema else {
        let place = registry.catalog.snapshot.resource(of: kind) ?? target
        return try FieldOwnership.merge(configuration, into: object, place, registry.kinds)
      }
      return try UnownedApply.merge(configuration, into: object, by: schema)
    } catch { throw Problem(message: "error applying patch: \(error.message)") }
  }

  private static func patched(_ object: JSONObject, by value: CELValue) throws(Problem) -> JSONObject {
    let operations: JSONValue
    do { operations = try MutationTypes.patch(value) } catch { throw Problem(message: error.message) }
    let patch: JSONPatch
    do { patch = try JSONPatch(operations) } catch { throw Problem(message: "JSON Patch: \(error.message)") }
    do { return try patch.applied(to: .object(object)).objectValue ?? object } catch {
      // A test that fails means that there is nothing to do.
      if error.isTest { return object }
      throw Problem(message: "JSON Patch: \(error.message)")
    }
  }
}
