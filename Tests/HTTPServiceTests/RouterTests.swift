import NIOCore
import Testing

@testable import HTTPService

@Suite struct RouterTests {
  private static let router: Router = {
    var router = Router()
    let routes: [(Method, String)] = [
      (.get, "/"), (.get, "/containers/json"), (.get, "/containers/{id}/json"), (.post, "/containers/prune"),
      (.delete, "/containers/{id}"), (.post, "/containers/{id}/start"), (.get, "/images/json"),
      (.get, "/images/{name...}/json"), (.post, "/images/{name...}/push"), (.get, "/images/get"),
      (.get, "/images/{name...}/get"), (.delete, "/images/{name...}"), (.get, "/distribution/{name...}/json"),
      (.head, "/_ping"), (.get, "/_ping"), (.get, "/plugins/{name}/{verb}"),
    ]
    for (method, pattern) in routes { router.add(method, pattern) { _ in Response(.ok, text: pattern) } }
    return router
  }()

  private func route(_ method: Method, _ path: String) async throws -> String {
    switch Self.router.match(method, try RequestTarget(path).segments) {
    case .found(let handler, let parameters, _):
      guard case .bytes(let bytes) = try await handler(try Request(method, path)).body else { return "?" }
      let values = parameters.items.map { "\($0.name)=\($0.value)" }
      return ([String(buffer: bytes)] + values).joined(separator: " ")
    case .methodNotAllowed(let methods): return "405 " + methods.map(\.rawValue).sorted().joined(separator: ",")
    case .notFound: return "404"
    }
  }

  @Test(arguments: [
    (Method.get, "/", "/"),
    (.get, "/containers/json", "/containers/json"),
    (.get, "/containers/c1/json", "/containers/{id}/json id=c1"),
    (.get, "/containers/json/json", "/containers/{id}/json id=json"),
    (.post, "/containers/prune", "/containers/prune"),
    (.delete, "/containers/prune", "/containers/{id} id=prune"),
    (.get, "/containers/prune", "405 DELETE,POST"),
    (.get, "/images/json", "/images/json"),
    (.get, "/images/busybox/json", "/images/{name...}/json name=busybox"),
    (.get, "/images/a/b/c:1/json", "/images/{name...}/json name=a/b/c:1"),
    (.get, "/images/a%2Fb%2Fc:1/json", "/images/{name...}/json name=a/b/c:1"),
    (.get, "/images/json/json", "/images/{name...}/json name=json"),
    (.get, "/images/localhost:5000/json/json", "/images/{name...}/json name=localhost:5000/json"),
    (.post, "/images/a/push/push", "/images/{name...}/push name=a/push"),
    (.get, "/images/a/b/get", "/images/{name...}/get name=a/b"),
    (.get, "/images/get", "/images/get"),
    (.delete, "/images/a/b@sha256:0", "/images/{name...} name=a/b@sha256:0"),
    (.delete, "/images/json", "/images/{name...} name=json"),
    (.get, "/images/a/b", "405 DELETE"),
    (.head, "/_ping", "/_ping"),
    (.head, "/containers/json", "/containers/json"),
    (.get, "/containers/", "404"),
    (.get, "/containers//json", "404"),
    (.get, "/containers/json/", "404"),
    (.get, "/nope", "404"),
    (.get, "/plugins/a/enable", "/plugins/{name}/{verb} name=a verb=enable"),
    (.post, "/_ping", "405 GET,HEAD"),
  ])
  func finds(method: Method, path: String, expected: String) async throws {
    #expect(try await route(method, path) == expected)
  }

  @Test func middlewareSeesTheRequestFirstAndMayStripAPrefix() async throws {
    let handler = chain(
      [
        { request, next in
          var request = request
          if request.segments.first == "v1.24" { request.segments.removeFirst() }
          return try await next(request)
        },
        { request, next in
          var response = try await next(request)
          response.headers["Path"] = request.path
          return response
        },
      ], Self.router.handle)
    let response = try await handler(try Request(.get, "/v1.24/containers/c1/json"))
    #expect(response.headers["path"] == "/containers/c1/json")
  }

  @Test func aLongPathCostsLittle() throws {
    let segments = ["images"] + Array(repeating: "json", count: 20_000) + ["x"]
    let start = ContinuousClock.now
    guard case .methodNotAllowed = Self.router.match(.get, segments) else { return #expect(Bool(false)) }
    #expect(ContinuousClock.now - start < .seconds(5))
  }
}
