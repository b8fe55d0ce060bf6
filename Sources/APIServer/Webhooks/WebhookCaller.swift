import APIMachinery

/// Asks one webhook about one request.
struct WebhookCaller {
  /// Why a request does not go on.
  enum Failure: Error {
    /// The webhook gave no answer that could be used; its failure policy decides.
    case calling(String)
    /// The request ends with this, whatever the policy.
    case refused(StatusError)
  }

  /// Bytes of an answer: a patch of the largest object in base64, and room for words.
  private static let largestAnswer = 8 << 20
  /// Characters of all warnings of a webhook together: they travel in headers.
  private static let mostWarnings = 4096
  private static let agent = "kube-apiserver-admission"

  private static let late = StatusError(
    .timeout, "Timeout: request did not complete within requested timeout", code: 504)

  let client: OutboundClient
  let credentials: WebhookCredentials

  /// - Throws: what the webhook refuses, and why it could not be asked.
  func ask(
    _ question: WebhookQuestion, _ step: AdmissionMetrics.Step, _ metrics: AdmissionMetrics
  ) async throws(Failure) -> AdmissionReview.Verdict {
    let start = ContinuousClock.now
    func note(_ outcome: AdmissionMetrics.WebhookOutcome) {
      let duration = ContinuousClock.now - start
      metrics.webhook(question.webhook.name, step, question.form.operation, outcome, duration)
      // Those that refuse are asked all at the same time: who asks them knows how long that took.
      if step == .mutating { question.request.context.noteTimeElsewhere(duration) }
    }
    do throws(Failure) {
      let verdict = try await ask(question, isMutating: step == .mutating)
      note(.allowed)
      return verdict
    } catch {
      switch error {
      case .refused(let refusal): note(.refused(code: refusal.code))
      case .calling: note(.failed(isIgnored: question.webhook.ignoresFailures))
      }
      throw error
    }
  }

  private func ask(_ question: WebhookQuestion, isMutating: Bool) async throws(Failure) -> AdmissionReview.Verdict {
    let (webhook, request) = (question.webhook, question.request)
    guard !request.isDryRun || webhook.allowsDryRun else {
      throw .refused(.badRequest("admission webhook \(webhook.name.goQuoted) does not support dry run"))
    }
    let verdict: AdmissionReview.Verdict
    do throws(OutboundError) {
      let review = try AdmissionReview(question)
      let answer = try await post(review.body, to: webhook, until: request.context.deadline)
      verdict = try review.verdict(answer, isMutating: isMutating)
    } catch {
      // The request itself has no time left: nobody waits for what others would say of it.
      if Task.isCancelled { throw .refused(Self.late) }
      throw .calling("failed calling webhook \(webhook.name.goQuoted): \(error.message)")
    }
    for (key, value) in verdict.annotations { request.context.annotate("\(webhook.name)/\(key)", value) }
    var room = Self.mostWarnings
    for text in verdict.warnings where !text.isEmpty {
      room -= text.unicodeScalars.count
      if room < 0 { break }
      request.context.warn(text)
    }
    guard verdict.isAllowed else { throw .refused(Self.refusal(webhook.name, verdict.status)) }
    return verdict
  }

  /// How many seconds a webhook is given: its own, or what is left of the request's time, rounded up, where that is less.
  static func seconds(
    _ own: Int64, until deadline: ContinuousClock.Instant?, from now: ContinuousClock.Instant = .now
  ) -> Int64 {
    guard let deadline else { return own }
    let left = (deadline - now).components
    return min(own, max(1, left.seconds + (left.attoseconds > 0 ? 1 : 0)))
  }

  private func post(
    _ body: [UInt8], to webhook: Webhook, until deadline: ContinuousClock.Instant?
  ) async throws(OutboundError) -> [UInt8] {
    guard let target = webhook.target else {
      throw OutboundError(.configuration, "webhook configuration must have either service or URL")
    }
    if case .failure(let error) = target.tls {
      throw OutboundError(.configuration, "could not get REST client: \(error.message)", cause: error)
    }
    let seconds = Self.seconds(webhook.timeoutSeconds, until: deadline)
    let query = "timeout=\(seconds)s"
    let user = credentials.user(for: target)
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.post(
        user?.dressed(target) ?? target, query: query, body, agent: Self.agent, authorization: user?.authorization,
        within: .seconds(seconds), limit: Self.largestAnswer)
    } catch {
      throw OutboundError(
        error.code, "failed to call webhook: Post \("\(target.url)?\(query)".goQuoted): \(error.message)", cause: error)
    }
    if let failure = OutboundReply.failure(answer) {
      throw OutboundError(.broken, "failed to call webhook: \(failure.message)", cause: failure)
    }
    guard !answer.body.isEmpty else {
      throw OutboundError(.broken, "failed to call webhook: \(OutboundReply.emptiness(answer))")
    }
    return answer.body
  }

  /// What a client is told whose request a webhook refuses: the webhook's own words behind its name.
  static func refusal(_ name: String, _ status: JSONValue?) -> StatusError {
    var members = status?.objectValue ?? [:]
    members["kind"] = "Status"
    members["status"] = "Failure"
    var error = StatusError(json: .object(members)) ?? StatusError(.unknown, "")
    error.code = max(400, Int(status?["code"]?.integerValue ?? 400))
    if !(400...599).contains(error.code) { error.code = 400 }
    let refused = "admission webhook \(name.goQuoted) denied the request"
    if !error.message.isEmpty {
      error.message = "\(refused): \(error.message)"
    } else if error.reason != .unknown {
      error.message = "\(refused): \(error.reason.rawValue)"
    } else {
      error.message = "\(refused) without explanation"
    }
    return error
  }
}
