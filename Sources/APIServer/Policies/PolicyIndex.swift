import APIMachinery
import Synchronization

/// A policy that is compiled, and what it is made of. It is shared by all requests that it is about: those pass it on from
/// one asynchronous function to the next, and a copy of all its parts in each would cost every request kilobytes.
protocol CompiledPolicy: AnyObject, Sendable {
  init(_ object: JSONObject)
  /// Which requests it is about.
  var match: PolicyMatch { get }
  /// Errors are passed over.
  var ignoresFailures: Bool { get }
  /// The value of `paramKind`; nil where there is none.
  var parameterKind: JSONValue? { get }
  var conditions: MatchConditions { get }
  var variables: PolicyVariables.Definitions { get }
}

/// A policy with the bindings that put it to work.
struct BoundPolicy<Policy: CompiledPolicy>: Sendable {
  let name: String
  let policy: Policy
  let bindings: [PolicyBinding]
}

/// What puts a policy to work (admissionregistration.k8s.io/v1, policy bindings); shared as policies are.
final class PolicyBinding: Sendable {
  let name: String
  let match: PolicyMatch
  let parameters: JSONValue
  let actions: [String]

  init(_ object: JSONObject) {
    name = object.objectName
    let spec = object["spec"]
    match = PolicyMatch(spec?["matchResources"] ?? .null)
    parameters = spec?["paramRef"] ?? .null
    actions = (spec?["validationActions"]?.arrayValue ?? []).compactMap(\.stringValue)
  }
}

/// The policies of one kind that have bindings, compiled, in the order of their names. They are made anew when one has
/// changed; each is compiled once. Whoever asks pays for a look at two numbers where nothing has changed.
final class PolicyIndex<Policy: CompiledPolicy>: Sendable {
  private struct State {
    var policyRevision: Int64 = -1
    var bindingRevision: Int64 = -1
    var compiled: [String: (revision: Int64, policy: Policy)] = [:]
    var bound: [BoundPolicy<Policy>] = []
  }

  private let policies: ResourceCache
  private let bindings: ResourceCache
  private let policyPrefix: String
  private let bindingPrefix: String
  private let state = Mutex(State())

  /// - Parameter resource: `validatingadmissionpolicies` or `mutatingadmissionpolicies`.
  init(_ store: ClusterStore, resource: String) {
    policyPrefix = "\(StorageLayout.root)\(resource)/"
    bindingPrefix = "\(StorageLayout.root)\(resource.dropLast(3))ybindings/"
    policies = store.cache(of: policyPrefix)
    bindings = store.cache(of: bindingPrefix)
  }

  var bound: [BoundPolicy<Policy>] {
    state.withLock { state in
      guard policies.hasChanged(since: state.policyRevision) || bindings.hasChanged(since: state.bindingRevision) else {
        return state.bound
      }
      let (policyObjects, policyRevision, _) = policies.list(policyPrefix)
      let (bindingObjects, bindingRevision, _) = bindings.list(bindingPrefix)
      var byPolicy: [String: [PolicyBinding]] = [:]
      for object in bindingObjects {
        let tree = object.object.tree()
        byPolicy[tree["spec"]?["policyName"]?.stringValue ?? "", default: []].append(PolicyBinding(tree))
      }
      var compiled: [String: (revision: Int64, policy: Policy)] = [:]
      var bound: [BoundPolicy<Policy>] = []
      for object in policyObjects {
        guard let bindings = byPolicy[object.name] else { continue }
        let policy: Policy
        if let known = state.compiled[object.name], known.revision == object.revision {
          policy = known.policy
        } else {
          policy = Policy(object.object.tree())
        }
        compiled[object.name] = (object.revision, policy)
        bound.append(BoundPolicy(name: object.name, policy: policy, bindings: bindings))
      }
      state = State(
        policyRevision: policyRevision, bindingRevision: bindingRevision, compiled: compiled, bound: bound)
      return bound
    }
  }
}
