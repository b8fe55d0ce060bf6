import APIMachinery

/// Judges requests by ValidatingAdmissionPolicies (admission plugin ValidatingAdmissionPolicy).
public struct ValidatingPolicies: Admission {
  private let dispatch: PolicyDispatch<ValidatingPolicy>

  /// - Parameters:
  ///   - authorizer: answers what expressions ask.
  ///   - registry: given late, because the registry holds its admission.
  public init(_ store: ClusterStore, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry) {
    dispatch = PolicyDispatch(
      store, resource: "validatingadmissionpolicies", authorizer: authorizer, registry: registry)
  }

  public var interest: AdmissionInterest { .validating() }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    let policies = dispatch.candidates(for: request)
    if !policies.isEmpty { try await judge(request, policies) }
  }

  @inline(never)
  private func judge(_ request: AdmissionRequest, _ policies: [BoundPolicy<ValidatingPolicy>]) async throws {
    let steps = await dispatch.steps(for: request, among: policies)
    guard !steps.isEmpty else { return }
    var judgement = PolicyJudgement(request, dispatch.registry.admissionMetrics)
    var scene = dispatch.scene(of: request)
    for step in steps {
      switch step {
      case .misconfiguration(let misconfiguration): judgement.add(misconfiguration)
      case .invocation(let invocation):
        do throws(StatusError) {
          let verdict = await PolicyVerdict(invocation, try await scene.variables(for: invocation))
          judgement.add(verdict, of: invocation)
        } catch {
          judgement.add(
            PolicyMisconfiguration(
              name: invocation.name, policy: invocation.policy, binding: invocation.binding,
              why: "failed to convert object version: \(error.message)"))
        }
      }
    }
    judgement.annotate()
    if let refusal = judgement.refusal { throw refusal }
  }
}
