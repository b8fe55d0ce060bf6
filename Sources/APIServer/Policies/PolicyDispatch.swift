import APIMachinery

/// What puts a policy to work in one request: a binding that matches, and one object of its parameters.
struct PolicyInvocation<Policy: CompiledPolicy>: Sendable {
  let name: String
  let policy: Policy
  let binding: PolicyBinding
  /// As what the policy sees the objects.
  let found: PolicyMatch.Found
  /// `.null` where the binding gives none.
  let parameters: JSONValue

  /// Tells this one from all others of a request.
  var identifier: String {
    let metadata = parameters["metadata"]
    let parameter = [metadata?["namespace"], metadata?["name"]].map { $0?.stringValue ?? "" }
    return ([name, binding.name] + parameter).joined(separator: "/")
  }
}

/// A policy that is about a request and cannot be put to work.
struct PolicyMisconfiguration<Policy: CompiledPolicy>: Sendable {
  let name: String
  let policy: Policy
  /// Nil where no binding can put it to work.
  let binding: PolicyBinding?
  let why: String

  var message: String { "failed to configure \(binding == nil ? "policy" : "binding"): \(why)" }
}

/// Finds the policies that a request is about: the beginning that those which judge and those which change have in common.
struct PolicyDispatch<Policy: CompiledPolicy>: Sendable {
  enum Step: Sendable {
    case invocation(PolicyInvocation<Policy>)
    case misconfiguration(PolicyMisconfiguration<Policy>)
  }

  private let store: ClusterStore
  private let index: PolicyIndex<Policy>
  private let authorizer: any Authorizer
  private let lateRegistry: @Sendable () -> Registry

  /// - Parameters:
  ///   - resource: of the policies.
  ///   - authorizer: answers what expressions ask.
  ///   - registry: given late, because the registry holds its admission.
  init(
    _ store: ClusterStore, resource: String, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry
  ) {
    self.store = store
    self.authorizer = authorizer
    lateRegistry = registry
    index = PolicyIndex(store, resource: resource)
  }

  var registry: Registry { lateRegistry() }

  /// How policies see a request.
  func scene(of request: AdmissionRequest) -> PolicyScene {
    PolicyScene(registry: registry, store: store, authorizer: authorizer, request)
  }

  /// The policies that are asked whether they are about a request: none, for most. Who calls looks at this before anything
  /// else, because what follows takes tens of kilobytes of its task's memory.
  func candidates(for request: AdmissionRequest) -> [BoundPolicy<Policy>] {
    let policies = index.bound
    return policies.isEmpty || Self.isExempt(request.resource.groupResource) ? [] : policies
  }

  /// Policies do not decide about themselves: nobody could take one away that refuses all. One that refused reviews would
  /// leave nobody who is allowed anything. Webhooks' configurations are objects like others.
  private static func isExempt(_ resource: GroupResource) -> Bool {
    ReviewHandler.resources.contains(resource)
      || resource.group == "admissionregistration.k8s.io" && resource.resource.contains("admissionpolic")
  }

  /// A binding that is about a request, with the objects of its parameters as they are kept.
  private struct Match {
    let name: String
    let policy: Policy
    let binding: PolicyBinding
    let found: PolicyMatch.Found
    let parameters: PolicyParameters.Found
  }

  private enum Meeting {
    case match(Match)
    case misconfiguration(PolicyMisconfiguration<Policy>)
  }

  /// What the request meets of some policies, in the order of their names and of their bindings'.
  func steps(for request: AdmissionRequest, among policies: [BoundPolicy<Policy>]) async -> [Step] {
    var steps: [Step] = []
    for meeting in meetings(of: request, with: policies) {
      switch meeting {
      case .misconfiguration(let misconfiguration): steps.append(.misconfiguration(misconfiguration))
      case .match(let match): await add(match, to: &steps)
      }
    }
    return steps
  }

  /// Brings the parameters into the version that the policy reads: all that has to be waited for.
  private func add(_ match: Match, to steps: inout [Step]) async {
    do throws(PolicyParameters.Problem) {
      for object in try await PolicyParameters(registry).read(match.parameters) {
        steps.append(
          .invocation(
            PolicyInvocation(
              name: match.name, policy: match.policy, binding: match.binding, found: match.found, parameters: object)))
      }
    } catch {
      steps.append(
        .misconfiguration(
          PolicyMisconfiguration(
            name: match.name, policy: match.policy, binding: match.binding, why: error.message)))
    }
  }

  private func meetings(of request: AdmissionRequest, with policies: [BoundPolicy<Policy>]) -> [Meeting] {
    let registry = registry
    let matcher = WebhookMatcher(store: store, snapshot: registry.catalog.snapshot)
    let parameters = PolicyParameters(registry)
    let form = WebhookForm(request)
    var meetings: [Meeting] = []
    for bound in policies {
      func misconfigured(_ binding: PolicyBinding?, _ why: String) {
        meetings.append(
          .misconfiguration(
            PolicyMisconfiguration(name: bound.name, policy: bound.policy, binding: binding, why: why)))
      }
      let found: PolicyMatch.Found
      do throws(StatusError) {
        guard let match = try bound.policy.match.find(matcher, form) else { continue }
        found = match
      } catch {
        misconfigured(nil, error.message)
        continue
      }
      var target: ServedResource?
      if let kind = bound.policy.parameterKind {
        do { target = try parameters.resource(of: kind) } catch {
          misconfigured(nil, error.message)
          continue
        }
      }
      for binding in bound.bindings {
        do throws(StatusError) {
          guard try binding.match.find(matcher, form) != nil else { continue }
        } catch {
          misconfigured(binding, error.message)
          continue
        }
        do throws(PolicyParameters.Problem) {
          let objects = try parameters.find(target, binding.parameters, namespace: request.namespace)
          meetings.append(
            .match(
              Match(name: bound.name, policy: bound.policy, binding: binding, found: found, parameters: objects)))
        } catch { misconfigured(binding, error.message) }
      }
    }
    return meetings
  }
}
