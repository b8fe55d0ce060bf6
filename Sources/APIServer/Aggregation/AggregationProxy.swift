import APIMachinery
import AsyncHTTPClient
import HTTPService
import NIOCore
import NIOHTTP1

/// Passes requests on to the API server that serves their group and version.
struct AggregationProxy: Sendable {
  let client: OutboundClient
  let proxy: FrontProxy

  /// Headers that are about one connection only (RFC 9110, section 7.6.1).
  private static let hopByHop: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]
  /// What a browser may do here is this server's to say.
  private static let crossOrigin: Set<String> = [
    "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
    "access-control-allow-origin", "access-control-expose-headers", "access-control-max-age",
  ]

  static let redirected = plain(502, "the backend attempted to redirect this request, which is not permitted")
  static let unavailable = plain(.serviceUnavailable, "service unavailable")

  /// A line of text, as Go's servers write their errors.
  static func plain(_ status: HTTPService.Status, _ text: String) -> Response {
    var response = Response(status, text: text + "\n")
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }

  func respond(_ request: Request, _ context: RequestContext, _ service: AggregatedService) async throws -> Response {
    guard service.isAvailable else { return Self.unavailable }
    let target = proxy.target(service)
    var message = OutboundClient.Message(
      method: HTTPMethod(rawValue: request.method.rawValue), uri: try Self.uri(request), headers: Self.headers(request),
      body: Self.body(request))
    FrontProxy.introduce(context.user, &message.headers)
    if !request.upgrade.isEmpty {
      return try await AggregationTunnel(client: client, target: target, message: message).respond(
        request.headers.all("Upgrade").joined(separator: ", "))
    }
    let response: HTTPClientResponse
    let lease: OutboundClient.Lease
    do throws(OutboundError) { (response, lease) = try await open(target, message) } catch {
      switch error.code {
      case .unresolved: return Self.unavailable
      case .configuration: return Self.plain(.internalServerError, error.message)
      default: return Self.plain(.serviceUnavailable, "error trying to reach service: \(error.message)")
      }
    }
    let code = response.status.code
    if (300...399).contains(code), response.headers.contains(name: "Location") {
      return Self.redirected
    }
    let headers = Self.headers(response.headers)
    let isEmpty = request.method == .head || code == 204 || code == 304
    if isEmpty { return Response(HTTPService.Status(Int(code)), headers: headers) }
    return .stream(
      HTTPService.Status(Int(code)), headers: headers, endsWithServer: context.info.verb == "watch"
    ) { writer in
      defer { withExtendedLifetime(lease) {} }
      // A watch that has nothing to tell yet is open all the same.
      try await writer.start()
      for try await chunk in response.body { try await writer.write(buffer: chunk) }
    }
  }

  /// A kept connection may end in the very moment in which it is used again; what has no body can be sent once more.
  private func open(
    _ target: OutboundTarget, _ message: OutboundClient.Message
  ) async throws(OutboundError) -> (HTTPClientResponse, OutboundClient.Lease) {
    do throws(OutboundError) { return try await client.open(target, message) } catch {
      guard error.isClosed, message.body == nil else { throw error }
      return try await client.open(target, message)
    }
  }

  /// Path and query, written anew from what was judged: the other server must not read them as something else.
  private static func uri(_ request: Request) throws(StatusError) -> String {
    let segments = request.segments
    guard !segments.contains(where: { $0 == "." || $0 == ".." || $0.contains("/") }) else {
      throw .badRequest("the path has segments that cannot be passed on")
    }
    let path = "/" + segments.map(PercentEncoding.encode).joined(separator: "/")
    guard !request.query.items.isEmpty else { return path }
    return path + "?"
      + request.query.items.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(
        separator: "&")
  }

  private static func headers(_ request: Request) -> HTTPHeaders {
    let dropped = hopByHop.union(request.headers.tokens("Connection")).union(["host", "content-length"])
    var headers = HTTPHeaders()
    for field in request.headers where !dropped.contains(field.name.lowercased()) {
      headers.add(name: field.name, value: field.value)
    }
    if case .remote(let address, _) = request.connection.peer {
      headers.add(name: "X-Forwarded-For", value: address)
    }
    return headers
  }

  private static func headers(_ answered: HTTPHeaders) -> Headers {
    let dropped = hopByHop.union(
      answered[canonicalForm: "Connection"].map { $0.lowercased() }
    ).union(crossOrigin).union(["date"])
    var headers = Headers()
    for (name, value) in answered where !dropped.contains(name.lowercased()) { headers.add(name, value) }
    return headers
  }

  private static func body(_ request: Request) -> HTTPClientRequest.Body? {
    if request.body.declaredLength == 0 { return nil }
    let length = request.body.declaredLength.map { HTTPClientRequest.Body.Length.known(Int64($0)) } ?? .unknown
    return .stream(request.body.buffers, length: length)
  }
}
