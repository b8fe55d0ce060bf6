import APIMachinery
import Testing

@testable import APIServer

/// Whom roles and bindings allow what, as they come, change and go.
@Suite(.timeLimit(.minutes(2))) struct RBACAuthorizerTests {
  private static let place = "rbac.authorization.k8s.io/v1"

  private let lab: AdmissionLab
  private let rbac: RBACAuthorizer

  init() async throws {
    lab = try await AdmissionLab { _, _, _ in [] }
    rbac = RBACAuthorizer(lab.registry)
  }

  private func role(_ name: String, in namespace: String = "", verbs: JSONValue = ["get"]) async throws {
    let rule: JSONValue = ["verbs": verbs, "apiGroups": [""], "resources": ["pods"]]
    let kind = namespace.isEmpty ? "ClusterRole" : "Role"
    try await lab.create(
      [
        "apiVersion": .string(Self.place), "kind": .string(kind), "metadata": ["name": .string(name)], "rules": [rule],
      ], kind.lowercased() + "s", Self.place, namespace: namespace)
  }

  private func bind(
    _ name: String, to subjects: [JSONValue], in namespace: String = "", kind: String = "ClusterRole",
    role: String = "reader"
  ) async throws {
    let binding = namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding"
    try await lab.create(
      [
        "apiVersion": .string(Self.place), "kind": .string(binding), "metadata": ["name": .string(name)],
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role)],
        "subjects": .array(subjects),
      ], binding.lowercased() + "s", Self.place, namespace: namespace)
  }

  private func subject(_ kind: String, _ name: String, in namespace: String? = nil) -> JSONValue {
    var subject: JSONObject = ["kind": .string(kind), "name": .string(name)]
    if let namespace {
      subject["namespace"] = .string(namespace)
    } else {
      subject["apiGroup"] = "rbac.authorization.k8s.io"
    }
    return .object(subject)
  }

  private func delete(_ resource: String, _ name: String) async throws {
    try await ServerObjects(lab.registry).delete(
      try lab.target(resource, Self.place), namespace: "", name: name, uid: nil, propagation: nil)
  }

  /// Why a user may do something with pods; nil where they may not.
  private func reason(_ name: String, groups: [String] = [], verb: String = "get", in namespace: String = "n") async
    -> String?
  {
    let info = RequestInfo(verb: verb, group: "", version: "v1", resource: "pods", namespace: namespace, name: "p")
    guard case .allowed(let reason) = await rbac.authorize(User(name: name, groups: groups), info) else { return nil }
    return reason
  }

  @Test func rolesAndBindingsMayComeInAnyOrder() async throws {
    #expect(await reason("ann") == nil)
    try await bind("b", to: [subject("User", "ann"), subject("Group", "staff"), subject("User", "ann")])
    #expect(await reason("ann") == nil)
    try await role("reader")
    #expect(
      await reason("ann") == #"RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to User "ann""#)
    #expect(await reason("ann", verb: "delete") == nil)
    #expect(await reason("bob") == nil)
    #expect(await reason("bob", groups: ["staff"])?.hasSuffix(#" to Group "staff""#) == true)
    // A group's name is no user's.
    #expect(await reason("staff") == nil)
    try await bind("a", to: [subject("Group", "staff")])
    #expect(await reason("ann", groups: ["other", "staff"])?.contains(#"ClusterRoleBinding "a""#) == true)
  }

  /// Providers of identities tell such names apart, and so does Kubernetes.
  @Test func namesThatUnicodeCallsEquivalentAreApart() async throws {
    try await role("reader")
    try await bind("b", to: [subject("User", "jos\u{e9}"), subject("Group", "\u{212a}elvin")])
    #expect(await reason("jos\u{e9}") != nil)
    #expect(await reason("jose\u{301}") == nil)
    #expect(await reason("x", groups: ["\u{212a}elvin"]) != nil)
    #expect(await reason("x", groups: ["Kelvin"]) == nil)
    let rule = PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["\u{212a}"])
    func named(_ name: String) -> RequestInfo {
      RequestInfo(verb: "get", group: "", version: "v1", resource: "pods", namespace: "n", name: name)
    }
    #expect(rule.covers(named("\u{212a}")) && !rule.covers(named("K")))
  }

  @Test func namespacesAreApart() async throws {
    try await role("reader")
    try await role("own", in: "n", verbs: ["delete"])
    try await bind("b", to: [subject("User", "ann")], in: "n")
    try await bind("c", to: [subject("User", "ann")], in: "n", kind: "Role", role: "own")
    #expect(await reason("ann") == #"RBAC: allowed by RoleBinding "b/n" of ClusterRole "reader" to User "ann""#)
    #expect(await reason("ann", verb: "delete") == #"RBAC: allowed by RoleBinding "c/n" of Role "own" to User "ann""#)
    for namespace in ["m", "", "nn"] { #expect(await reason("ann", in: namespace) == nil) }
  }

  @Test func serviceAccountsBelongToNamespaces() async throws {
    try await role("reader")
    try await bind("b", to: [subject("ServiceAccount", "robot", in: "m")], in: "n")
    #expect(await reason("system:serviceaccount:m:robot") != nil)
    #expect(await reason("system:serviceaccount:n:robot") == nil)
    #expect(await reason("robot") == nil)
  }

  @Test func whatIsGoneGrantsNothing() async throws {
    try await role("reader")
    try await bind("b", to: [subject("User", "ann")])
    try await bind("c", to: [subject("User", "ann")], in: "n")
    #expect(await reason("ann")?.contains("ClusterRoleBinding") == true)
    try await delete("clusterrolebindings", "b")
    #expect(await reason("ann")?.contains(#"RoleBinding "c/n""#) == true)
    #expect(await reason("ann", in: "m") == nil)
    try await delete("clusterroles", "reader")
    #expect(await reason("ann") == nil)
    try await role("reader", verbs: ["*"])
    #expect(await reason("ann", verb: "watch") != nil)
  }
}
