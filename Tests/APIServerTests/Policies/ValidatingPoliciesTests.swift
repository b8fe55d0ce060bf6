import APIMachinery
import Testing

@testable import APIServer

@Suite struct ValidatingPoliciesTests {
  private static let kind = "ValidatingAdmissionPolicy"

  private func lab(_ authorizer: any Authorizer = AdmissionLab.Judge()) async throws -> AdmissionLab {
    try await AdmissionLab(authorizer) { [ValidatingPolicies($0, authorizer: $1, registry: $2)] }
  }

  @Test func theFirstDenialIsTold() async throws {
    let lab = try await lab()
    try await lab.policy(Self.kind, "b", ["validations": [["expression": "false", "message": "second"]]])
    try await lab.policy(
      Self.kind, "a", ["validations": [["expression": "false", "message": " first ", "reason": "Forbidden"]]])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.code == 403 && refusal.reason == .forbidden)
    let words = "ValidatingAdmissionPolicy 'a' with binding 'a' denied request: first"
    #expect(refusal.message == "configmaps \"c\" is forbidden: \(words)")
    #expect(refusal.details?.causes.map(\.message) == [words])
  }

  /// Policies are not asked about policies, and about webhooks they are.
  @Test func whatDecidesAboutRequests() async throws {
    let lab = try await lab()
    let place = "admissionregistration.k8s.io/v1"
    let all: JSONValue = [
      "validations": [["expression": "false"]], "matchConstraints": AdmissionLab.constraints(["*"]),
    ]
    try await lab.policy(Self.kind, "all", all.objectValue ?? [:])
    try await lab.policy(Self.kind, "other", ["validations": [["expression": "true"]]])
    let configuration: JSONObject = [
      "apiVersion": .string(place), "kind": "ValidatingWebhookConfiguration", "metadata": ["name": "w"],
    ]
    let refusal = try await lab.refusal(of: configuration, "validatingwebhookconfigurations", place)
    #expect(refusal.message.hasSuffix("denied request: failed expression: false"))
  }

  @Test(arguments: [("Forbidden", 403), ("RequestEntityTooLarge", 413), ("Invalid", 422)])
  func reasons(reason: String, code: Int) async throws {
    let lab = try await lab()
    try await lab.policy(
      Self.kind, "p", ["validations": [["expression": "false", "reason": .string(reason)]]])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.code == code && refusal.reason.rawValue == reason)
    #expect(refusal.message.hasSuffix("denied request: failed expression: false"))
  }

  /// A message that cannot be told in one line, or cannot be made, gives way to the one beside it.
  @Test(arguments: ["'a\\nb'", "'  '", "string(object.data.missing)", "['x'].map(i, 'y'.replace('y', 'z'))[3]"])
  func unusableMessages(expression: String) async throws {
    let lab = try await lab()
    try await lab.policy(
      Self.kind, "p",
      ["validations": [["expression": "false", "message": "plain", "messageExpression": .string(expression)]]])
    #expect(try await lab.refusal(of: AdmissionLab.config("c"), "configmaps").message.hasSuffix("request: plain"))
  }

  @Test func errorsAreFailuresUnlessTheyAreIgnored() async throws {
    let lab = try await lab()
    let validations: JSONValue = [["expression": "object.data.a == 'x'"], ["expression": "object.data.b == 'x'"]]
    try await lab.policy(
      Self.kind, "p", ["validations": validations, "failurePolicy": "Ignore"],
      binding: ["validationActions": ["Deny", "Audit"]])
    try await lab.create(AdmissionLab.config("fine", ["b": "x"]), "configmaps")
    let refusal = try await lab.refusal(of: AdmissionLab.config("bad", ["b": "y"]), "configmaps")
    #expect(refusal.message.hasSuffix("failed expression: object.data.b == 'x'"))
  }

  @Test func warningsAndTheAuditLog() async throws {
    let lab = try await lab()
    try await lab.policy(
      Self.kind, "p",
      [
        "validations": [["expression": "true"], ["expression": "false", "message": "mind"]],
        "auditAnnotations": [
          ["key": "size", "valueExpression": "string(object.data.size())"],
          ["key": "none", "valueExpression": "null"],
        ],
      ], binding: ["validationActions": ["Warn", "Audit"]])
    let (_, context) = try await lab.create(AdmissionLab.config("c", ["a": "1"]), "configmaps")
    #expect(
      context.warnings == ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': mind"])
    #expect(context.auditAnnotations["p/size"] == "1" && context.auditAnnotations["p/none"] == nil)
    let noted = try #require(context.auditAnnotations["validation.policy.admission.k8s.io/validation_failure"])
    #expect(
      try JSONValue(json: Array(noted.utf8)) == [
        [
          "message": "mind", "policy": "p", "binding": "p", "expressionIndex": 1,
          "validationActions": ["Warn", "Audit"],
        ]
      ])
  }

  /// An annotation that cannot be made refuses, whatever the binding says of validations.
  @Test func annotationsThatFail() async throws {
    let lab = try await lab()
    try await lab.policy(
      Self.kind, "p", ["auditAnnotations": [["key": "k", "valueExpression": "string(object.data.missing)"]]],
      binding: ["validationActions": ["Audit"]])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c", ["a": "b"]), "configmaps")
    #expect(refusal.message.contains("no such key: missing"))
  }

  /// Several bindings of one policy note what they find in one annotation.
  @Test func annotationsOfSeveralParameters() async throws {
    let lab = try await lab()
    for name in ["one", "two"] {
      try await lab.create(
        AdmissionLab.config(name, ["value": .string(name)], labels: ["params": "yes"]), "configmaps", namespace: "n")
    }
    try await lab.policy(
      Self.kind, "p",
      [
        "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"],
        "matchConstraints": AdmissionLab.constraints(["secrets"]),
        "auditAnnotations": [["key": "k", "valueExpression": "string(params.data.value)"]],
      ],
      binding: [
        "paramRef": ["selector": ["matchLabels": ["params": "yes"]], "parameterNotFoundAction": "Deny"]
      ])
    let (_, context) = try await lab.create(
      ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"]], "secrets")
    #expect(context.auditAnnotations["p/k"] == "one, two")
  }

  private func verdict(_ spec: JSONObject, budget: Int64) async throws -> PolicyVerdict {
    let lab = try await lab()
    let request = AdmissionRequest(
      operation: .create, resource: try lab.target("configmaps"), subresource: "", namespace: "n", name: "one",
      user: .server, object: AdmissionLab.config("one"), oldObject: nil, isDryRun: false,
      context: lab.context("create", namespace: "n", name: "one"))
    let form = WebhookForm(request)
    let invocation = PolicyInvocation(
      name: "p", policy: ValidatingPolicy(["spec": .object(spec)]), binding: PolicyBinding([:]),
      found: PolicyMatch.Found(kind: form.kind, resource: form.resource), parameters: .null)
    var scene = PolicyScene(registry: lab.registry, store: lab.store, authorizer: AdmissionLab.Judge(), request)
    return await PolicyVerdict(invocation, try await scene.variables(for: invocation), budget: budget)
  }

  private static let costly = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].all(i, i < 10)"
  private static let tooMuch =
    "validation failed due to running out of cost budget, no further validation rules will be run"

  /// What costs too much is the one thing that is said of a request.
  @Test func validationsThatCostTooMuch() async throws {
    let validations: JSONValue = [
      ["expression": "false", "message": "cheap"], ["expression": .string(Self.costly)],
      ["expression": .string(Self.costly)],
    ]
    let spec: JSONObject = [
      "validations": validations, "auditAnnotations": [["key": "k", "valueExpression": "'v'"]],
    ]
    let verdict = try await verdict(spec, budget: 100)
    #expect(verdict.failures.map(\.message) == [Self.tooMuch] && verdict.annotations.isEmpty)
    var lenient = spec
    lenient["failurePolicy"] = "Ignore"
    #expect(try await self.verdict(lenient, budget: 100).failures.isEmpty)
    #expect(try await self.verdict(spec, budget: 10_000).failures.map(\.message) == ["cheap"])
  }

  /// Messages are paid for with what the validations have left.
  @Test func messagesThatCostTooMuch() async throws {
    let message = JSONValue.string("\(Self.costly) ? 'a' : 'b'")
    let spec: JSONObject = [
      "validations": [
        ["expression": "false", "messageExpression": message], ["expression": "false", "messageExpression": message],
      ]
    ]
    let failures = try await verdict(spec, budget: 100).failures
    #expect(failures.map(\.message) == [String](repeating: "failed messageExpression: \(Self.tooMuch)", count: 2))
    #expect(try await verdict(spec, budget: 10_000).failures.map(\.message) == ["a", "a"])
  }

  @Test func annotationsThatCostTooMuch() async throws {
    let value = JSONValue.string("\(Self.costly) ? 'a' : 'b'")
    let spec: JSONObject = [
      "validations": [["expression": "false", "message": "cheap"]],
      "auditAnnotations": [
        ["key": "k", "valueExpression": "'v'"], ["key": "l", "valueExpression": value],
        ["key": "m", "valueExpression": value],
      ],
    ]
    let verdict = try await verdict(spec, budget: 100)
    #expect(verdict.failures.map(\.message) == [Self.tooMuch] && verdict.annotations.isEmpty)
  }

  @Test func selectorsAreAskedAbout() async throws {
    let judge = AdmissionLab.Judge { _, info in info.labelSelector == "app=x" }
    let lab = try await lab(judge)
    try await lab.policy(
      Self.kind, "p",
      [
        "validations": [
          [
            "expression":
              "authorizer.group('').resource('pods').fieldSelector('spec.nodeName=a').labelSelector('app=x').check('list').allowed()"
          ]
        ]
      ])
    try await lab.create(AdmissionLab.config("c"), "configmaps")
    let asked = try #require(judge.questions.first { $0.resource == "pods" })
    #expect(asked.fieldSelector == "spec.nodeName=a" && asked.labelSelector == "app=x" && asked.verb == "list")
  }

  /// What a variable holds is known to others as far as it is no object: which fields that has shows when it is read.
  @Test func variables() async throws {
    let lab = try await lab()
    func spec(_ expression: String) -> JSONObject {
      [
        "variables": [
          ["name": "request", "expression": "request"], ["name": "size", "expression": "object.data.size()"],
          ["name": "unused", "expression": "object.data.missing"],
        ], "validations": [["expression": .string(expression), "messageExpression": "string(variables.size)"]],
      ]
    }
    try await lab.policy("ValidatingAdmissionPolicy", "p", spec("!has(variables.request.nope) && variables.size < 2"))
    try await lab.create(AdmissionLab.config("fine", ["a": "1"]), "configmaps")
    let refusal = try await lab.refusal(of: AdmissionLab.config("c", ["a": "1", "b": "2"]), "configmaps")
    #expect(refusal.message.hasSuffix("denied request: 2"))
    let wrong = await #expect(throws: StatusError.self) {
      try await lab.policy("ValidatingAdmissionPolicy", "q", spec("variables.size.startsWith('x')"))
    }
    #expect(wrong?.message.contains("found no matching overload for 'startsWith'") == true, "\(wrong?.message ?? "")")
  }

  /// Conditions decide before the namespace is looked at; validations see it.
  @Test func namespaces() async throws {
    let lab = try await lab()
    try await lab.create(
      ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n", "labels": ["team": "blue"]]], "namespaces")
    try await lab.policy(
      Self.kind, "p",
      [
        "matchConditions": [["name": "none", "expression": "namespaceObject == null"]],
        "validations": [
          ["expression": "namespaceObject.metadata.labels.team != 'blue'", "message": "not for the blue team"]
        ],
      ])
    #expect(
      try await lab.refusal(of: AdmissionLab.config("c"), "configmaps").message.hasSuffix("not for the blue team"))
  }
}
