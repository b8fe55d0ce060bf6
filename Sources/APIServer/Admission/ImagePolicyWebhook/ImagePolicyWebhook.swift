import APIMachinery

/// Asks a service of the operator's whether the images of a pod may be used (admission plugin ImagePolicyWebhook;
/// `imagepolicy.k8s.io/v1alpha1` ImageReview).
public final class ImagePolicyWebhook: Admission {
  private struct Answer {
    let isAllowed: Bool
    let reason: String
    let annotations: [(String, String)]
  }

  private static let auditPrefix = "imagepolicywebhook.image-policy.k8s.io/"
  private static let timeout = Duration.seconds(30)
  private static let largestAnswer = 1 << 20

  private let configuration: ImagePolicyConfiguration?
  private let client: OutboundClient
  private let memory = AnswerMemory<Answer>(most: 1024)

  /// - Parameter configuration: nil where the plugin was told nothing, and lets every image be used.
  public init(_ configuration: ImagePolicyConfiguration?, client: OutboundClient) {
    self.configuration = configuration
    self.client = client
  }

  public var interest: AdmissionInterest { .validating(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard let configuration, request.resource.groupResource == .pods,
      request.operation == .create || request.operation == .update,
      request.subresource.isEmpty || request.subresource == "ephemeralcontainers", let pod = request.object
    else { return }
    let lists = request.subresource.isEmpty ? ["containers", "initContainers"] : ["ephemeralContainers"]
    let question = Self.review(pod, lists, request.namespace).jsonBytes()
    let answer: Answer
    do throws(OutboundFailure) { answer = try await self.answer(to: question, configuration) } catch {
      guard configuration.allowsOnFailure else { throw request.forbidden(error.message) }
      return request.context.annotate(Self.auditPrefix + "failed-open", "true")
    }
    for (key, value) in answer.annotations { request.context.annotate(Self.auditPrefix + key, value) }
    guard !answer.isAllowed else { return }
    throw request.forbidden(
      answer.reason.isEmpty
        ? "one or more images rejected by webhook backend"
        : "image policy webhook backend denied one or more images: \(answer.reason)")
  }

  private func answer(
    to question: [UInt8], _ configuration: ImagePolicyConfiguration
  ) async throws(OutboundFailure) -> Answer {
    if let known = memory.answer(to: question) { return known }
    let reply = try OutboundAccess.value(
      try await configuration.access.ask(
        question, by: client, agent: "kube-apiserver", within: Self.timeout, limit: Self.largestAnswer,
        pause: configuration.pause))
    guard reply["kind"]?.stringValue == "ImageReview", let status = reply["status"]?.objectValue,
      let isAllowed = status["allowed"]?.boolValue
    else { throw OutboundFailure("the webhook's answer is no ImageReview with a status", mayPass: false) }
    let answer = Answer(
      isAllowed: isAllowed, reason: status["reason"]?.stringValue ?? "",
      annotations: (status["auditAnnotations"]?.objectValue ?? [:]).map { ($0, $1.stringValue ?? "") })
    memory.note(
      answer, to: question, for: isAllowed ? configuration.allowedTime : configuration.deniedTime)
    return answer
  }

  private static func review(_ pod: JSONObject, _ lists: [String], _ namespace: String) -> JSONValue {
    let images = lists.flatMap { pod["spec"]?[$0]?.arrayValue ?? [] }.map { container -> JSONValue in
      ["image": container["image"] ?? ""]
    }
    var spec: JSONObject = ["containers": .array(images)]
    let annotations = (pod["metadata"]?["annotations"]?.objectValue ?? [:]).filter {
      $0.name.contains(".image-policy.k8s.io/")
    }
    if !annotations.isEmpty { spec["annotations"] = .object(JSONObject(annotations.map { ($0.name, $0.value) })) }
    spec["namespace"] = .string(namespace)
    return [
      "kind": "ImageReview", "apiVersion": "imagepolicy.k8s.io/v1alpha1", "metadata": [:], "spec": .object(spec),
      "status": ["allowed": false],
    ]
  }
}
