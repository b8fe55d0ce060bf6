import APIMachinery
import ClusterAPI
import FoundationEssentials
import HTTPService
import Testing

@testable import APIServer

@Suite struct AdmissionReviewTests {
  private static let kinds = Result { try BuiltinKinds.load() }

  private func review(versions: [String] = ["v1"], user: User = .server) throws -> AdmissionReview {
    let kinds = try Self.kinds.get()
    let resource = try #require(kinds.resource(GroupResource(group: "", resource: "configmaps")))
    let target = ServedResource(resource: resource, version: try #require(resource.storageVersion))
    let context = RequestContext.ofServer(verb: "create", namespace: "n", name: "one")
    let request = AdmissionRequest(
      operation: .create, resource: target, subresource: "", namespace: "n", name: "one", user: user,
      object: ["kind": "ConfigMap", "apiVersion": "v1"], oldObject: nil, isDryRun: true, context: context)
    let form = WebhookForm(request)
    let webhook = Webhook(
      ["name": "a.b.c", "admissionReviewVersions": .array(versions.map { .string($0) })], configuration: "x", index: 0)
    let invocation = WebhookMatcher.Invocation(webhook: webhook, resource: form.resource, kind: form.kind)
    return try AdmissionReview(
      WebhookQuestion(invocation: invocation, form: form, request: request, object: form.object, oldObject: nil))
  }

  private func answer(_ review: AdmissionReview, _ response: JSONObject, kind: String = "AdmissionReview") -> [UInt8] {
    var response = response
    if response["uid"] == nil { response["uid"] = .string(review.uid) }
    let value: JSONValue = [
      "apiVersion": "admission.k8s.io/v1", "kind": .string(kind), "response": .object(response),
    ]
    return value.jsonBytes()
  }

  private func patch(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }

  @Test func question() throws {
    let user = User(name: "jane", uid: "7", groups: ["g"], extra: ["k": ["v"]])
    let review = try review(user: user)
    let value = try JSONValue(json: review.body)
    let request = try #require(value["request"])
    #expect(request["uid"]?.stringValue == review.uid && request["dryRun"] == true)
    #expect(
      request["userInfo"] == ["username": "jane", "uid": "7", "groups": ["g"], "extra": ["k": ["v"]]])
    #expect(request["options"] == ["kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "dryRun": ["All"]])
    #expect(request["oldObject"] == .null && request["subResource"] == nil)
  }

  @Test func versions() throws {
    #expect(try review(versions: ["v9", "v1beta1", "v1"]).version == "v1beta1")
    #expect(throws: OutboundError.self) { try review(versions: ["v9"]) }
  }

  @Test func allowed() throws {
    let review = try review()
    let verdict = try review.verdict(
      answer(
        review,
        [
          "allowed": true, "patchType": "JSONPatch", "patch": patch(#"[{"op":"remove","path":"/data"}]"#),
          "warnings": ["w"], "auditAnnotations": ["k": "v"],
        ]), isMutating: true)
    #expect(verdict.isAllowed && verdict.patch?.count == 1 && verdict.warnings == ["w"])
    #expect(verdict.annotations.map(\.key) == ["k"])
    let empty = try review.verdict(
      answer(review, ["allowed": true, "patchType": "JSONPatch", "patch": patch("[]")]), isMutating: true)
    #expect(empty.patch == nil)
  }

  /// The audit log has the members of operations in the order of their names, and their values as they came.
  @Test func patchesForTheAuditLog() throws {
    let review = try review()
    let sent = #"[{"value":{"z":1,"a":2},"path":"/data","op":"add"}]"#
    let verdict = try review.verdict(
      answer(review, ["allowed": true, "patchType": "JSONPatch", "patch": patch(sent)]), isMutating: true)
    #expect(verdict.patchValue?.jsonText() == #"[{"op":"add","path":"/data","value":{"z":1,"a":2}}]"#)
  }

  /// A webhook has its own time, or what is left of the request's.
  @Test(
    arguments: [
      (10, nil, 10), (10, .seconds(60), 10), (10, .seconds(10), 10), (20, .milliseconds(7_001), 8), (5, .seconds(7), 5),
      (5, .milliseconds(1), 1), (5, .seconds(-1), 1),
    ] as [(Int64, Duration?, Int64)])
  func seconds(own: Int64, left: Duration?, given: Int64) {
    let now = ContinuousClock.now
    #expect(WebhookCaller.seconds(own, until: left.map { now + $0 }, from: now) == given)
  }

  /// What a webhook that refuses says of the object does not matter.
  @Test func refusalsHaveNoPatch() throws {
    let review = try review()
    let verdict = try review.verdict(
      answer(review, ["allowed": false, "patchType": "JSONPatch", "patch": patch("nonsense")]), isMutating: true)
    #expect(!verdict.isAllowed && verdict.patch == nil)
  }

  @Test(arguments: [
    (#"{"uid":"x"}"#, true, "expected response.uid="),
    (#"{"allowed":true,"patch":"W10="}"#, true, "webhook returned response.patch but not response.patchType"),
    (
      #"{"allowed":true,"patchType":"JSONPatch"}"#, true, "webhook returned response.patchType but not response.patch"
    ),
    (#"{"allowed":true,"patch":"W10=","patchType":""}"#, true, "webhook returned invalid response.patchType of \"\""),
    (#"{"allowed":true,"patch":"W10=","patchType":"Merge"}"#, true, "unsupported patch type \"Merge\""),
    (#"{"allowed":true,"patch":"e30=","patchType":"JSONPatch"}"#, true, "received undecodable patch"),
    (#"{"allowed":true,"patch":"W10="}"#, false, "validating webhook may not return response.patch"),
    (#"{"allowed":true,"patchType":"JSONPatch"}"#, false, "validating webhook may not return response.patchType"),
  ])
  func malformed(response: String, isMutating: Bool, words: String) throws {
    let review = try review()
    let members = try #require(try JSONValue(json: Array(response.utf8)).objectValue)
    let error = #expect(throws: OutboundError.self) {
      try review.verdict(answer(review, members), isMutating: isMutating)
    }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  /// An answer of other types is none: nobody has refused anything.
  @Test(arguments: [
    (
      #"{"response":{"allowed":"true"}}"#,
      "json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool"
    ),
    (
      #"{"response":{"warnings":"w"}}"#,
      "json: cannot unmarshal string into Go struct field AdmissionResponse.response.warnings of type []string"
    ),
    (
      #"{"response":{"auditAnnotations":{"a":1}}}"#,
      "json: cannot unmarshal number into Go struct field AdmissionResponse.response.auditAnnotations of type string"
    ),
    (
      #"{"response":{"status":{"code":"x"}}}"#,
      "json: cannot unmarshal string into Go struct field Status.response.status.code of type int32"
    ),
    (#"{"response":{"patch":"%%"}}"#, "illegal base64 data at input byte 0"),
    ("[]", "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct {"),
    (
      #"{"kind":1}"#,
      "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"
    ),
    (#"{"apiVersion":"a/b/c"}"#, "failed to call webhook: unexpected GroupVersion string: a/b/c"),
    (
      #"{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","response":{}}"#,
      #"no kind "AdmissionReview" is registered for version "admission.k8s.io/v2" in scheme "#
    ),
    (#"{"apiVersion":"v1","kind":"Pod"}"#, #"no kind "Pod" is registered for version "v1" in scheme "#),
    (
      #"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{}}"#,
      "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion"
    ),
    (
      #"{"apiVersion":"v1","kind":"Status","status":"Success"}"#,
      "converting (v1.Status) to (v1.AdmissionReview): unknown conversion"
    ),
    (#"{"response":{}}"#, "expected response.uid="),
    ("{", "couldn't get version/kind; json parse error: "), (#"{"response":null}"#, "webhook response was absent"),
  ])
  func types(text: String, words: String) throws {
    let review = try review()
    let error = #expect(throws: OutboundError.self) { try review.verdict(Array(text.utf8), isMutating: true) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  /// Whatever comes: an answer or an error.
  @Test func noise() throws {
    let review = try review()
    let good = answer(
      review, ["allowed": true, "patchType": "JSONPatch", "patch": patch(#"[{"op":"add","path":"/a","value":1}]"#)])
    var generator = SystemRandomNumberGenerator()
    var answers = 0
    for _ in 0..<5000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
      }
      if Bool.random() { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      if let verdict = try? review.verdict(bytes, isMutating: true) {
        answers += 1
        #expect(verdict.isAllowed || verdict.patch == nil)
      }
    }
    #expect(answers < 5000)
  }

  @Test func refusals() {
    func refusal(_ status: JSONValue?) -> StatusError { WebhookCaller.refusal("w", status) }
    let denied = "admission webhook \"w\" denied the request"
    #expect(refusal(nil).message == "\(denied) without explanation" && refusal(nil).code == 400)
    #expect(refusal(["reason": "NotFound"]).message == "\(denied): NotFound")
    let full = refusal(["message": "no", "code": 418, "reason": "Forbidden", "details": ["name": "n"]])
    #expect(full.message == "\(denied): no" && full.code == 418 && full.details?.name == "n")
    #expect(refusal(["code": 200, "status": "Success", "message": "no"]).code == 400)
  }
}
