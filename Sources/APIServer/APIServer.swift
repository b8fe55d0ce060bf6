import APIMachinery
import ClusterAPI
import HTTPService
import KeyValueStore
import Synchronization

/// The Kubernetes API: from a request to an answer.
///
/// The order is kube-apiserver's: what is asked, who asks, whether they may, then the handler; each can end it.
public final class APIServer: Sendable {
  public let registry: Registry
  let authenticator: any Authenticator
  let authorizer: any Authorizer
  let accounts: ServiceAccounts?
  private let address: String
  private let version: ServerVersion
  private let isReady = Atomic(false)
  private let openAPI: OpenAPIHandler

  /// - Parameters:
  ///   - accounts: issues service accounts' tokens; nil where none are issued.
  ///   - address: `host:port` by which clients reach the server.
  public init(
    registry: Registry, authenticator: any Authenticator, authorizer: any Authorizer,
    accounts: ServiceAccounts? = nil, address: String, version: ServerVersion
  ) {
    self.accounts = accounts
    openAPI = OpenAPIHandler(registry.kinds, version: version)
    self.registry = registry
    self.authenticator = authenticator
    self.authorizer = authorizer
    self.address = address
    self.version = version
  }

  /// Everything that a client relies on is there: `/readyz` says so from now on.
  public func becomeReady() { isReady.store(true, ordering: .releasing) }

  /// Answers one request.
  @Sendable public func handle(_ request: Request) async throws -> Response {
    do { return try await answer(request) } catch let error as StatusError {
      return refusal(error, request)
    } catch let error as StoreError { return refusal(StatusError(error), request) }
  }

  /// An error of the HTTP service, or one that nobody foresaw, in the API's form.
  @Sendable public func render(_ error: any Error, _ request: Request?) -> Response {
    if let error = error as? StatusError { return refusal(error, request) }
    if let error = error as? StoreError { return refusal(StatusError(error), request) }
    if let error = error as? HTTPServiceError {
      return refusal(StatusError(StatusReason(rawValue: ""), error.message, code: error.status.code), request)
    }
    return refusal(.internalError("\(error)"), request)
  }

  private func refusal(_ error: StatusError, _ request: Request?) -> Response {
    Answer.error(error, request?.headers, registry.kinds)
  }

  private func answer(_ request: Request) async throws -> Response {
    let info = RequestInfo(method: request.method, segments: request.segments, query: request.query)
    var user = try await authenticator.authenticate(request) ?? .anonymous
    if let impersonation = try Impersonation(request.headers) { user = try await impersonation.apply(user, authorizer) }
    let context = RequestContext(info: info, user: user, query: request.query, headers: request.headers)
    switch await authorizer.authorize(user, info) {
    case .allowed: break
    case .denied(let reason), .noOpinion(let reason):
      throw StatusError.refused(user, info, reason)
    }
    let response = try await respond(request, context)
    return context.warnings.isEmpty ? response : Answer.warned(response, context.warnings)
  }

  private func respond(_ request: Request, _ context: RequestContext) async throws -> Response {
    let info = context.info
    let snapshot = registry.catalog.snapshot
    guard info.isResource else {
      if let response = try DiscoveryHandler(snapshot: snapshot, request: request, address: address).respond() {
        return response
      }
      if let response = try await openAPI.respond(request, snapshot) { return response }
      return try plain(request)
    }
    let groupVersion = GroupVersion(group: info.group, version: info.version)
    guard let target = snapshot.resource(groupVersion, info.resource) else { throw StatusError.noSuchPath() }
    guard info.namespace.isEmpty || target.resource.isNamespaced || info.resource == "namespaces" else {
      throw StatusError.noSuchPath()
    }
    if target.version.isDeprecated { context.warn(deprecation(of: target)) }
    let handler = ResourceHandler(
      registry: registry, target: target, context: context, request: request, accounts: accounts)
    if ReviewHandler.resources.contains(target.groupResource) {
      return try await ReviewHandler(handler: handler, server: self).respond()
    }
    return try await handler.respond()
  }

  private func deprecation(of target: ServedResource) -> String {
    target.version.deprecationWarning ?? "\(target.groupVersionKind.apiVersion) \(target.resource.kind) is deprecated"
  }

  private func plain(_ request: Request) throws -> Response {
    switch request.path {
    case "/": return Answer.json(JSONValue.object(["paths": .array(paths.map { .string($0) })]).jsonBytes())
    case "/version": return Answer.json(version.json.jsonBytes())
    case "/healthz", "/livez": return Response(.ok, text: "ok")
    case "/readyz":
      guard isReady.load(ordering: .acquiring) else {
        return Response(
          .internalServerError, text: "[-]poststarthook/start-apus failed: not finished\nreadyz check failed\n")
      }
      return Response(.ok, text: "ok")
    default:
      if let bytes = accounts?.document(request.path, address: address) { return Answer.json(bytes) }
      throw StatusError.noSuchPath()
    }
  }

  private var paths: [String] {
    let groups = registry.catalog.snapshot.groupVersions.filter { !$0.group.isEmpty }
    let names = Set(groups.map { "/apis/\($0.group)" } + groups.map { "/apis/\($0.group)/\($0.version)" })
    return
      (["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"] + names)
      .sorted()
  }
}

/// What `/version` says.
public struct ServerVersion: Sendable {
  public let gitVersion: String
  public let major: String
  public let minor: String

  /// - Parameters:
  ///   - build: what follows the version of the API that is served: `apus.0.1.0`.
  public init(major: String = "1", minor: String = "36", build: String) {
    self.major = major
    self.minor = minor
    gitVersion = "v\(major).\(minor).0+\(build)"
  }

  var json: JSONValue {
    [
      "major": .string(major), "minor": .string(minor), "gitVersion": .string(gitVersion), "gitCommit": "",
      "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift",
      "platform": "linux/amd64",
    ]
  }
}
