import APIMachinery
import HTTPService
import NIOCore
import Testing

@testable import APIServer

@Suite struct StatusPageTests {
  private let page = StatusPage(
    version: ServerVersion(build: "test"), started: Timestamp(seconds: 1_700_000_000),
    now: Timestamp(seconds: 1_700_000_000 + 2 * 3600 + 3 * 60 + 4),
    paths: ["/api/v1", "/apis/apps", "/healthz", "/healthz/etcd", "/metrics/slis", "/openid/v1/jwks"],
    flags: ["b": "2", "a": "1"])

  private func respond(_ path: String, accept: String? = nil) throws -> (response: Response, text: String)? {
    guard let response = try page.respond(try Request(.get, path, headers: accept.map { ["Accept": $0] } ?? [:])) else {
      return nil
    }
    guard case .bytes(let buffer) = response.body else { return (response, "") }
    return (response, String(buffer: buffer))
  }

  @Test func text() throws {
    let status = try #require(try respond("/statusz"))
    #expect(status.text.hasPrefix("\napiserver statusz\nWarning: "))
    #expect(status.text.contains("\nStarted: Tue, 14 Nov 2023 22:13:20 GMT\nUp: 2 hr 03 min 04 sec\n"))
    #expect(status.text.hasSuffix("\nPaths: /healthz /metrics\n"))
    #expect(try respond("/flagz", accept: "*/*")?.text.hasSuffix("\na=1\nb=2\n") == true)
    #expect(try respond("/other") == nil)
  }

  @Test func objects() throws {
    let wanted = "g=config.k8s.io;as=Statusz;v="
    let status = try #require(try respond("/statusz", accept: "application/json;\(wanted)v1beta1"))
    let object = try JSONValue(json: Array(status.text.utf8))
    #expect(object["apiVersion"] == "config.k8s.io/v1beta1" && object["uptimeSeconds"] == 7384)
    #expect(object["startTime"] == "2023-11-14T22:13:20Z" && object["paths"] == ["/healthz", "/metrics"])
    #expect(status.response.headers["Warning"] == nil)
    let old = try #require(try respond("/statusz", accept: "application/yaml;\(wanted)v1alpha1"))
    #expect(old.text.contains("apiVersion: config.k8s.io/v1alpha1\n"))
    #expect(old.response.headers["Warning"]?.contains("deprecated") == true)
    // What is not served is refused, and the next best is given where there is one.
    for accept in [
      "application/json", "application/json;\(wanted)v9", "application/json;g=config.k8s.io;as=Flagz;v=v1",
    ] {
      #expect(throws: StatusError.self) { try respond("/statusz", accept: accept) }
      #expect(try respond("/statusz", accept: "\(accept), text/plain;q=0.5")?.text.hasPrefix("\napiserver") == true)
    }
  }
}
