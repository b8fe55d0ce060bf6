import APIMachinery
import ClusterAPI
import HTTPService
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

/// A cluster in memory with nothing in it but the admission plugins that are tried.
struct AdmissionLab {
  static let kinds = Result { try BuiltinKinds.load() }

  /// Allows what it is told to, and remembers what it was asked.
  final class Judge: Authorizer {
    private let asked = Mutex<[RequestInfo]>([])
    private let allows: @Sendable (User, RequestInfo) -> Bool

    init(_ allows: @escaping @Sendable (User, RequestInfo) -> Bool = { _, _ in true }) { self.allows = allows }

    func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
      asked.withLock { $0.append(info) }
      return allows(user, info) ? .allowed(reason: "") : .noOpinion(reason: "not today")
    }

    var questions: [RequestInfo] { asked.withLock { $0 } }
  }

  /// The registry for those that are made before it.
  private final class Late: Sendable {
    let registry = Mutex<Registry?>(nil)
    var get: Registry {
      guard let registry = registry.withLock({ $0 }) else { preconditionFailure("there is no registry yet") }
      return registry
    }
  }

  typealias Making = (ClusterStore, any Authorizer, @escaping @Sendable () -> Registry) -> [any Admission]

  let store: ClusterStore
  let registry: Registry

  init(
    _ authorizer: any Authorizer = Judge(), on stored: MemoryStore = MemoryStore(), _ plugins: Making
  ) async throws {
    store = try await ClusterStore(stored) { Issue.record($0) }
    let kinds = try Self.kinds.get()
    let late = Late()
    registry = Registry(
      store: store, catalog: ResourceCatalog(kinds), kinds: kinds,
      admission: AdmissionChain(plugins(store, authorizer) { late.get }))
    late.registry.withLock { $0 = registry }
  }

  func target(_ resource: String, _ place: String = "v1") throws -> ServedResource {
    let place = try #require(GroupVersion(apiVersion: place))
    return try #require(registry.catalog.snapshot.resource(place, resource))
  }

  func context(
    _ verb: String, namespace: String, name: String, user: User = .server
  ) -> RequestContext {
    let info = RequestInfo(
      verb: verb, group: "", version: "v1", resource: "", namespace: namespace, name: name)
    return RequestContext(info: info, user: user, query: Query(), headers: [:])
  }

  /// Makes an object as a client would.
  /// - Returns: the object as it is answered, and what the client and the audit log are told.
  @discardableResult
  func create(
    _ object: JSONObject, _ resource: String, _ place: String = "v1", namespace: String = "n", user: User = .server
  ) async throws -> (object: JSONObject, context: RequestContext) {
    let target = try target(resource, place)
    let namespace = target.resource.isNamespaced ? namespace : ""
    let context = context("create", namespace: namespace, name: object.objectName, user: user)
    let written = try await registry.create(object, target, context)
    return (try JSONValue(json: written.bytes).objectValue ?? [:], context)
  }

  /// The refusal of a creation.
  func refusal(
    of object: JSONObject, _ resource: String, _ place: String = "v1", namespace: String = "n"
  ) async throws -> StatusError {
    let error = await #expect(throws: StatusError.self) {
      try await create(object, resource, place, namespace: namespace)
    }
    return try #require(error)
  }

  static func config(_ name: String, _ data: JSONValue = [:], labels: JSONValue = [:]) -> JSONObject {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": labels], "data": data,
    ]
  }

  /// Makes a policy and a binding of the same name.
  func policy(
    _ kind: String, _ name: String, _ spec: JSONObject, binding: JSONObject = [:],
    on resources: [String] = ["configmaps"],
    bound: Bool = true
  ) async throws {
    let place = "admissionregistration.k8s.io/v1"
    let plural = kind == "ValidatingAdmissionPolicy" ? "validatingadmissionpolicies" : "mutatingadmissionpolicies"
    var spec = spec
    if spec["matchConstraints"] == nil {
      spec["matchConstraints"] = Self.constraints(resources)
    }
    try await create(
      [
        "apiVersion": .string(place), "kind": .string(kind), "metadata": ["name": .string(name)], "spec": .object(spec),
      ],
      plural, place)
    guard bound else { return }
    var binding = binding
    binding["policyName"] = .string(name)
    if kind == "ValidatingAdmissionPolicy", binding["validationActions"] == nil {
      binding["validationActions"] = ["Deny"]
    }
    try await create(
      [
        "apiVersion": .string(place), "kind": .string(kind + "Binding"), "metadata": ["name": .string(name)],
        "spec": .object(binding),
      ], plural.dropLast(3) + "ybindings", place)
  }

  static func constraints(
    _ resources: [String], groups: [String] = ["*"], operations: [String] = ["*"], _ more: JSONObject = [:]
  ) -> JSONValue {
    func list(_ items: [String]) -> JSONValue { .array(items.map { .string($0) }) }
    var constraints = more
    constraints["resourceRules"] = [
      [
        "operations": list(operations), "apiGroups": list(groups), "apiVersions": ["*"], "resources": list(resources),
      ]
    ]
    return .object(constraints)
  }
}
