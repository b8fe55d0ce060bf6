import Addressing
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct ProxyProtocolTests {
  @Test func requestsSurviveTheWay() throws {
    let address: IPAddress = try #require(IPAddress("2001:db8::1"))
    let key = ProxyProtocol.Key(
      PublishedPort(TransportPort(80, .tcp), hostAddress: address, hostPort: 8080, target: nil))
    let target: IPAddress = try #require(IPAddress("172.17.0.2"))
    for request in [
      ProxyProtocol.Request.list, .open(key), .remove(key), .add(key, target: nil, port: 80),
      .add(key, target: target, port: 80),
    ] {
      #expect(ProxyProtocol.decode(ProxyProtocol.encode(request)) == request)
    }
  }

  @Test(arguments: [
    "", "add", "add tcp/::/80", "add tcp/::/80 - 70000", "add tcp/x/80 - 80", "open tcp/1.2.3.4", "list all",
    "remove icmp/1.2.3.4/80", "add tcp/1.2.3.4/80 5.6.7 80",
  ])
  func nonsenseIsNoRequest(text: String) {
    #expect(ProxyProtocol.decode(Array(text.utf8)) == nil)
  }
}
