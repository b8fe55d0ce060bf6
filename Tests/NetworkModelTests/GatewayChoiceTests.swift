import Addressing
import NetworkModel
import Testing

@Suite struct GatewayChoiceTests {
  private func member(
    _ name: String, gateway: String? = "10.0.0.1", gateway6: String? = nil, priority: Int = 0, isInternal: Bool = false
  ) -> (endpoint: EndpointRecord, network: NetworkRecord) {
    var endpoint = EndpointRecord(
      id: name, name: "c", networkID: name, sandboxID: "s", interface: "eth-\(name)",
      gateway: gateway.flatMap { IPv4Address($0) }, gateway6: gateway6.flatMap { IPv6Address($0) })
    endpoint.gatewayPriority = priority
    return (
      endpoint,
      NetworkRecord(id: name, name: name, driver: .bridge, created: 0, isInternal: isInternal)
    )
  }

  @Test func theFirstByNameWins() {
    let routes = GatewayChoice.routes(among: [member("b", gateway: "10.0.2.1"), member("a", gateway: "10.0.1.1")])
    #expect(routes == [RoutePlan(destination: nil, gateway: IPAddress("10.0.1.1"), link: "eth-a")])
  }

  @Test func priorityGoesBeforeNames() {
    let chosen = GatewayChoice.endpoint(.v4, among: [member("a"), member("b", priority: 5), member("c", priority: -1)])
    #expect(chosen?.id == "b")
  }

  @Test func internalNetworksLeadNowhere() {
    #expect(GatewayChoice.routes(among: [member("a", isInternal: true)]).isEmpty)
    #expect(GatewayChoice.endpoint(.v4, among: [member("a", isInternal: true), member("b")])?.id == "b")
  }

  @Test func familiesAreChosenApart() {
    let routes = GatewayChoice.routes(among: [member("a"), member("b", gateway: nil, gateway6: "fd00::1")])
    #expect(routes.map(\.link) == ["eth-a", "eth-b"])
  }

  @Test func withoutGatewaysThereIsNoRoute() {
    #expect(GatewayChoice.routes(among: [member("a", gateway: nil)]).isEmpty)
    #expect(GatewayChoice.routes(among: []).isEmpty)
  }
}
