import APIMachinery
import HTTPService
import NIOCore

/// The way of a request through the server, in kube-apiserver's order: what is asked, who asks, whether there is a seat,
/// whether they may, then the handler; each can end it.
extension APIServer {
  /// What is found out about a request on its way, for its answer.
  private struct Trail {
    let id: String
    /// Of no interest where nothing is audited.
    let received: Timestamp
    /// When the client gets no other answer any more than that its time is over; nil where none is set to the request.
    let deadline: ContinuousClock.Instant?
    /// Nobody knows who sends it.
    var isUnknown = true
    var place: FlowControl.Classification?
    /// How long it has waited for a seat.
    var waited = Duration.zero
    var context: RequestContext?
    var audit: AuditTrail?
  }

  /// Answers one request.
  @Sendable public func handle(_ request: Request) async throws -> Response {
    let origin = crossOrigin?.origin(of: request)
    var response: Response
    if origin != nil, request.method == .options {
      response = Response(.noContent)
    } else if drain.begin(request) {
      defer { drain.end() }
      response = await handled(request)
    } else {
      response = RequestDrain.refusal()
    }
    if let origin { CrossOrigin.allow(origin, in: &response) }
    return response
  }

  private func handled(_ request: Request) async -> Response {
    let began = ContinuousClock.now
    let info = RequestInfo(method: request.method, segments: request.segments, query: request.query)
    metrics.begin(info)
    var trail = Trail(
      id: identifiers.identifier(request.headers), received: audit == nil ? Timestamp(seconds: 0) : .now,
      deadline: allottedTime(info, request.query).map { began + $0 })
    var response: Response
    do { response = try await answer(request, info, &trail) } catch {
      // A task is cancelled where its time is over, or where nobody reads the answer.
      response =
        Task.isCancelled
        ? refusal(.timeout("request did not complete within the allotted timeout"), request) : render(error, request)
    }
    // Who is refused is warned too.
    if let warnings = trail.context?.warnings, !warnings.isEmpty { response = Answer.warned(response, warnings) }
    if let place = trail.place {
      response.headers.add("X-Kubernetes-PF-FlowSchema-UID", place.schema.uid)
      response.headers.add("X-Kubernetes-PF-PriorityLevel-UID", place.level.uid)
    }
    response.headers.add(AuditIdentifiers.header, trail.id)
    // HTTP/2 is costly and easy to abuse: strangers get one request a connection, as with kube-apiserver.
    // Others are now and then told to come again, so that they spread over several servers.
    if request.connection.tls?.applicationProtocol == "h2",
      trail.isUnknown || !info.isLongRunning && goAwayChance > 0 && Double.random(in: 0..<1) < goAwayChance
    {
      response.headers.add("Connection", "close")
    }
    // What is told to one client is not another one's.
    if response.headers["Cache-Control"] == nil { response.headers.add("Cache-Control", "no-cache, private") }
    if !strictTransportSecurity.isEmpty {
      response.headers.add("Strict-Transport-Security", strictTransportSecurity)
    }
    if let audit = trail.audit {
      response = audit.answered(response, registry.kinds)
      await audit.settle()
    }
    let key = RequestMetrics.key(
      info,
      isApply: info.verb == "patch" && request.headers["Content-Type"]?.hasPrefix("application/apply-patch") == true,
      isDryRun: request.query.contains("dryRun"))
    let outcome = RequestMetrics.Outcome(
      code: response.status.code, waited: trail.waited + (trail.context?.timeElsewhere ?? .zero))
    switch response.body {
    case .bytes(let buffer): note(outcome, info, key, began: began, size: buffer.readableBytes)
    case .stream where !info.isLongRunning:
      return response.counting { [self] size in note(outcome, info, key, began: began, size: size) }
    case .stream, .takeover: note(outcome, info, key, began: began, size: nil)
    }
    if info.isLongRunning, response.status.code < 300 { response = response.keeping(metrics.run(key)) }
    return response
  }

  /// Counts an answer that has been given.
  private func note(
    _ outcome: RequestMetrics.Outcome, _ info: RequestInfo, _ key: RequestMetrics.Key,
    began: ContinuousClock.Instant, size: Int?
  ) {
    var outcome = outcome
    outcome.size = size
    if !info.isLongRunning { outcome.duration = ContinuousClock.now - began }
    metrics.end(info, key, outcome) {
      !info.isResource
        || registry.catalog.snapshot.resource(GroupVersion(group: info.group, version: info.version), info.resource)
          != nil
    }
  }

  private func answer(_ request: Request, _ info: RequestInfo, _ trail: inout Trail) async throws -> Response {
    try RequestTime.check(request.query)
    var request = request
    let sender: User
    do { sender = try await self.sender(of: request) } catch {
      let unknown = try await audit?.begin(&request, info, nil, id: trail.id, received: trail.received) { _ in nil }
      unknown?.note(.responseStarted, .init(code: 401, answer: nil))
      await unknown?.settle()
      throw error
    }
    let warning = sender.name == User.anonymous.name ? BearerTokens.warning(about: request) : nil
    senderHeaders.remove(from: &request.headers)
    trail.isUnknown = sender.name == User.anonymous.name || sender.groups.contains("system:unauthenticated")
    if let audit {
      let context = RequestContext(info: info, user: sender, query: request.query, headers: request.headers)
      trail.audit = try await audit.begin(
        &request, info, sender, id: trail.id, received: trail.received,
        isPassedOn: aggregation?.service(of: request) != nil || info.subresource == "proxy"
      ) { bytes in
        // A patch is of a type that no object has.
        (try? BodyReader(registry: registry, context: context).parse(bytes).value) ?? (try? YAMLReader.value(of: bytes))
      }
      trail.audit?.note(.requestReceived)
      if let audit = trail.audit, await !audit.settle() {
        return Answer.undecided(request, "failed to store audit event")
      }
    }
    var user = sender
    if let impersonation = try Impersonation(request.headers) {
      let result = try await impersonation.apply(sender, info, authorizer)
      user = result.user
      trail.audit?.impersonate(user, constraint: result.constraint)
    }
    let context = RequestContext(
      info: info, user: user, query: request.query, headers: request.headers, authorizer: authorizer,
      deadline: trail.deadline, isAudited: trail.audit != nil)
    trail.context = context
    if let warning { context.warn(warning) }
    if let inFlightLimits, !info.isLongRunning {
      guard let place = inFlightLimits.take(user, info) else { return Answer.tooManyRequests(retryAfter: 1) }
      return try await untilAnswered(request, context, trail.audit) { inFlightLimits.end(place) }
    }
    guard let flowControl, !info.isLongRunning || info.verb == "watch" else {
      return try await authorizedAnswer(request, context, trail.audit)
    }
    let place = flowControl.classify(user, info)
    trail.place = place
    let admitted: FlowControl.Admitted
    do { admitted = try await flowControl.admit(place, user, info) { work(info, request.query, widest: $0) } } catch {
      return Answer.tooManyRequests(retryAfter: error.retryAfter)
    }
    trail.waited = admitted.waited
    return try await untilAnswered(request, context, trail.audit) {
      flowControl.end(admitted, isWatch: info.verb == "watch")
    }
  }

  /// Answers, and then calls `end`: once the answer has been sent where it is made while it is. One without an end gives its
  /// place back when it starts.
  private func untilAnswered(
    _ request: Request, _ context: RequestContext, _ audit: AuditTrail?, end: @escaping @Sendable () -> Void
  ) async throws -> Response {
    var goesOn = false
    defer { if !goesOn { end() } }
    let response = try await authorizedAnswer(request, context, audit)
    goesOn = response.isFiniteStream
    return goesOn ? response.keeping(AtEnd(end)) : response
  }

  /// - Throws: 401 where a request says nothing of its sender and must.
  private func sender(of request: Request) async throws -> User {
    let start = ContinuousClock.now
    var outcome = AccessMetrics.Authentication.error
    var known: User?
    defer { access.note(outcome, user: known?.name, after: ContinuousClock.now - start) }
    known = try await authenticator.authenticate(request)
    if known == nil, anonymous.allows(request.path) { known = .anonymous }
    outcome = known == nil ? .failure : .success
    guard let known else { throw StatusError.unauthorized() }
    return known
  }

  private func work(_ info: RequestInfo, _ query: Query, widest: Int?) -> WorkEstimate {
    WorkEstimate(info, query, widest: widest) {
      let place = GroupVersion(group: info.group, version: info.version)
      return registry.catalog.snapshot.resource(place, info.resource).map { registry.cache(of: $0).size }
    }
  }

  private func authorizedAnswer(
    _ request: Request, _ context: RequestContext, _ audit: AuditTrail?
  ) async throws -> Response {
    let start = ContinuousClock.now
    let decision = await authorizer.authorize(context.user, context.info)
    access.note(decision, after: ContinuousClock.now - start)
    switch decision {
    case .allowed(let reason):
      audit?.annotate("authorization.k8s.io/decision", "allow")
      audit?.annotate("authorization.k8s.io/reason", reason)
    case .denied(let reason), .noOpinion(let reason):
      audit?.annotate("authorization.k8s.io/decision", "forbid")
      audit?.annotate("authorization.k8s.io/reason", reason)
      throw StatusError.refused(context.user, context.info, reason)
    case .failed(let why, _):
      audit?.annotate("authorization.k8s.io/reason", "internal error")
      return Answer.undecided(request, why)
    }
    if let response = try await operational(request) { return response }
    // What admission has noted, of what it has refused too.
    defer {
      if let audit {
        for (name, value) in context.auditAnnotations(at: audit.level).sorted(by: { $0.key < $1.key }) {
          audit.annotate(name, value)
        }
      }
    }
    return try await respond(request, context)
  }

  /// What the server says of itself; nil where the request is about something else.
  private func operational(_ request: Request) async throws -> Response? {
    guard request.segments.first != "api", request.segments.first != "apis" else { return nil }
    switch request.path {
    case "/metrics":
      return ServerMetrics(
        registry: registry, requests: metrics, access: access, flowControl: flowControl, audit: audit, version: version
      ).response()
    case "/metrics/slis": return health.metrics()
    case "/statusz", "/flagz":
      return try StatusPage(version: version, started: started, now: .now, paths: paths, flags: flags).respond(request)
    default: break
    }
    if let dump = flowControl?.dump(request) { return dump }
    return await health.respond(request)
  }

  /// How long a request may take before it is answered with 504; nil for one that lasts as long as its client likes.
  /// What a client allows counts where it is less (`timeout`).
  @Sendable public func allottedTime(_ request: Request) -> Duration? {
    allottedTime(
      RequestInfo(method: request.method, segments: request.segments, query: request.query), request.query)
  }

  private func allottedTime(_ info: RequestInfo, _ query: Query) -> Duration? {
    if info.isLongRunning { return nil }
    guard let asked = RequestTime.asked(query), asked > .zero, asked < requestTime else { return requestTime }
    return asked
  }
}
