import Addressing
import Testing

@testable import APIServer

@Suite struct ServerEndpointTests {
  private func endpoint(_ text: String) throws -> ServerEndpoint {
    try #require(ServerEndpoint(text, defaultPort: 6443))
  }

  @Test(
    "an address with its port; without one it is what it was",
    arguments: [
      ("192.0.2.1:7443", "192.0.2.1:7443"), ("192.0.2.1", "192.0.2.1:6443"),
      ("2001:db8::1", "[2001:db8::1]:6443"),
      ("[2001:db8::1]:7443", "[2001:db8::1]:7443"),
    ])
  func texts(text: String, description: String) throws {
    #expect(try endpoint(text).description == description)
    #expect(try endpoint(description) == endpoint(text))
  }

  @Test(
    "what is none",
    arguments: ["", ":1", "host:1", "192.0.2.1:0", "192.0.2.1:99999", "192.0.2.1:x", "[::1]"])
  func nonsense(text: String) { #expect(ServerEndpoint(text, defaultPort: 1) == nil) }

  @Test("servers of one port are together, most of them first")
  func groups() throws {
    let all = try [
      "192.0.2.3:6443", "192.0.2.1:6443", "192.0.2.2:7443", "192.0.2.2:5443", "[2001:db8::1]:6443",
    ]
    .map(endpoint)
    let groups = ServerEndpoint.groups(all)
    #expect(groups.map(\.port) == [6443, 5443, 7443])
    #expect(groups[0].addresses.map(\.description) == ["192.0.2.1", "192.0.2.3"])
    #expect(ServerEndpoint.groups(all.reversed()) == groups)
    #expect(ServerEndpoint.groups([]).isEmpty)
  }
}
