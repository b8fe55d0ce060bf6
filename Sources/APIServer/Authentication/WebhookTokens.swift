import APIMachinery

/// Asks a service of the operator's whose a token is (Kubernetes, "Webhook Token Authentication").
public final class WebhookTokens: TokenAuthenticator {
  /// What is said of the webhook.
  public struct Settings: Sendable {
    let access: OutboundAccess
    /// `v1` or `v1beta1` of TokenReview.
    let version: String
    /// How long an answer is remembered; zero for not at all.
    let rememberedFor: Duration

    public init(_ access: OutboundAccess, version: String, rememberedFor: Duration) {
      self.access = access
      self.version = version
      self.rememberedFor = rememberedFor
    }
  }

  private struct Answer {
    /// Nil where the webhook does not know the token.
    let user: User?
    let audiences: [String]
    let error: String
  }

  private static let timeout = Duration.seconds(30)
  private static let largestAnswer = 1 << 20
  private static let agent = "kube-apiserver"

  private let settings: Settings
  private let client: OutboundClient
  /// Whom a token is meant for of which the webhook says nothing else.
  private let own: [String]
  private let memory = AnswerMemory<Answer>(most: 8192)

  /// - Parameter audiences: the server's own names as an audience.
  public init(_ settings: Settings, audiences: [String], client: OutboundClient) {
    self.settings = settings
    self.client = client
    own = audiences
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    let answer = try await answer(for: token, audiences)
    let meant = answer.audiences.isEmpty ? own : answer.audiences
    let common = audiences.filter(meant.contains)
    guard !common.isEmpty else { return nil }
    guard let user = answer.user else {
      guard answer.error.isEmpty else { throw TokenRefusal(answer.error) }
      return nil
    }
    return TokenBearer(user: user, audiences: common)
  }

  private func answer(for token: String, _ audiences: [String]) async throws(TokenRefusal) -> Answer {
    let review: JSONValue = [
      "kind": "TokenReview", "apiVersion": .string("authentication.k8s.io/\(settings.version)"), "metadata": [:],
      "spec": ["token": .string(token), "audiences": .array(audiences.map { .string($0) })], "status": ["user": [:]],
    ]
    let question = review.jsonBytes()
    if let known = memory.answer(to: question) { return known }
    do throws(OutboundFailure) {
      let answer = try Self.answer(
        try OutboundAccess.value(
          try await settings.access.ask(
            question, by: client, agent: Self.agent, within: Self.timeout, limit: Self.largestAnswer)))
      memory.note(answer, to: question, for: settings.rememberedFor)
      return answer
    } catch { throw TokenRefusal(error.message) }
  }

  private static func answer(_ reply: JSONValue) throws(OutboundFailure) -> Answer {
    guard let status = reply["status"]?.objectValue, reply["kind"]?.stringValue == "TokenReview" else {
      throw OutboundFailure("the webhook's answer is no TokenReview with a status", mayPass: false)
    }
    func texts(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
    var user: User?
    if status["authenticated"]?.boolValue == true {
      let told = status["user"]
      user = User(
        name: told?["username"]?.stringValue ?? "", uid: told?["uid"]?.stringValue ?? "",
        groups: texts(told?["groups"]),
        extra: (told?["extra"]?.objectValue ?? [:]).reduce(into: [:]) { $0[$1.name] = texts($1.value) })
    }
    return Answer(user: user, audiences: texts(status["audiences"]), error: status["error"]?.stringValue ?? "")
  }
}
