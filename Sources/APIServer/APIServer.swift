import APIMachinery
import ClusterAPI
import HTTPService
import KeyValueStore

/// The Kubernetes API: from a request to an answer.
///
/// The order is kube-apiserver's: what is asked, who asks, whether they may, then the handler; each can end it.
public final class APIServer: Sendable {
  public let registry: Registry
  let authenticator: any Authenticator
  let authorizer: any Authorizer
  let accounts: ServiceAccounts?
  let flowControl: FlowControl?
  let inFlightLimits: InFlightLimits?
  let crossOrigin: CrossOrigin?
  let drain = RequestDrain()
  let requestTime: Duration
  let goAwayChance: Double
  let audit: AuditLog?
  let anonymous: AnonymousRule
  let strictTransportSecurity: String
  let senderHeaders: SenderHeaders
  let metrics = RequestMetrics()
  let access = AccessMetrics()
  let identifiers = AuditIdentifiers()
  let health: HealthChecks
  let aggregation: Aggregation?
  let address: String
  let version: ServerVersion
  let flags: [String: String]
  let started = Timestamp.now
  private let openAPI: OpenAPIHandler

  /// - Parameters:
  ///   - flowControl: who waits for whom; nil where nobody does.
  ///   - inFlightLimits: which requests are too many where nobody waits; nil for none.
  ///   - crossOrigin: pages of which other origins may read answers; nil for none.
  ///   - requestTime: how long a request may take that is no watch or stream.
  ///   - goAwayChance: how often a connection by HTTP/2 is ended after a request, from 0 for never.
  ///   - audit: where requests are noted; nil where they are not.
  ///   - anonymous: which requests are nobody's that say nothing of their sender.
  ///   - proxyHeaders: those by which proxies say for whom they ask, beside the usual ones: nobody behind the server sees them.
  ///   - strictTransportSecurity: what browsers are told (RFC 6797); empty for nothing.
  ///   - accounts: issues service accounts' tokens; nil where none are issued.
  ///   - aggregation: other servers behind this one; nil where there are none.
  ///   - healthChecks: more that has to be in order.
  ///   - startGrace: how long the server counts as alive while it starts.
  ///   - address: `host:port` by which clients reach the server.
  ///   - flags: those that the server was given, for those who ask by `/flagz`; nothing that must stay secret.
  public init(
    registry: Registry, authenticator: any Authenticator, authorizer: any Authorizer,
    flowControl: FlowControl? = nil, inFlightLimits: InFlightLimits? = nil, crossOrigin: CrossOrigin? = nil,
    requestTime: Duration = .seconds(60), goAwayChance: Double = 0,
    audit: AuditLog? = nil,
    anonymous: AnonymousRule = AnonymousRule(), proxyHeaders: RequestHeaders? = nil,
    strictTransportSecurity: [String] = [],
    accounts: ServiceAccounts? = nil,
    aggregation: Aggregation? = nil, healthChecks: [ServerHealthCheck] = [], startGrace: Duration = .zero,
    address: String,
    version: ServerVersion, flags: [String: String] = [:]
  ) {
    self.flags = flags
    self.accounts = accounts
    self.flowControl = flowControl
    self.inFlightLimits = inFlightLimits
    self.crossOrigin = crossOrigin
    self.requestTime = requestTime
    self.goAwayChance = goAwayChance
    self.audit = audit
    self.anonymous = anonymous
    self.strictTransportSecurity = strictTransportSecurity.joined(separator: "; ")
    senderHeaders = SenderHeaders(proxyHeaders.map(RequestHeaders.standard.union) ?? .standard)
    health = HealthChecks(registry.store, healthChecks, startGrace: startGrace)
    self.aggregation = aggregation
    openAPI = OpenAPIHandler(registry.kinds, version: version, others: aggregation?.openAPI)
    self.registry = registry
    self.authenticator = authenticator
    self.authorizer = authorizer
    self.address = address
    self.version = version
  }

  /// The server takes no new work: `/readyz` says so from now on.
  public func becomeUnready() { health.end() }

  /// Sends what comes elsewhere from now on, and waits until all is answered that is under way, for as long as a request may
  /// take. Watches and streams are not waited for.
  public func finishRequests() async { await drain.run(atMost: requestTime) }

  /// An error of the HTTP service, or one that nobody foresaw, in the API's form.
  @Sendable public func render(_ error: any Error, _ request: Request?) -> Response {
    if let error = error as? StatusError { return refusal(error, request) }
    if let error = error as? StoreError { return refusal(StatusError(error), request) }
    if let error = error as? HTTPServiceError {
      return refusal(StatusError(StatusReason(rawValue: ""), error.message, code: error.status.code), request)
    }
    return refusal(.internalError("\(error)"), request)
  }

  func refusal(_ error: StatusError, _ request: Request?) -> Response {
    var response = Answer.error(error, to: request, registry.kinds)
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  func respond(_ request: Request, _ context: RequestContext) async throws -> Response {
    let info = context.info
    let snapshot = registry.catalog.snapshot
    if let response = try await aggregation?.respond(request, context) { return response }
    guard info.isResource else {
      let isRead = request.method == .get || request.method == .head
      let discovery = DiscoveryHandler(
        snapshot: snapshot, request: request, address: address, kinds: registry.kinds, others: aggregation?.versions)
      if let response = try discovery.respond() {
        guard request.method == .get || request.method == .head && discovery.takesHead else {
          throw StatusError.methodNotAllowed()
        }
        return response
      }
      if isRead, let response = try await documents(request, snapshot) ?? plain(request) {
        return response
      }
      return try UnknownPath.answer(request.segments, snapshot)
    }
    let groupVersion = GroupVersion(group: info.group, version: info.version)
    guard let target = snapshot.resource(groupVersion, info.resource),
      UnknownPath.isPlace(info, of: target)
    else {
      return try UnknownPath.answer(request.segments, snapshot)
    }
    if target.version.isDeprecated {
      context.warn(deprecation(of: target))
      context.annotate("k8s.io/deprecated", "true")
      metrics.noteDeprecated(RequestMetrics.key(info, isApply: false, isDryRun: false).withoutVerb)
    }
    let handler = ResourceHandler(
      registry: registry, target: target, context: context, request: request, accounts: accounts,
      components: target.groupResource == ComponentStatuses.resource ? ComponentStatuses(health) : nil)
    if ReviewHandler.resources.contains(target.groupResource) {
      return try await ReviewHandler(handler: handler, server: self).respond()
    }
    return try await handler.respond()
  }

  private func deprecation(of target: ServedResource) -> String {
    if let warning = target.version.deprecationWarning { return warning }
    let warning = "\(target.groupVersionKind.apiVersion) \(target.resource.kind) is deprecated"
    // A better one to use instead is named.
    let better = target.resource.versions.filter { $0.isServed && !$0.isDeprecated }.map(\.name)
      .filter { VersionOrder.precedes($0, target.version.name) }.min(by: VersionOrder.precedes)
    guard target.resource.isCustom, let better else { return warning }
    return "\(warning); use \(target.resource.group)/\(better) \(target.resource.kind)"
  }

  /// Nil where the path is no OpenAPI document.
  private func documents(_ request: Request, _ snapshot: ResourceCatalog.Snapshot) async throws
    -> Response?
  {
    guard
      let response = try await openAPI.respond(
        aggregation?.unconditional(request) ?? request, snapshot)
    else {
      return nil
    }
    return aggregation?.completed(response, for: request) ?? response
  }

  private func plain(_ request: Request) throws -> Response? {
    switch request.path {
    case "/", "/index.html": return Answer.indented(["paths": .array(paths.map { .string($0) })])
    case "/version", "/version/":
      guard request.method == .get else { throw StatusError.methodNotAllowed() }
      if let ranges = MediaRange.accepted(request.headers),
        !ranges.contains(where: { ["application/json", "*/*"].contains($0.type) })
      {
        throw StatusError.noRepresentation(["application/json"])
      }
      return Answer.indented(version.json)
    default:
      return try accounts?.document(request.path, address: address).map { type, bytes in
        Response(
          .ok, headers: ["Content-Type": type, "Cache-Control": "public, max-age=3600"],
          bytes: bytes)
      }
    }
  }

  /// Everything that is served by a path of its own, sorted.
  var paths: [String] {
    let snapshot = registry.catalog.snapshot
    var names = Set(
      snapshot.groupVersions.filter { !$0.group.isEmpty }.flatMap { place in
        ["/apis/\(place.group)", "/apis/\(place.group)/\(place.version)"]
      })
    names.formUnion(aggregation?.versions.paths ?? [])
    names.formUnion(health.paths)
    names.formUnion([
      "/api", "/api/v1", "/apis", "/apis/", "/flagz", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3",
      "/statusz", "/version",
    ])
    if accounts != nil { names.formUnion(["/.well-known/openid-configuration", "/openid/v1/jwks"]) }
    return names.sorted()
  }
}
