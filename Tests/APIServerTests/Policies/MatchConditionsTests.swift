import APIMachinery
import Testing

@testable import APIServer

@Suite struct MatchConditionsTests {
  private func result(
    _ expressions: [String], budget: Int64 = AdmissionExpression.conditionBudget
  ) async throws -> MatchConditions.Result {
    let lab = try await AdmissionLab { _, _, _ in [] }
    let object: JSONObject = ["a": 1]
    let request = AdmissionRequest(
      operation: .create, resource: try lab.target("configmaps"), subresource: "", namespace: "n", name: "one",
      user: User(name: "jane"), object: object, oldObject: nil, isDryRun: false,
      context: lab.context("create", namespace: "n", name: "one"))
    let form = WebhookForm(request)
    let judge = AdmissionLab.Judge { user, info in user.name == "jane" && info.resource == "configmaps" }
    let variables = AdmissionVariables(
      form, request, as: form.kind, form.resource, object: object, oldObject: nil,
      AuthorizationQuestions(judge, user: request.user))
    return await conditions(expressions).evaluate(variables, budget: budget)
  }

  private func conditions(_ expressions: [String]) -> MatchConditions {
    MatchConditions(
      expressions.enumerated().map { ["name": .string("c\($0)"), "expression": .string($1)] })
  }

  @Test func allMustHold() async throws {
    #expect(try await result([]) == .matches)
    #expect(
      try await result(["object.a == 1", "request.operation == 'CREATE'", "request.userInfo.username == 'jane'"])
        == .matches)
    #expect(try await result(["true", "object.a == 2", "false"]) == .excluded(condition: "c1"))
  }

  /// What is false decides, whatever has gone wrong before it.
  @Test func falseOutweighsErrors() async throws {
    #expect(try await result(["object.b == 1", "false"]) == .excluded(condition: "c1"))
  }

  @Test func errors() async throws {
    guard case .failed(let one) = try await result(["object.b == 1", "true"]) else {
      Issue.record("no error")
      return
    }
    #expect(one == "expression 'object.b == 1' resulted in error: no such key: b")
    guard case .failed(let two) = try await result(["object.b == 1", "object.c == 1"]) else {
      Issue.record("no error")
      return
    }
    #expect(two.hasPrefix("[expression 'object.b == 1'") && two.contains("no such key: c"))
  }

  @Test func whatDoesNotCompile() async throws {
    guard case .failed(let message) = try await result(["nope"]) else {
      Issue.record("no error")
      return
    }
    #expect(message.hasPrefix("compilation error: compilation failed: "))
    #expect(
      MatchConditions.errors(
        in: [["name": "a", "expression": "1"], ["name": "b", "expression": "true"]], at: FieldPath("x")
      )
      .map(\.field) == ["x[0].expression"])
  }

  @Test func theAuthorizerIsAsked() async throws {
    let asking = "authorizer.group('').resource('configmaps').check('get').allowed()"
    #expect(try await result([asking, "authorizer.requestResource.check('create').allowed()"]) == .matches)
    #expect(
      try await result(["authorizer.group('').resource('secrets').check('get').allowed()"])
        == .excluded(condition: "c0"))
  }

  /// What they cost together is limited.
  @Test func budget() async throws {
    let costly = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].all(i, i < 10)"
    #expect(try await result([costly, costly, costly], budget: 10_000) == .matches)
    guard case .failed(let message) = try await result([costly, costly, costly], budget: 100) else {
      Issue.record("nothing was too much")
      return
    }
    #expect(message == "validation failed due to running out of cost budget, no further validation rules will be run")
  }
}
