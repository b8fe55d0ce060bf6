import APIMachinery

/// Changes objects by MutatingAdmissionPolicies (admission plugin MutatingAdmissionPolicy).
public struct MutatingPolicies: Admission {
  private let dispatch: PolicyDispatch<MutatingPolicy>

  /// - Parameters:
  ///   - authorizer: answers what expressions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(_ store: ClusterStore, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry) {
    dispatch = PolicyDispatch(
      store, resource: "mutatingadmissionpolicies", authorizer: authorizer, registry: registry)
  }

  public var interest: AdmissionInterest { .mutating() }

  public func validate(_ request: AdmissionRequest) async throws {}

  /// A policy that cannot be applied, and is not passed over.
  private struct Problem {
    let message: String
    /// Nil for what is wrong with the policy and not with its application.
    let reason: StatusReason?
  }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    let policies = dispatch.candidates(for: request)
    if !policies.isEmpty { try await change(&request, policies) }
  }

  @inline(never)
  private func change(_ request: inout AdmissionRequest, _ policies: [BoundPolicy<MutatingPolicy>]) async throws {
    // Who is asked is decided before anything is changed.
    let steps = await dispatch.steps(for: request, among: policies)
    guard !steps.isEmpty else { return }
    request.reinvocation.begin(\.policies, request.object)
    var problems = steps.compactMap { step -> Problem? in
      guard case .misconfiguration(let found) = step, !found.policy.ignoresFailures else { return nil }
      let by = found.binding.map { "'\(found.name)' with binding '\($0.name)'" } ?? found.name.goQuoted
      return Problem(message: "policy \(by) denied request: \(found.message)", reason: nil)
    }
    let mutation = PolicyMutation(dispatch.registry)
    let scene = dispatch.scene(of: request)
    for case .invocation(let invocation) in steps {
      for message in try await mutation.run(invocation, scene, &request) where !invocation.policy.ignoresFailures {
        let by = "'\(invocation.name)' with binding '\(invocation.binding.name)'"
        problems.append(Problem(message: "policy \(by) denied request: \(message)", reason: .invalid))
      }
    }
    request.reinvocation.end(\.policies, request.object)
    guard let first = problems.first else { return }
    var error = StatusError.forbidden(request.resource.groupResource, request.name, "")
    error.message = first.message
    if let reason = first.reason { error.reason = reason }
    error.details?.causes = problems.map { StatusError.Cause(message: $0.message) }
    throw error
  }
}
