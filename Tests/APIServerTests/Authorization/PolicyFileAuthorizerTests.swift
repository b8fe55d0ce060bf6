import APIMachinery
import Testing

@testable import APIServer

@Suite struct PolicyFileAuthorizerTests {
  private static let text = """
    # The one who may do everything.
    {"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"user": "ann", "namespace": "*", "resource": "*", "apiGroup": "*"}}

    {"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"group": "readers", "namespace": "a", "resource": "pods", "readonly": true}}
    {"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"group": "*", "nonResourcePath": "/health*", "readonly": true}}
    {"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"namespace": "*", "resource": "*", "apiGroup": "*"}}
    {"user": "old", "resource": "secrets"}
    """

  private func allows(
    _ name: String, groups: [String] = [], _ verb: String, _ resource: String, of group: String = "",
    namespace: String = "a"
  ) async throws -> Bool {
    let info = RequestInfo(
      verb: verb, group: group, version: "v1", resource: resource, namespace: namespace, name: "")
    let user = User(name: name, groups: groups)
    return try await PolicyFileAuthorizer(Self.text, name: "f").authorize(user, info) == .allowed(reason: "")
  }

  @Test func resources() async throws {
    #expect(try await allows("ann", "delete", "deployments", of: "apps", namespace: ""))
    #expect(try await allows("bob", groups: ["readers"], "list", "pods"))
    #expect(try await !allows("bob", groups: ["readers"], "create", "pods"))
    #expect(try await !allows("bob", groups: ["readers"], "list", "pods", namespace: "b"))
    #expect(try await !allows("bob", groups: ["readers"], "list", "pods", of: "apps"))
    // A policy that is about nobody is about nobody.
    #expect(try await !allows("bob", "get", "secrets"))
    // A line of the first days is about all groups and namespaces that it does not name.
    #expect(try await allows("old", "delete", "secrets", of: "anything.io", namespace: "b"))
    #expect(try await !allows("old", "get", "pods"))
  }

  @Test func paths() async throws {
    let authorizer = try PolicyFileAuthorizer(Self.text, name: "f")
    func says(_ verb: String, _ path: String) async -> Decision {
      var info = RequestInfo(verb: verb, group: "", version: "", resource: "", namespace: "", name: "")
      info.isResource = false
      info.path = path
      return await authorizer.authorize(User(name: "bob", groups: ["any"]), info)
    }
    #expect(await says("get", "/healthz/ping") == .allowed(reason: ""))
    #expect(await says("post", "/healthz") == .noOpinion(reason: "No policy matched."))
    #expect(await says("get", "/version") == .noOpinion(reason: "No policy matched."))
  }

  @Test func rules() throws {
    let rules = try PolicyFileAuthorizer(Self.text, name: "f").rules(
      of: User(name: "bob", groups: ["readers"]), in: "a")
    #expect(rules.resources == [["verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods"]]])
    // Policies about paths are found by the namespace that they do not have.
    #expect(rules.paths.isEmpty)
  }

  @Test(arguments: [
    ("{", "error reading policy file f, line 2: {: "), ("[]", "line 2: []: a policy is a JSON object"),
    (#"{"apiVersion": "v9", "kind": "Policy"}"#, #"no kind "Policy" is registered for version "v9""#),
    (#"{"user": 7}"#, "user is no text"), (#"{"readonly": "yes"}"#, "readonly is neither true nor false"),
  ])
  func mistakes(_ line: String, _ words: String) throws {
    let error = #expect(throws: StatusError.self) { try PolicyFileAuthorizer("# one\n\(line)", name: "f") }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }
}
