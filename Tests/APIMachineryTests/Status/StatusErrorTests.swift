import APIMachinery
import Testing

@Suite("Status")
struct StatusErrorTests {
  private static let pods = GroupResource(group: "", resource: "pods")
  private static let deployments = GroupResource(group: "apps", resource: "deployments")

  @Test(
    "reasons, codes and words",
    arguments: [
      (StatusError.notFound(pods, "x"), "NotFound", 404, "pods \"x\" not found"),
      (.notFound(deployments, "x"), "NotFound", 404, "deployments.apps \"x\" not found"),
      (.noSuchPath(), "NotFound", 404, "the server could not find the requested resource"),
      (.alreadyExists(pods, "x"), "AlreadyExists", 409, "pods \"x\" already exists"),
      (
        .generateNameConflict(pods, "x-abcde"), "AlreadyExists", 409,
        "pods \"x-abcde\" already exists, the server was not able to generate a unique name for the object"
      ),
      (
        .conflict(deployments, "x"), "Conflict", 409,
        "Operation cannot be fulfilled on deployments.apps \"x\": the object has been modified; please apply your changes to the latest version and try again"
      ),
      (.badRequest("no"), "BadRequest", 400, "no"),
      (.unauthorized(), "Unauthorized", 401, "Unauthorized"),
      (.forbidden(pods, "", "no"), "Forbidden", 403, "pods is forbidden: no"),
      (.forbidden(pods, "x", "no"), "Forbidden", 403, "pods \"x\" is forbidden: no"),
      (.forbidden(nil, "", "no"), "Forbidden", 403, "forbidden: no"),
      (
        .methodNotAllowed(), "MethodNotAllowed", 405,
        "the server does not allow this method on the requested resource"
      ),
      (
        .notAcceptable(accepted: ["application/json", "application/yaml"]), "NotAcceptable", 406,
        "only the following media types are accepted: application/json, application/yaml"
      ),
      (
        .unsupportedMediaType(accepted: ["application/json"]), "UnsupportedMediaType", 415,
        "the body of the request was in an unknown format - accepted media types include: application/json"
      ),
      (.gone("x"), "Gone", 410, "x"), (.expired("x"), "Expired", 410, "x"),
      (
        .resourceVersionTooOld(wanted: 5, oldest: 9), "Expired", 410,
        "too old resource version: 5 (9)"
      ),
      (
        .resourceVersionTooLarge(wanted: 9, current: 5), "Timeout", 504,
        "Timeout: Too large resource version: 9, current: 5"
      ),
      (.tooManyRequests("slow down", retryAfterSeconds: 1), "TooManyRequests", 429, "slow down"),
      (
        .requestEntityTooLarge(maximum: 3_145_728), "RequestEntityTooLarge", 413,
        "Request entity too large: limit is 3145728"
      ),
      (.timeout("x"), "Timeout", 504, "Timeout: x"),
      (
        .serverTimeout(pods, "list", retryAfterSeconds: 2), "ServerTimeout", 500,
        "The list operation against pods could not be completed at this time, please try again."
      ),
      (.internalError("boom"), "InternalError", 500, "Internal error occurred: boom"),
      (.serviceUnavailable("x"), "ServiceUnavailable", 503, "x"),
    ])
  func reasons(error: StatusError, reason: String, code: Int, message: String) throws {
    #expect(error.reason.rawValue == reason)
    #expect(error.code == code)
    #expect(error.message == message)
    #expect(StatusError(json: try JSONValue(json: error.json.jsonBytes())) == error)
  }

  @Test("the object as it is served")
  func served() {
    #expect(
      StatusError.notFound(Self.deployments, "x").json.jsonText()
        == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"deployments.apps \"x\" not found","reason":"NotFound","details":{"name":"x","group":"apps","kind":"deployments"},"code":404}"#
    )
    #expect(
      StatusError.tooManyRequests("x", retryAfterSeconds: 3).json.jsonText()
        == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"x","reason":"TooManyRequests","details":{"retryAfterSeconds":3},"code":429}"#
    )
    #expect(StatusError.tooManyRequests("x", retryAfterSeconds: 3).retryAfterSeconds == 3)
    #expect(StatusError.badRequest("x").retryAfterSeconds == nil)
  }

  @Test("an invalid object tells each cause, and all in one message")
  func invalid() {
    let path = FieldPath("spec", "replicas")
    let kind = GroupKind(group: "apps", kind: "Deployment")
    let one = StatusError.invalid(
      kind, "web", [.invalid(path, -1, "must be greater than or equal to 0")])
    #expect(
      one.message
        == "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    )
    let two = StatusError.invalid(
      kind, "web",
      [.required(FieldPath("spec", "selector")), .required(FieldPath("spec", "template"))])
    #expect(
      two.message
        == "Deployment.apps \"web\" is invalid: [spec.selector: Required value, spec.template: Required value]"
    )
    #expect(
      two.json["details"]?.jsonText()
        == #"{"name":"web","group":"apps","kind":"Deployment","causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.selector"},{"reason":"FieldValueRequired","message":"Required value","field":"spec.template"}]}"#
    )
    #expect(two.code == 422)
    #expect(StatusError.invalid(kind, "web", []).message == "Deployment.apps \"web\" is invalid")
  }

  @Test("an expired list hands out a token to go on with")
  func continues() {
    let error = StatusError.continueExpired(continueToken: "abc")
    #expect(error.json["metadata"]?.jsonText() == #"{"continue":"abc"}"#)
    #expect(error.code == 410)
    #expect(StatusError(json: error.json)?.continueToken == "abc")
  }

  @Test("what is no failure is no error")
  func notAnError() {
    #expect(StatusError(json: ["kind": "Pod"]) == nil)
    #expect(StatusError(json: ["kind": "Status", "status": "Success"]) == nil)
  }
}
