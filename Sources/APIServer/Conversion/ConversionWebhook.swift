import APIMachinery

/// Somebody who converts custom resources between their versions (apiextensions.k8s.io/v1 WebhookConversion).
public struct ConversionWebhook: Sendable {
  let target: OutboundTarget
  /// Versions of ConversionReview that it reads, the best first.
  let reviewVersions: [String]

  /// - Returns: nil where the definition has none.
  init?(_ definition: JSONObject) {
    let conversion = definition["spec"]?["conversion"]
    guard conversion?["strategy"]?.stringValue == "Webhook", let webhook = conversion?["webhook"],
      let target = OutboundTarget(clientConfig: webhook["clientConfig"])
    else { return nil }
    self.target = target
    reviewVersions = (webhook["conversionReviewVersions"]?.arrayValue ?? []).compactMap(\.stringValue)
  }

  /// Why a definition's webhook cannot be asked at all; nil where it can, or there is none.
  static func problem(of definition: JSONObject) -> String? {
    guard let webhook = ConversionWebhook(definition), case .failure(let error) = webhook.target.tls else { return nil }
    return error.message
  }

  private static let group = "apiextensions.k8s.io"
  private static let agent = "kube-apiserver-conversion"
  private static let seconds = 30
  /// Bytes of an answer: a list may have thousands of objects.
  private static let largestAnswer = 256 << 20

  /// Converts objects in one call.
  /// - Parameter kind: what the message of a failure names.
  /// - Returns: as many objects, in the same order, which have kept their identity.
  func convert(
    _ objects: [JSONObject], to version: GroupVersion, kind: GroupVersionKind, by client: OutboundClient
  ) async throws(StatusError) -> [JSONObject] {
    func failure(_ message: String) -> StatusError {
      StatusError(.unknown, "conversion webhook for \(kind) \(message)", code: 500)
    }
    guard let reviewVersion = reviewVersions.first(where: { ["v1", "v1beta1"].contains($0) }) else {
      throw StatusError(
        .unknown, "no supported conversion review versions: \(reviewVersions.joined(separator: ", "))", code: 500)
    }
    let uid = Identifiers.uid()
    let review: JSONValue = [
      "kind": "ConversionReview", "apiVersion": .string("\(Self.group)/\(reviewVersion)"),
      "request": [
        "uid": .string(uid), "desiredAPIVersion": .string(version.apiVersion),
        "objects": .array(objects.map { .object($0) }),
      ],
    ]
    let query = "timeout=\(Self.seconds)s"
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.post(
        target, query: query, review.jsonBytes(), agent: Self.agent, within: .seconds(Self.seconds),
        limit: Self.largestAnswer)
    } catch { throw failure("failed: Post \("\(target.url)?\(query)".goQuoted): \(error.message)") }
    if let refusal = OutboundReply.failure(answer) { throw failure("failed: \(refusal.message)") }
    guard !answer.body.isEmpty else { throw failure("failed: \(OutboundReply.emptiness(answer))") }
    let converted: [JSONValue]
    do { converted = try Self.converted(answer.body, uid, reviewVersion) } catch {
      throw failure("failed: \(error.message)")
    }
    guard converted.count == objects.count else {
      throw failure("returned \(converted.count) objects, expected \(objects.count)")
    }
    let isList = objects.count > 1
    var result: [JSONObject] = []
    result.reserveCapacity(objects.count)
    for (index, (original, value)) in zip(objects, converted).enumerated() {
      do { result.append(try Self.checked(value, original, version)) } catch {
        throw failure("returned \(isList ? error.inList(at: index) : error.alone)")
      }
    }
    return result
  }

  /// What is wrong with an answer, or with an object in it.
  struct Malformed: Error {
    enum Part { case answer, form, object, metadata }

    var part = Part.answer
    let message: String

    /// In kube-apiserver's words for one of many objects.
    func inList(at index: Int) -> String {
      switch part {
      case .answer: message
      case .form, .object: "invalid converted object at index \(index): \(message)"
      case .metadata: "invalid metadata in object at index \(index): \(message)"
      }
    }

    /// In its words for a single one.
    var alone: String {
      switch part {
      case .answer: message
      case .form: "invalid object at index 0: \(message)"
      case .object: "invalid object: \(message)"
      case .metadata: "invalid metadata: \(message)"
      }
    }
  }

  /// The objects of an answer.
  static func converted(
    _ body: [UInt8], _ uid: String, _ reviewVersion: String
  ) throws(Malformed) -> [JSONValue] {
    let value: JSONValue
    do { value = try JSONValue(json: body) } catch {
      throw Malformed(message: "couldn't get version/kind; json parse error: \(error.message)")
    }
    let review = ReviewKind(group: group, version: reviewVersion, kind: "ConversionReview")
    if let problem = review.problem(value) { throw Malformed(message: problem) }
    let response = value["response"]
    if reviewVersion == "v1" {
      let place = GroupVersion(apiVersion: value["apiVersion"]?.stringValue ?? "")
      let found = "\(place?.group ?? "")/\(place?.version ?? ""), Kind=\(value["kind"]?.stringValue ?? "")"
      let expected = "\(group)/v1, Kind=ConversionReview"
      guard found == expected else {
        throw Malformed(message: "expected webhook response of \(expected), got \(found)")
      }
    }
    guard let response, response.objectValue != nil else { throw Malformed(message: "no response provided") }
    let answered = response["uid"]?.stringValue ?? ""
    if reviewVersion == "v1", answered != uid {
      throw Malformed(message: "expected response.uid=\(uid.goQuoted), got \(answered.goQuoted)")
    }
    let status = response["result"]?["status"]?.stringValue ?? ""
    guard status == "Success" else {
      let message = response["result"]?["message"]?.stringValue ?? ""
      throw Malformed(message: message.isEmpty ? "response.result.status was '\(status)', not 'Success'" : message)
    }
    return response["convertedObjects"]?.arrayValue ?? []
  }

  /// What was converted, with the metadata of what it was made of; only labels and annotations may be others.
  static func checked(
    _ value: JSONValue, _ original: JSONObject, _ version: GroupVersion
  ) throws(Malformed) -> JSONObject {
    guard case .object(var object) = value else {
      throw Malformed(part: .form, message: "it is no object")
    }
    let found = object["apiVersion"]?.stringValue ?? ""
    guard found == version.apiVersion else {
      throw Malformed(part: .form, message: "invalid groupVersion (expected \(version), received \(found))")
    }
    let (kind, wanted) = (object["kind"]?.stringValue ?? "", original["kind"]?.stringValue ?? "")
    guard kind == wanted else {
      throw Malformed(part: .form, message: "invalid kind (expected \(wanted), received \(kind))")
    }
    for (name, word) in [("name", "name"), ("namespace", "namespace"), ("uid", "UID")] {
      let (old, new) = (original.metadataText(name), object.metadataText(name))
      guard old == new else {
        throw Malformed(part: .object, message: "must have the same \(word): \(old) != \(new)")
      }
    }
    func metadataError(_ why: String) -> Malformed { Malformed(part: .metadata, message: why) }
    guard let answered = object["metadata"] else { throw metadataError("missing metadata in converted object") }
    guard let answered = answered.objectValue else {
      throw metadataError("invalid metadata of type \(answered.goType) in converted object")
    }
    var metadata = original.metadata
    for field in ["labels", "annotations"] {
      guard let value = answered[field], !value.isNull else {
        metadata[field] = nil
        continue
      }
      guard let texts = value.objectValue else {
        throw metadataError("invalid metadata.\(field) of type \(value.goType) in converted object")
      }
      for (key, text) in texts where text.stringValue == nil {
        throw metadataError("metadata.\(field)[\(key)] must be a string, but is \(text.goType) in converted object")
      }
      metadata[field] = value
      if original["metadata"]?[field] != value {
        let errors = MetadataRules.errors(in: [field: value], isNamespaced: false) { _ in [] }.filter {
          $0.field.hasPrefix("metadata.\(field)")
        }
        if let message = errors.aggregateMessage { throw metadataError(message) }
      }
    }
    object["metadata"] = .object(metadata)
    return object
  }
}
