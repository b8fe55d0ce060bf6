import HTTPService
import Testing

@testable import APIServer

@Suite struct RequestInfoTests {
  private func info(_ method: HTTPService.Method, _ target: String) throws -> RequestInfo {
    let request = try Request(method, target)
    return RequestInfo(method: method, segments: request.segments, query: request.query)
  }

  @Test func collectionsAndObjects() throws {
    let list = try info(.get, "/api/v1/namespaces/a/pods?limit=5")
    #expect(list.verb == "list" && list.namespace == "a" && list.resource == "pods" && list.name.isEmpty)
    let get = try info(.get, "/apis/apps/v1/namespaces/a/deployments/web")
    #expect(get.verb == "get" && get.group == "apps" && get.version == "v1" && get.name == "web")
    let status = try info(.put, "/apis/apps/v1/namespaces/a/deployments/web/status")
    #expect(status.verb == "update" && status.subresource == "status")
    #expect(try info(.delete, "/api/v1/nodes").verb == "deletecollection")
    #expect(try info(.delete, "/api/v1/nodes/n").verb == "delete")
  }

  /// Methods that do nothing to objects have no verb there; elsewhere they are their own.
  @Test func otherMethods() throws {
    let options = try info(.options, "/api/v1/nodes/n/proxy/x")
    #expect(options.isResource && options.verb.isEmpty && options.subresource == "proxy" && options.rest == ["x"])
    #expect(try info(.options, "/version").verb == "options")
  }

  @Test func watches() throws {
    #expect(try info(.get, "/api/v1/pods?watch=1").verb == "watch")
    #expect(try info(.get, "/api/v1/pods?watch=false").verb == "list")
    let legacy = try info(.get, "/api/v1/watch/namespaces/a/pods/p")
    #expect(legacy.verb == "watch" && legacy.namespace == "a" && legacy.name == "p")
  }

  /// A list of the one object of a name is a request about that object.
  @Test func selectors() throws {
    let one = try info(
      .get, "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds,type%3Dx&labelSelector=a%3Db")
    #expect(one.verb == "list" && one.name == "s" && one.labelSelector == "a=b")
    #expect(one.exactField("type") == "x" && one.exactField("other") == nil)
    #expect(try info(.get, "/api/v1/pods?watch=1&fieldSelector=metadata.name%3Dp").name == "p")
    #expect(try info(.get, "/api/v1/pods?fieldSelector=metadata.name!%3Dp").name.isEmpty)
    #expect(try info(.get, "/api/v1/pods?fieldSelector=metadata.name%3Da/b").name.isEmpty)
    #expect(try info(.delete, "/api/v1/pods?fieldSelector=metadata.name%3Dp").verb == "deletecollection")
  }

  /// A namespace is an object itself, and the place of others.
  @Test func namespaces() throws {
    let one = try info(.get, "/api/v1/namespaces/a")
    #expect(one.resource == "namespaces" && one.name == "a" && one.namespace == "a")
    let status = try info(.get, "/api/v1/namespaces/a/status")
    #expect(status.resource == "namespaces" && status.subresource == "status")
    let finalize = try info(.put, "/api/v1/namespaces/a/finalize")
    #expect(finalize.resource == "namespaces" && finalize.subresource == "finalize" && finalize.verb == "update")
  }

  @Test func slashes() throws {
    for path in ["/api/v1/namespaces/a/pods/p/", "/api/v1/namespaces/a/pods/p//", "/api/v1/namespaces/a%2Fpods/p"] {
      let one = try info(.get, path)
      #expect(one.verb == "get" && one.namespace == "a" && one.name == "p" && one.subresource.isEmpty, "\(path)")
    }
    #expect(try info(.get, "/api/v1/namespaces/a/pods/").verb == "list")
    #expect(try info(.get, "/api/v1/namespaces/").verb == "list")
    // What is spelt as a name with a slash is none: it is a name and a subresource.
    let spelt = try info(.get, "/api/v1/namespaces/a/configmaps/b%2Fc")
    #expect(spelt.name == "b" && spelt.subresource == "c")
    #expect(try info(.get, "/api/v1//pods").resource.isEmpty)
    #expect(try !info(.get, "/api/v1/").isResource)
    #expect(try info(.get, "/api/v1/namespaces/a/pods/p/proxy/x/").rest == ["x", ""])
  }

  @Test func proxiedPaths() throws {
    let proxy = try info(.get, "/api/v1/namespaces/a/services/s/proxy/x/y")
    #expect(proxy.subresource == "proxy" && proxy.rest == ["x", "y"])
  }

  @Test func documents() throws {
    for path in ["/", "/version", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/openapi/v3/api/v1"] {
      let info = try info(.get, path)
      #expect(!info.isResource && info.verb == "get", "\(path)")
    }
  }
}
