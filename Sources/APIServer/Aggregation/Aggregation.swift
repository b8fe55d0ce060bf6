import APIMachinery
import HTTPService
import NIOCore
import Synchronization

/// Other API servers behind this one: their versions of groups are found here as if this server served them
/// (Kubernetes, "Kubernetes API Aggregation Layer").
public final class Aggregation: Sendable {
  private let store: ClusterStore
  private let client: OutboundClient
  private let proxy: FrontProxy
  private let settings: Mutex<RequestHeaderAuthorities.Settings>
  private let services: AggregatedServices
  private let discovery = AggregatedDiscovery()
  let openAPI = AggregatedOpenAPI()

  /// - Parameters:
  ///   - client: by which the servers are reached.
  ///   - proxy: as whom they are spoken to.
  ///   - clientAuthority: whose certificates clients show, PEM; the servers are told.
  ///   - proxies: who asks for others, beside this server; the servers are told.
  public init(
    _ store: ClusterStore, client: OutboundClient, proxy: FrontProxy, clientAuthority: String,
    proxies: TrustedProxies? = nil
  ) {
    self.store = store
    self.client = client
    self.proxy = proxy
    settings = Mutex(.init(clientAuthority: clientAuthority, proxies: proxies))
    services = AggregatedServices(store)
  }

  /// Tells other servers whom to trust.
  func publish(_ registry: Registry) async throws {
    try await RequestHeaderAuthorities(
      registry: registry, proxy: proxy, settings: settings.withLock { $0 }
    ).publish()
  }

  /// Tells them again: other authorities vouch for clients (PEM).
  public func publish(clientAuthority: String, _ registry: Registry) async throws {
    settings.withLock { $0.clientAuthority = clientAuthority }
    try await publish(registry)
  }

  /// Tells them again: other authorities vouch for those who ask for others (PEM).
  public func publish(proxyAuthority: String, _ registry: Registry) async throws {
    settings.withLock { $0.proxies?.authorities = proxyAuthority }
    try await publish(registry)
  }

  /// Registers what this server serves, and keeps an eye on the others, until the task is cancelled.
  /// - Parameter report: told what cannot be done.
  func run(_ registry: Registry, report: @escaping @Sendable (String) -> Void) async {
    let check = AvailabilityCheck(store: store, client: client, proxy: proxy)
    let controller = AvailabilityController(registry, services, discovery, check, report: report)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await LocalAPIServices(registry: registry, report: report).run() }
      group.addTask { await controller.run() }
      group.addTask { [self] in await openAPI.follow(services, discovery, client, proxy, report: report) }
      group.addTask { [self] in
        await RequestHeaderAuthorities.keep(registry, report) { try await self.publish(registry) }
      }
    }
  }

  /// The answer of the server that serves the path; nil where that is this one.
  func respond(_ request: Request, _ context: RequestContext) async throws -> Response? {
    guard let service = service(of: request) else { return nil }
    return try await AggregationProxy(client: client, proxy: proxy).respond(request, context, service)
  }

  /// Which of the other servers serves the path of a request; nil where that is this one.
  func service(of request: Request) -> AggregatedService? {
    let services = services.snapshot
    guard !services.isEmpty else { return nil }
    let segments = request.segments
    switch (segments.first, segments.count) {
    case ("apis", 3...): return services.services[GroupVersion(group: segments[1], version: segments[2])]
    case ("openapi", 5) where segments[1] == "v3" && segments[2] == "apis":
      return services.services[GroupVersion(group: segments[3], version: segments[4])]
    default: return nil
    }
  }

  /// What others serve, for the documents of discovery.
  struct Versions: Sendable {
    fileprivate let services: [AggregatedService]
    fileprivate let discovery: AggregatedDiscovery

    var isEmpty: Bool { services.isEmpty }

    /// By which each version is asked for.
    var paths: [String] { services.map(\.path) }

    /// Groups of others, the most important first.
    var groups: [(name: String, priority: Int64)] {
      var seen: Set<String> = []
      return services.filter { seen.insert($0.groupVersion.group).inserted }.map {
        ($0.groupVersion.group, $0.groupPriority)
      }
    }

    /// Versions of a group, the preferred one first, with their entries in the common document.
    func versions(ofGroup group: String) -> [(name: String, entry: () -> JSONValue)] {
      services.filter { $0.groupVersion.group == group }.map { service in
        (service.groupVersion.version, { self.discovery.version(service) })
      }
    }
  }

  /// The objects of the other servers.
  public var objects: AggregatedObjects {
    AggregatedObjects(services: services, discovery: discovery, client: client, proxy: proxy)
  }

  var versions: Versions { Versions(services: services.snapshot.sorted, discovery: discovery) }

  /// The index of OpenAPI documents with those of others, which come from where they are.
  func completed(_ response: Response, for request: Request) -> Response {
    guard request.path == "/openapi/v3", case .bytes(let buffer) = response.body, response.status == .ok else {
      return response
    }
    let services = services.snapshot.sorted.filter(\.isAvailable)
    guard !services.isEmpty, var index = (try? JSONValue(json: Array(buffer.readableBytesView)))?.objectValue else {
      return response
    }
    var paths = index["paths"]?.objectValue ?? [:]
    for service in services {
      let path = String(service.path.dropFirst())
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)")]
    }
    index["paths"] = .object(paths)
    let bytes = JSONValue.object(index).jsonBytes()
    var headers = response.headers
    let tag = FowlerNollVo.tag(bytes)
    headers["Etag"] = tag
    if request.headers.all("If-None-Match").contains(tag) { return Response(.notModified, headers: headers) }
    return Response(.ok, headers: headers, bytes: bytes)
  }

  /// A request for the index as this server's own documents are asked for: what a client has of it is told by all of it.
  func unconditional(_ request: Request) -> Request {
    guard request.path == "/openapi/v3", !services.snapshot.isEmpty else { return request }
    var request = request
    request.headers.remove("If-None-Match")
    return request
  }
}
