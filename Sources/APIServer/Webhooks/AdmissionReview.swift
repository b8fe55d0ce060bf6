import APIMachinery
import FoundationEssentials
import HTTPService

/// The question that a webhook is asked and the answer that it gives (`admission.k8s.io/v1` and `v1beta1`
/// AdmissionReview).
struct AdmissionReview {
  private static let group = "admission.k8s.io"

  let uid = Identifiers.uid()
  let version: String
  let body: [UInt8]

  /// - Throws: `.configuration` where the webhook reads no version that this server writes.
  init(_ question: WebhookQuestion) throws(OutboundError) {
    let invocation = question.invocation
    guard let version = invocation.webhook.reviewVersions.first(where: { ["v1", "v1beta1"].contains($0) }) else {
      throw OutboundError(
        .configuration,
        "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)")
    }
    self.version = version
    var members = Self.members(
      question.form, question.request, kind: invocation.kind, resource: invocation.resource)
    members["uid"] = .string(uid)
    members["object"] = question.object.map { .object($0) } ?? .null
    members["oldObject"] = question.oldObject.map { .object($0) } ?? .null
    let review: JSONValue = [
      "kind": "AdmissionReview", "apiVersion": .string("\(Self.group)/\(version)"), "request": .object(members),
    ]
    body = review.jsonBytes()
  }

  /// What is told of a request beside the objects.
  static func members(
    _ form: WebhookForm, _ request: AdmissionRequest, kind: GroupVersionKind, resource: GroupVersionResource
  ) -> JSONObject {
    var members: JSONObject = [
      "uid": "", "kind": self.kind(kind), "resource": self.resource(resource),
    ]
    if !form.subresource.isEmpty { members["subResource"] = .string(form.subresource) }
    members["requestKind"] = self.kind(form.kind)
    members["requestResource"] = self.resource(form.resource)
    if !form.subresource.isEmpty { members["requestSubResource"] = .string(form.subresource) }
    if !form.name.isEmpty { members["name"] = .string(form.name) }
    if !form.namespace.isEmpty { members["namespace"] = .string(form.namespace) }
    members["operation"] = .string(form.operation.rawValue)
    members["userInfo"] = Self.user(request.user)
    members["dryRun"] = .bool(request.isDryRun)
    members["options"] = options(form.operation, request).map { .object($0) } ?? .null
    return members
  }

  private static func kind(_ kind: GroupVersionKind) -> JSONValue {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }

  private static func resource(_ resource: GroupVersionResource) -> JSONValue {
    ["group": .string(resource.group), "version": .string(resource.version), "resource": .string(resource.resource)]
  }

  private static func user(_ user: User) -> JSONValue {
    var members: JSONObject = ["username": .string(user.name)]
    if !user.uid.isEmpty { members["uid"] = .string(user.uid) }
    if !user.groups.isEmpty { members["groups"] = .array(user.groups.map { .string($0) }) }
    if !user.extra.isEmpty {
      members["extra"] = .object(
        JSONObject(
          user.extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
    }
    return .object(members)
  }

  /// The options of the request, as Kubernetes' clients send them in its query.
  private static func options(_ operation: AdmissionRequest.Operation, _ request: AdmissionRequest) -> JSONObject? {
    let kind: JSONValue
    switch operation {
    case .create: kind = "CreateOptions"
    case .update: kind = "UpdateOptions"
    case .delete:
      guard var options = request.options else { return nil }
      if request.isDryRun { options["dryRun"] = ["All"] }
      return options
    case .connect: return nil
    }
    var options: JSONObject = ["kind": kind, "apiVersion": "meta.k8s.io/v1"]
    if request.isDryRun { options["dryRun"] = ["All"] }
    for name in ["fieldManager", "fieldValidation"] {
      if let value = request.context.query[name], !value.isEmpty { options[name] = .string(value) }
    }
    return options
  }

  /// What a webhook says.
  struct Verdict {
    let isAllowed: Bool
    let patch: JSONPatch?
    /// The patch as it came, for the audit log.
    let patchValue: JSONValue?
    let status: JSONValue?
    let warnings: [String]
    let annotations: [(key: String, value: String)]
  }

  /// - Throws: why the answer is none.
  func verdict(_ bytes: [UInt8], isMutating: Bool) throws(OutboundError) -> Verdict {
    let value: JSONValue
    do { value = try JSONValue(json: bytes) } catch {
      throw Self.broken("failed to call webhook: couldn't get version/kind; json parse error: \(error.message)")
    }
    if let problem = ReviewKind(group: Self.group, version: version, kind: "AdmissionReview").problem(value) {
      throw Self.broken("failed to call webhook: \(problem)")
    }
    do { try AdmissionAnswer.check(value) } catch { throw Self.broken("failed to call webhook: \(error.message)") }
    guard let response = value["response"], response.objectValue != nil else {
      throw Self.invalid("webhook response was absent")
    }
    var patchType = response["patchType"]?.stringValue
    let patchText = response["patch"]?.stringValue ?? ""
    if version == "v1" {
      let answered = response["uid"]?.stringValue ?? ""
      guard answered == uid else {
        throw Self.invalid("expected response.uid=\(uid.goQuoted), got \(answered.goQuoted)")
      }
      let place = GroupVersion(apiVersion: value["apiVersion"]?.stringValue ?? "")
      let kind = value["kind"]?.stringValue ?? ""
      let found = "\(place?.group ?? "")/\(place?.version ?? ""), Kind=\(kind)"
      let expected = "\(Self.group)/v1, Kind=AdmissionReview"
      guard found == expected else { throw Self.invalid("expected webhook response of \(expected), got \(found)") }
      if isMutating {
        if !patchText.isEmpty, patchType == nil {
          throw Self.invalid("webhook returned response.patch but not response.patchType")
        }
        if patchText.isEmpty, patchType != nil {
          throw Self.invalid("webhook returned response.patchType but not response.patch")
        }
        if patchType == "" { throw Self.invalid("webhook returned invalid response.patchType of \"\"") }
      } else {
        if !patchText.isEmpty { throw Self.invalid("validating webhook may not return response.patch") }
        if patchType != nil { throw Self.invalid("validating webhook may not return response.patchType") }
      }
    } else {
      patchType = "JSONPatch"
    }
    let isAllowed = response["allowed"]?.boolValue ?? false
    let (patch, patchValue) = isMutating && isAllowed ? try Self.patch(patchText, type: patchType) : (nil, nil)
    return Verdict(
      isAllowed: isAllowed, patch: patch, patchValue: patchValue,
      status: response["status"], warnings: (response["warnings"]?.arrayValue ?? []).compactMap(\.stringValue),
      annotations: (response["auditAnnotations"]?.objectValue ?? [:]).compactMap { name, value in
        value.stringValue.map { (name, $0) }
      })
  }

  private static func patch(_ text: String, type: String?) throws(OutboundError) -> (JSONPatch?, JSONValue?) {
    guard !text.isEmpty else { return (nil, nil) }
    guard let bytes = Data(base64Encoded: text) else {
      throw broken("failed to call webhook: illegal base64 data in response.patch")
    }
    guard type == "JSONPatch" else { throw broken("unsupported patch type \((type ?? "").goQuoted)") }
    let value: JSONValue
    let patch: JSONPatch
    do {
      value = try JSONValue(json: Array(bytes))
      patch = try JSONPatch(value)
    } catch { throw broken("received undecodable patch in webhook response: \(error)") }
    return patch.count == 0 ? (nil, nil) : (patch, sorted(value))
  }

  /// A patch with the members of each operation in the order of their names.
  private static func sorted(_ patch: JSONValue) -> JSONValue {
    .array(
      (patch.arrayValue ?? []).map { operation in
        .object(JSONObject((operation.objectValue ?? [:]).sorted { $0.name < $1.name }.map { ($0.name, $0.value) }))
      })
  }

  private static func broken(_ message: String) -> OutboundError { OutboundError(.broken, message) }

  private static func invalid(_ message: String) -> OutboundError {
    broken("received invalid webhook response: \(message)")
  }
}
