import APIMachinery
import NIOCore

/// What happened with one request up to one stage (`audit.k8s.io/v1` Event). It is put together where the request is
/// answered, and becomes text where it is written.
struct AuditEvent: Sendable {
  /// What all events of one request have in common.
  final class Subject: Sendable {
    let id: String
    let level: AuditLevel
    let omitsManagedFields: Bool
    let uri: String
    let info: RequestInfo
    let user: User?
    let sourceAddresses: [String]
    let userAgent: String
    let received: Timestamp
    /// The body as it was sent; nil where it is not kept.
    let body: JSONValue?

    init(
      id: String, choice: AuditPolicy.Choice, uri: String, info: RequestInfo, user: User?, sourceAddresses: [String],
      userAgent: String, received: Timestamp, body: JSONValue?
    ) {
      self.id = id
      level = choice.level
      omitsManagedFields = choice.omitsManagedFields
      self.uri = uri
      self.info = info
      self.user = user
      self.sourceAddresses = sourceAddresses
      self.userAgent = userAgent
      self.received = received
      self.body = body
    }
  }

  /// How the request was answered.
  struct Outcome: Sendable {
    var code: Int
    /// The JSON of the answer; nil where it is none.
    var answer: ByteBuffer?
  }

  let subject: Subject
  let stage: AuditStage
  let time: Timestamp
  var impersonated: User?
  /// The verb of the constrained permission to act as somebody else; empty for none.
  var constraint = ""
  var outcome: Outcome?
  var annotations: [(String, String)] = []

  /// A line of the log, without its end.
  /// - Parameter isTruncated: without what was sent and answered.
  func line(isTruncated: Bool = false) -> [UInt8] {
    var event: JSONObject = [
      "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": .string(subject.level.rawValue),
      "auditID": .string(subject.id), "stage": .string(stage.rawValue), "requestURI": .string(subject.uri),
      "verb": .string(subject.info.verb), "user": subject.user.map(ReviewHandler.json) ?? [:],
    ]
    if let impersonated { event["impersonatedUser"] = ReviewHandler.json(impersonated) }
    if !constraint.isEmpty { event["authenticationMetadata"] = ["impersonationConstraint": .string(constraint)] }
    event["sourceIPs"] = .array(subject.sourceAddresses.map { .string($0) })
    if !subject.userAgent.isEmpty { event["userAgent"] = .string(subject.userAgent) }
    let answer = outcome?.answer.flatMap { try? JSONValue(json: Array($0.readableBytesView)) }
    if subject.info.isResource { event["objectRef"] = .object(reference(answer)) }
    if let outcome { event["responseStatus"] = .object(Self.status(outcome, answer)) }
    if !isTruncated, subject.level >= .request, let body = subject.body { event["requestObject"] = shown(body) }
    if !isTruncated, subject.level >= .requestResponse, let answer { event["responseObject"] = shown(answer) }
    event["requestReceivedTimestamp"] = .string(subject.received.inMicroseconds)
    event["stageTimestamp"] = .string(time.inMicroseconds)
    let annotations = annotations + (isTruncated ? [("audit.k8s.io/truncated", "true")] : [])
    if !annotations.isEmpty {
      event["annotations"] = .object(JSONObject(annotations.map { ($0.0, JSONValue.string($0.1)) }))
    }
    return JSONValue.object(event).jsonBytes()
  }

  private func reference(_ answer: JSONValue?) -> JSONObject {
    let info = subject.info
    // One that is made has its name in the body, or in the answer.
    let made = info.verb == "create" ? [subject.body, answer?["kind"] == "Status" ? nil : answer] : []
    func known(_ text: String, _ member: String) -> String {
      if !text.isEmpty { return text }
      return made.lazy.compactMap { $0?["metadata"]?[member]?.stringValue }.first ?? ""
    }
    let sent = subject.body?["metadata"]
    let members = [
      ("resource", info.resource), ("namespace", info.namespace), ("name", known(info.name, "name")),
      ("uid", sent?["uid"]?.stringValue ?? ""), ("apiGroup", info.group), ("apiVersion", info.version),
      ("resourceVersion", sent?["resourceVersion"]?.stringValue ?? ""), ("subresource", info.subresource),
    ]
    return JSONObject(members.filter { !$0.1.isEmpty }.map { ($0.0, JSONValue.string($0.1)) })
  }

  private static func status(_ outcome: Outcome, _ answer: JSONValue?) -> JSONObject {
    var status: JSONObject = ["metadata": [:]]
    if answer?["kind"] == "Status", answer?["apiVersion"] == "v1" {
      for name in ["status", "message", "reason", "details"] { status[name] = answer?[name] }
    }
    status["code"] = .integer(Int64(outcome.code))
    return status
  }

  private func shown(_ value: JSONValue) -> JSONValue {
    guard subject.omitsManagedFields, case .object(var object) = value else { return value }
    func strip(_ object: inout JSONObject) {
      if object["metadata"]?["managedFields"] != nil { object.setMetadata("managedFields", nil) }
    }
    strip(&object)
    if let items = object["items"]?.arrayValue {
      object["items"] = .array(
        items.map { item in
          guard case .object(var item) = item else { return item }
          strip(&item)
          return .object(item)
        })
    }
    if let rows = object["rows"]?.arrayValue {
      object["rows"] = .array(
        rows.map { row in
          guard case .object(var row) = row, case .object(var inner)? = row["object"] else { return row }
          strip(&inner)
          row["object"] = .object(inner)
          return .object(row)
        })
    }
    return .object(object)
  }
}
