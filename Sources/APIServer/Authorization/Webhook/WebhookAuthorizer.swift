import APIMachinery

/// Asks a service of the operator's what a user may do (Kubernetes, "Webhook Mode").
public final class WebhookAuthorizer: Authorizer {
  /// What is said of one webhook.
  public struct Settings: Sendable {
    let access: OutboundAccess
    /// `v1` or `v1beta1` of SubjectAccessReview.
    let version: String
    /// How long one question may take.
    let timeout: Duration
    /// How long an answer is remembered; zero for not at all.
    let authorizedTime: Duration
    let unauthorizedTime: Duration
    /// Whether requests are refused about which the webhook gives no answer.
    let deniesOnFailure: Bool
    let conditions: AccessConditions

    init(
      access: OutboundAccess, version: String, timeout: Duration, authorizedTime: Duration, unauthorizedTime: Duration,
      deniesOnFailure: Bool, conditions: AccessConditions
    ) {
      self.access = access
      self.version = version
      self.timeout = timeout
      self.authorizedTime = authorizedTime
      self.unauthorizedTime = unauthorizedTime
      self.deniesOnFailure = deniesOnFailure
      self.conditions = conditions
    }

    /// What flags say: every request is asked about, and one without an answer is left to others.
    public init(_ access: OutboundAccess, version: String, authorizedTime: Duration, unauthorizedTime: Duration) {
      self.init(
        access: access, version: version, timeout: .seconds(30), authorizedTime: authorizedTime,
        unauthorizedTime: unauthorizedTime, deniesOnFailure: false, conditions: .none)
    }
  }

  private struct Answer {
    let isAllowed: Bool
    let isDenied: Bool
    let reason: String
  }

  /// Questions longer than that are not remembered: they would fill the memory.
  private static let longestRemembered = 10_000
  private static let largestAnswer = 1 << 20
  private static let agent = "kube-apiserver"

  private let settings: Settings
  private let client: OutboundClient
  private let memory = AnswerMemory<Answer>(most: 8192)

  public init(_ settings: Settings, client: OutboundClient) {
    self.settings = settings
    self.client = client
  }

  public func rules(of user: User, in namespace: String) -> ResolvedRules {
    ResolvedRules(problems: ["webhook authorizer does not support user rule resolution"])
  }

  public func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    let review = AccessReview(user, info)
    switch settings.conditions.evaluate(review.spec) {
    case .matches: break
    case .excluded: return .noOpinion(reason: "")
    case .failed(let why): return .failed(why: why, isFinal: settings.deniesOnFailure)
    }
    let question = review.body(settings.version)
    if let known = memory.answer(to: question) { return Self.decision(known) }
    let answer: Answer
    do throws(OutboundFailure) {
      answer = try Self.answer(
        try OutboundAccess.value(
          try await settings.access.ask(
            question, by: client, agent: Self.agent, within: settings.timeout, limit: Self.largestAnswer)))
    } catch {
      return .failed(why: error.message, isFinal: settings.deniesOnFailure)
    }
    if review.size < Self.longestRemembered {
      memory.note(
        answer, to: question, for: answer.isAllowed ? settings.authorizedTime : settings.unauthorizedTime)
    }
    return Self.decision(answer)
  }

  private static func answer(_ reply: JSONValue) throws(OutboundFailure) -> Answer {
    guard let status = reply["status"]?.objectValue, reply["kind"]?.stringValue == "SubjectAccessReview" else {
      throw OutboundFailure("the webhook's answer is no SubjectAccessReview with a status", mayPass: false)
    }
    guard status["allowed"].map({ $0.boolValue != nil }) ?? true, status["denied"].map({ $0.boolValue != nil }) ?? true
    else { throw OutboundFailure("the webhook's answer is neither true nor false", mayPass: false) }
    return Answer(
      isAllowed: status["allowed"]?.boolValue ?? false, isDenied: status["denied"]?.boolValue ?? false,
      reason: status["reason"]?.stringValue ?? "")
  }

  private static func decision(_ answer: Answer) -> Decision {
    switch (answer.isDenied, answer.isAllowed) {
    case (true, true):
      .failed(why: "webhook subject access review returned both allow and deny response", isFinal: true)
    case (true, false): .denied(reason: answer.reason)
    case (false, true): .allowed(reason: answer.reason)
    case (false, false): .noOpinion(reason: answer.reason)
    }
  }
}
