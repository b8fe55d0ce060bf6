import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// A virtual packet between networks, and into networks of every gateway mode, without root.
@Suite struct IsolationWalkTests {
  /// A host with the default bridge and a second one, `br1` with 10.1.0.0/24 and a container at 10.1.0.2.
  private func host(
    mode: GatewayMode = .nat, isInternal: Bool = false, open: [TransportPort] = [],
    ports: [(String, UInt16, TransportProtocol, UInt16)] = []
  ) throws -> TwinHost {
    let driver = BridgeDriver(instance: "apus")
    let first = try Samples.network()
    var second = NetworkRecord(
      id: String(repeating: "d", count: 64), name: "second", driver: .bridge, created: 0,
      subnets: [
        SubnetRecord(subnet: try #require(IPCIDR("10.1.0.0/24")), gateway: try #require(IPAddress("10.1.0.1")))
      ],
      bridge: BridgeSettings(bridgeName: "br1"), isInternal: isInternal)
    second.bridge?.gatewayMode4 = mode
    var endpoint = EndpointRecord(
      id: String(repeating: "e", count: 64), name: "two", networkID: second.id, sandboxID: "two", interface: "eth0",
      hostInterface: "apuseeeeeeeeee", mac: .random(), address: IPv4CIDR("10.1.0.2/24"))
    endpoint.openPorts = open
    endpoint.ports = try ports.map { host, hostPort, transport, port in
      PublishedPort(
        TransportPort(Port(port), transport), hostAddress: try #require(IPAddress(host)), hostPort: Port(hostPort),
        target: IPAddress("10.1.0.2"))
    }
    let plans = [
      driver.plan(first), driver.plan(try Samples.endpoint(), on: first), driver.plan(second),
      driver.plan(endpoint, on: second),
    ]
    return TwinHost(
      addresses: Set(try ["192.0.2.1", "172.17.0.1", "10.1.0.1"].map { try #require(IPAddress($0)) }),
      routes: try [("172.17.0.0/16", "apus0"), ("10.1.0.0/24", "br1"), ("0.0.0.0/0", "out0")].map {
        (try #require(IPCIDR($0.0)), $0.1)
      },
      plans: plans)
  }

  private func packet(
    _ source: String, _ destination: String, _ port: UInt16 = 80
  ) throws -> VirtualPacket {
    VirtualPacket(.tcp, from: try #require(IPAddress(source)), to: try #require(IPAddress(destination)), Port(port))
  }

  @Test(arguments: [GatewayMode.nat, .unprotectedNAT])
  func networksDoNotReachEachOther(mode: GatewayMode) throws {
    let host = try host(mode: mode, open: [TransportPort(80, .tcp)])
    #expect(host.receive(try packet("172.17.0.2", "10.1.0.2"), on: "apus0").fate == .dropped)
    #expect(host.receive(try packet("10.1.0.2", "172.17.0.2"), on: "br1").fate == .dropped)
  }

  /// Docker's rule: what a network without translation opens, it opens to the other networks too.
  @Test func whatANetworkWithoutTranslationOpensIsReachedFromOtherNetworks() throws {
    let host = try host(mode: .routed, open: [TransportPort(80, .tcp)])
    #expect(host.receive(try packet("172.17.0.2", "10.1.0.2"), on: "apus0").fate == .sent("br1"))
    #expect(host.receive(try packet("172.17.0.2", "10.1.0.2", 81), on: "apus0").fate == .dropped)
    #expect(host.receive(try packet("10.1.0.2", "172.17.0.2"), on: "br1").fate == .dropped)
  }

  @Test func whatIsPublishedIsReachedFromOtherNetworksToo() throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    #expect(host.receive(try packet("172.17.0.2", "192.0.2.1", 8080), on: "apus0").fate == .sent("br1"))
  }

  @Test func anInternalNetworkIsClosedBothWays() throws {
    let host = try host(isInternal: true)
    #expect(host.receive(try packet("198.51.100.7", "10.1.0.2"), on: "out0").fate == .dropped)
    #expect(host.receive(try packet("10.1.0.2", "198.51.100.7"), on: "br1").fate == .dropped)
    #expect(host.receive(try packet("10.1.0.2", "172.17.0.2"), on: "br1").fate == .dropped)
    #expect(host.receive(try packet("10.1.0.2", "10.1.0.3"), on: "br1").fate == .sent("br1"))
    #expect(host.receive(try packet("10.1.0.2", "10.1.0.1"), on: "br1").fate == .delivered)
  }

  @Test func aRoutedNetworkOpensWhatIsPublishedAndTranslatesNothing() throws {
    let host = try host(mode: .routed, open: [TransportPort(80, .tcp)])
    #expect(host.receive(try packet("198.51.100.7", "10.1.0.2", 80), on: "out0").fate == .sent("br1"))
    #expect(host.receive(try packet("198.51.100.7", "10.1.0.2", 81), on: "out0").fate == .dropped)
    let leaving = host.receive(try packet("10.1.0.2", "198.51.100.7"), on: "br1")
    #expect(leaving.fate == .sent("out0"))
    #expect(!leaving.packet.isMasqueraded)
  }

  @Test func anUnprotectedNetworkIsOpenAndTranslates() throws {
    let host = try host(mode: .unprotectedNAT)
    #expect(host.receive(try packet("198.51.100.7", "10.1.0.2", 81), on: "out0").fate == .sent("br1"))
    #expect(host.receive(try packet("10.1.0.2", "198.51.100.7"), on: "br1").packet.isMasqueraded)
  }
}
