import APIMachinery
import HTTPService

/// The way of a request through the server, in kube-apiserver's order: what is asked, who asks, whether there is a seat,
/// whether they may, then the handler; each can end it.
extension APIServer {
  /// What is found out about a request on its way, for its answer.
  private struct Trail {
    var place: FlowControl.Classification?
  }

  /// Answers one request.
  @Sendable public func handle(_ request: Request) async throws -> Response {
    let info = RequestInfo(method: request.method, segments: request.segments, query: request.query)
    var trail = Trail()
    var response: Response
    do { response = try await answer(request, info, &trail) } catch {
      // A task is cancelled where its time is over, or where nobody reads the answer.
      response =
        Task.isCancelled
        ? refusal(.timeout("request did not complete within the allotted timeout"), request) : render(error, request)
    }
    if let place = trail.place {
      response.headers.add("X-Kubernetes-PF-FlowSchema-UID", place.schema.uid)
      response.headers.add("X-Kubernetes-PF-PriorityLevel-UID", place.level.uid)
    }
    return response
  }

  private func answer(_ request: Request, _ info: RequestInfo, _ trail: inout Trail) async throws -> Response {
    try RequestTime.check(request.query)
    var user = try await authenticator.authenticate(request) ?? .anonymous
    if let impersonation = try Impersonation(request.headers) { user = try await impersonation.apply(user, authorizer) }
    let context = RequestContext(info: info, user: user, query: request.query, headers: request.headers)
    guard let flowControl, !info.isLongRunning || info.verb == "watch" else {
      return try await authorizedAnswer(request, context)
    }
    let place = flowControl.classify(user, info)
    trail.place = place
    let seat: SeatGate.Seat?
    do { seat = try await flowControl.admit(place, user, info) { seats(info, request.query) } } catch {
      return Answer.tooManyRequests()
    }
    guard let seat else { return try await authorizedAnswer(request, context) }
    // A watch, whose answer is a stream, gives its seat back when it starts.
    defer { flowControl.gate.give(back: seat) }
    return try await authorizedAnswer(request, context)
  }

  private func seats(_ info: RequestInfo, _ query: Query) -> Int {
    WorkEstimate.seats(info, query) {
      let place = GroupVersion(group: info.group, version: info.version)
      return registry.catalog.snapshot.resource(place, info.resource).map { registry.cache(of: $0).count } ?? 0
    }
  }

  private func authorizedAnswer(_ request: Request, _ context: RequestContext) async throws -> Response {
    switch await authorizer.authorize(context.user, context.info) {
    case .allowed: break
    case .denied(let reason), .noOpinion(let reason):
      throw StatusError.refused(context.user, context.info, reason)
    }
    let response = try await respond(request, context)
    return context.warnings.isEmpty ? response : Answer.warned(response, context.warnings)
  }

  /// How long a request may take before it is answered with 504; nil for one that lasts as long as its client likes.
  /// What a client allows counts where it is less (`timeout`).
  @Sendable public func allottedTime(_ request: Request) -> Duration? {
    let info = RequestInfo(method: request.method, segments: request.segments, query: request.query)
    if info.isLongRunning { return nil }
    guard let asked = RequestTime.asked(request.query), asked > .zero, asked < requestTime else { return requestTime }
    return asked
  }
}

/// How long a client lets the server work on a request: the parameter `timeout`, a duration as Go writes it.
enum RequestTime {
  static func asked(_ query: Query) -> Duration? {
    query["timeout"].flatMap { GoDuration.nanoseconds($0) }.map { .nanoseconds($0) }
  }

  /// - Throws: 400 where it is none.
  static func check(_ query: Query) throws(StatusError) {
    guard let text = query["timeout"], !text.isEmpty, let problem = GoDuration.problem(text) else { return }
    throw .badRequest("invalid timeout specified in the request URL - \(problem)")
  }
}
