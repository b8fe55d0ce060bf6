import APIMachinery
import Testing

@testable import APIServer

@Suite struct AuthorizationConfigurationTests {
  private static let kubeconfig = """
    apiVersion: v1
    kind: Config
    current-context: c
    clusters: [{name: k, cluster: {server: "https://example.com/ask"}}]
    contexts: [{name: c, context: {cluster: k}}]
    """

  private func read(_ authorizers: String) throws(StatusError) -> AuthorizationConfiguration {
    let text = """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AuthorizationConfiguration
      authorizers: [\(authorizers)]
      """
    return try AuthorizationConfiguration(Array(text.utf8)) { _ in Array(Self.kubeconfig.utf8) }
  }

  private static let connection = "connectionInfo: {type: KubeConfigFile, kubeConfigFile: /k}"
  private static let needed = "timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, \(connection)"

  @Test("what is not said has kube-apiserver's values")
  func webhook() throws {
    let members = try read("{type: Webhook, name: a, webhook: {\(Self.needed)}}, {type: RBAC, name: b}").members
    #expect(members.count == 2)
    guard case .webhook(let settings) = members[0] else {
      Issue.record("no webhook")
      return
    }
    #expect(settings.authorizedTime == .seconds(300) && settings.unauthorizedTime == .seconds(30))
    #expect(settings.timeout == .seconds(3) && settings.deniesOnFailure && settings.version == "v1")
    #expect(settings.access.target.url == "https://example.com/ask")
    let forgetful = "{type: Webhook, name: a, webhook: {cacheAuthorizedRequests: false, \(Self.needed)}}"
    guard case .webhook(let other)? = try read(forgetful).members.first else {
      Issue.record("no webhook")
      return
    }
    #expect(other.authorizedTime == .zero && other.unauthorizedTime == .seconds(30))
  }

  @Test(arguments: [
    ("", "authorizers: Required value: at least one authorization mode must be defined"),
    ("{name: a}", "authorizers[0].type: Required value"),
    ("{type: RBAC}", "authorizers[0].name: Required value"),
    ("{type: RBAC, name: A_}", "authorizers[0].name: Invalid value: \"A_\": authorizer name is invalid: "),
    ("{type: ABAC, name: a}", "authorizers[0].type: Invalid value: \"ABAC\""),
    ("{type: RBAC, name: a, more: 1}", "unknown field \"authorizers[0].more\""),
    ("{type: Webhook, name: a, webhook: {}}", "authorizers[0].timeout: Required value"),
    (
      "{type: Webhook, name: a, webhook: {matchConditions: [{expression: 'true'}], \(needed)}}",
      "authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified"
    ),
    (
      "{type: Webhook, name: a, webhook: {matchConditionSubjectAccessReviewVersion: v1, matchConditions: [{expression: '1'}], \(needed)}}",
      "authorizers[0].matchConditions[0].expression: Invalid value: \"1\": must evaluate to bool but got int"
    ),
    (
      "{type: Webhook, name: a, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: InClusterConfig}}}",
      "authorizers[0].connectionInfo.type: Invalid value: \"InClusterConfig\""
    ),
  ])
  func mistakes(_ authorizers: String, _ words: String) throws {
    let error = try #require(throws: StatusError.self) { try read(authorizers) }
    #expect(error.message.contains(words))
  }

  @Test("conditions see every text of a question, and a missing part fails")
  func conditions() throws {
    func outcome(_ expressions: String..., about info: RequestInfo) throws -> AccessConditions.Outcome {
      var errors: [FieldError] = []
      let conditions = AccessConditions(
        expressions.map { ["expression": .string($0)] }, at: FieldPath(), &errors)
      #expect(errors.isEmpty)
      return conditions.evaluate(AccessReview(User(name: "ann", groups: ["g"]), info).spec)
    }
    let info = RequestInfo(verb: "get", group: "", version: "v1", resource: "pods", namespace: "n", name: "p")
    #expect(try outcome("request.resourceAttributes.subresource == ''", "request.uid == ''", about: info) == .matches)
    #expect(try outcome("'g' in request.groups && request.user == 'ann'", about: info) == .matches)
    #expect(try outcome("has(request.nonResourceAttributes)", about: info) == .excluded)
    let failure = try outcome("request.nonResourceAttributes.path == '/'", about: info)
    guard case .failed(let why) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(why.contains("request.nonResourceAttributes.path == '/'") && why.contains("no such key"))
    // One that does not hold excludes, whatever became of the others.
    #expect(try outcome("request.nonResourceAttributes.path == '/'", "false", about: info) == .excluded)
  }

  @Test func questions() {
    var info = RequestInfo(verb: "list", group: "apps", version: "v1", resource: "deployments", namespace: "n")
    info.fieldSelector = "a!=b"
    info.labelSelector = "c notin (d,e),f,!g"
    let spec = AccessReview(User(name: "ann", groups: ["x"]), info).spec
    #expect(
      spec["resourceAttributes"] == [
        "namespace": "n", "verb": "list", "group": "apps", "version": "v1", "resource": "deployments",
        "fieldSelector": ["requirements": [["key": "a", "operator": "NotIn", "values": ["b"]]]],
        "labelSelector": [
          "requirements": [
            ["key": "c", "operator": "NotIn", "values": ["d", "e"]], ["key": "f", "operator": "Exists"],
            ["key": "g", "operator": "DoesNotExist"],
          ]
        ],
      ])
    let old = String(
      decoding: AccessReview(User(name: "ann", groups: ["x"]), info).body("v1beta1"), as: UTF8.self)
    #expect(old.contains(#""group":["x"]"#) && old.contains("authorization.k8s.io/v1beta1"))
  }

  @Test("the first that has an opinion decides, and a failure is told where nobody has")
  func chains() async {
    struct Fixed: Authorizer {
      let decision: Decision
      func authorize(_ user: User, _ info: RequestInfo) async -> Decision { decision }
    }
    func decide(_ decisions: Decision...) async -> Decision {
      await AuthorizerChain(decisions.map(Fixed.init)).authorize(
        User(name: "a"), RequestInfo(verb: "get", group: "", version: "v1", resource: "pods"))
    }
    let failed = Decision.failed(why: "late", isFinal: false)
    #expect(await decide(failed, .allowed(reason: "r")) == .allowed(reason: "r"))
    #expect(await decide(.noOpinion(reason: "a"), failed) == failed)
    #expect(await decide(.failed(why: "x", isFinal: true), .allowed(reason: "")) == .failed(why: "x", isFinal: true))
    #expect(await decide(.noOpinion(reason: "a"), .noOpinion(reason: "b")) == .noOpinion(reason: "a\nb"))
  }
}
