import APIMachinery
import ClusterAPI
import HTTPService

/// Connects a client with a pod, a service or a node: subresources that take a request as it is, whatever its method and
/// whatever its body is (Kubernetes, "API verbs": `connect`). Admission is told of the connection's options.
struct ConnectHandler {
  private let handler: ResourceHandler
  private let subresource: Subresource
  private let methods: [String]

  /// - Returns: nil where the request is for something else. A pod's log is an object's part like others: it is read, and
  ///   admission is not told.
  init?(_ handler: ResourceHandler) {
    guard let subresource = handler.target.version.subresource(handler.info.subresource),
      case .connect(let methods) = subresource.behaviour,
      subresource.kind.groupVersionKind != handler.target.kind.groupVersionKind
    else { return nil }
    self.handler = handler
    self.subresource = subresource
    self.methods = methods
  }

  func respond() async throws -> Response {
    let (request, info, target) = (handler.request, handler.info, handler.target)
    guard methods.contains(request.method.rawValue) else { throw StatusError.methodNotAllowed() }
    guard info.rest.isEmpty || info.subresource == "proxy" else { throw StatusError.noSuchPath() }
    try handler.checkName()
    guard !request.query.contains("dryRun") else { throw StatusError.badRequest("dryRun is not supported") }
    // A name that makes no sense is told before anybody is asked.
    _ = try ProxyRoute(info, target)
    let kind = subresource.kind.groupVersionKind
    try await handler.registry.admit(
      connection: ConnectOptions.object(request, info, kind), kind, target, handler.context)
    try await checkCreation()
    return try await Self.answer(handler, subresource)
  }

  /// Who runs something in a pod needs the right to `create`, whatever the request's method: a WebSocket begins with a GET
  /// (Kubernetes, AuthorizePodWebsocketUpgradeCreatePermission).
  private func checkCreation() async throws(StatusError) {
    guard handler.target.groupResource == .pods, ["attach", "exec", "portforward"].contains(subresource.name),
      handler.info.verb != "create", let why = await handler.context.refusal(of: "create")
    else { return }
    throw .forbidden(.pods, handler.info.name, why)
  }

  /// What can be said before a node is asked, which this server never does.
  static func answer(_ handler: ResourceHandler, _ subresource: Subresource) async throws -> Response {
    let (info, target, registry) = (handler.info, handler.target, handler.registry)
    let route = try ProxyRoute(info, target)
    let object = try await registry.tree(
      try registry.find(target, namespace: info.namespace, name: route?.name ?? info.name), target)
    if let route, target.groupResource.description == "services" {
      try route.checkEndpoints(of: object, registry.store)
    }
    if target.groupResource == .pods,
      let answer = try PodConnection(pod: object, subresource: subresource.name, query: handler.request.query).answer()
    {
      return answer
    }
    if let node = NodeConnection.node(of: object, target.groupResource, subresource.name) {
      try NodeConnection(store: registry.store).check(node)
    }
    throw StatusError(
      .serviceUnavailable,
      "no node serves \(target.groupResource)/\(subresource.name): this server has no agent that could")
  }
}

/// The options of a connection to a pod, a service or a node, as they stand in its query (`v1` PodExecOptions and the like).
enum ConnectOptions {
  static func object(_ request: Request, _ info: RequestInfo, _ kind: GroupVersionKind) -> JSONObject {
    let query = request.query
    var options: JSONObject = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)]
    for name in ["stdin", "stdout", "stderr", "tty"] where query[name].map(RequestInfo.isTrue) == true {
      options[name] = true
    }
    if let container = query["container"], !container.isEmpty { options["container"] = .string(container) }
    if let path = info.proxiedPath { options["path"] = .string(path) }
    let command = query.all("command")
    if !command.isEmpty { options["command"] = .array(command.map { .string($0) }) }
    let ports = query.all("ports").compactMap { Int64($0) }
    if !ports.isEmpty { options["ports"] = .array(ports.map { .integer($0) }) }
    return options
  }
}

extension RequestInfo {
  /// What the server behind a proxied pod, service or node is asked for; nil where the path ends with `proxy`, and for
  /// other requests.
  fileprivate var proxiedPath: String? {
    guard subresource == "proxy", !rest.isEmpty else { return nil }
    let path = rest.joined(separator: "/")
    return path.hasPrefix("/") ? path : "/" + path
  }
}
