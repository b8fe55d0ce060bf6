import DockerAPI
import HTTPService
import Testing

@testable import DockerServer

@Suite struct RoutingTests {
  /// Which route a request takes: the router with endpoints that are never run.
  func route(_ method: Method, _ path: String) throws -> (name: String?, found: Bool) {
    let router = Routes.router { _, _ in Response(.ok) }
    let target = try RequestTarget(path)
    switch router.match(method, target.segments) {
    case .found(_, let parameters, _): return (parameters["name"], true)
    default: return (nil, false)
    }
  }

  @Test(
    arguments: [
      (Method.get, "/containers/json", nil), (.get, "/containers/web/json", "web"), (.post, "/containers/create", nil),
      (.get, "/images/localhost:5000/a/b/json", "localhost:5000/a/b"), (.delete, "/images/a/b:1", "a/b:1"),
      (.post, "/images/a/push/push", "a/push"), (.get, "/images/json", nil), (.get, "/networks/", nil),
      (.head, "/_ping", nil), (.get, "/volumes/x", "x"), (.post, "/exec/abc/start", "abc"),
    ] as [(Method, String, String?)])
  func routesAreFound(method: Method, path: String, name: String?) throws {
    let (found, matched) = try route(method, path)
    #expect(matched)
    #expect(found == name)
  }

  @Test func unknownPathsAreNot() throws {
    #expect(try !route(.get, "/nothing").found)
    #expect(try !route(.post, "/containers/json").found)
    #expect(try !route(.get, "/containers/a/b/json").found)
  }

  @Test func versionsAreTakenOffThePath() throws {
    let (version, rest) = try DockerServer.splitVersion(["v1.43", "info"])
    #expect(version == APIVersion(1, 43) && rest == ["info"])
    let (newest, same) = try DockerServer.splitVersion(["volumes", "v1"])
    #expect(newest == .newest && same == ["volumes", "v1"])
    #expect(throws: RefusedError.self) { try DockerServer.splitVersion(["v1", "info"]) }
  }
}
