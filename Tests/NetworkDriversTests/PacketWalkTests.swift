import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// A virtual packet's way through the planned rules, without root.
@Suite struct PacketWalkTests {
  private func host(
    ipv6: Bool = false, interContainer: Bool = true, leavesAs: (String, String)? = nil,
    ports: [(String, UInt16, TransportProtocol, UInt16)]
  ) throws -> TwinHost {
    let driver = BridgeDriver(instance: "apus")
    var network = try Samples.network(ipv6: ipv6, interContainer: interContainer)
    network.bridge?.hostAddress4 = leavesAs.flatMap { IPv4Address($0.0) }
    network.bridge?.hostAddress6 = leavesAs.flatMap { IPv6Address($0.1) }
    let plans = [driver.plan(network), driver.plan(try Samples.endpoint(ipv6: ipv6, ports: ports), on: network)]
    return TwinHost(
      addresses: Set(try ["192.0.2.1", "172.17.0.1", "fd00:17::1", "2001:db8::1"].map { try address($0) }),
      routes: try [
        ("172.17.0.0/16", "apus0"), ("fd00:17::/64", "apus0"), ("0.0.0.0/0", "out0"), ("::/0", "out0"),
      ].map { (try #require(IPCIDR($0.0)), $0.1) },
      plans: plans)
  }

  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  private func packet(
    _ source: String, _ destination: String, _ port: UInt16, _ transport: TransportProtocol = .tcp
  ) throws -> VirtualPacket {
    VirtualPacket(transport, from: try address(source), to: try address(destination), Port(port))
  }

  @Test func aPublishedPortIsReachedAndTheClientKeepsItsAddress() throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    let journey = host.receive(try packet("198.51.100.7", "192.0.2.1", 8080), on: "out0")
    #expect(journey.fate == .sent("apus0"))
    #expect(journey.packet.destination == (try address("172.17.0.2")))
    #expect(journey.packet.destinationPort == 80)
    #expect(journey.packet.source == (try address("198.51.100.7")))
    #expect(!journey.packet.isMasqueraded)
  }

  @Test(arguments: [("192.0.2.1", UInt16(8081)), ("172.17.0.1", 81)])
  func anotherPortIsTheHostsOwn(destination: String, port: UInt16) throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    #expect(host.receive(try packet("198.51.100.7", destination, port), on: "out0").fate == .delivered)
  }

  @Test func theOtherTransportIsNotPublished() throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    #expect(host.receive(try packet("198.51.100.7", "192.0.2.1", 8080, .udp), on: "out0").fate == .delivered)
  }

  @Test(arguments: [UInt16(80), 81])
  func nobodyOutsideReachesAContainerByItsOwnAddress(port: UInt16) throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    let journey = host.receive(try packet("198.51.100.7", "172.17.0.2", port), on: "out0")
    #expect(journey.fate == .dropped)
    #expect(journey.steps.last?.rule == "not published")
  }

  @Test func aPortOnLoopbackIsForTheHostAlone() throws {
    let host = try host(ports: [("127.0.0.1", 8080, .tcp, 80)])
    let local = host.send(try packet("127.0.0.1", "127.0.0.1", 8080))
    #expect(local.fate == .sent("apus0"))
    #expect(local.packet.isMasqueraded)
    // A neighbour can send the host packets for 127.0.0.1 (CVE-2020-8558); so can a container.
    #expect(host.receive(try packet("192.0.2.9", "127.0.0.1", 8080), on: "out0").fate == .dropped)
    #expect(host.receive(try packet("172.17.0.2", "127.0.0.1", 8080), on: "apus0").fate == .dropped)
    #expect(host.receive(try packet("127.0.0.1", "192.0.2.1", 8080), on: "apus0").fate == .dropped)
    #expect(host.receive(try packet("192.0.2.9", "192.0.2.1", 8080), on: "out0").fate == .delivered)
  }

  @Test func onlyTheBoundAddressIsPublished() throws {
    let host = try host(ports: [("192.0.2.1", 8080, .tcp, 80)])
    #expect(host.receive(try packet("198.51.100.7", "192.0.2.1", 8080), on: "out0").fate == .sent("apus0"))
    #expect(host.receive(try packet("198.51.100.7", "172.17.0.1", 8080), on: "out0").fate == .delivered)
    #expect(host.send(try packet("127.0.0.1", "127.0.0.1", 8080)).fate == .delivered)
  }

  @Test func aContainerReachesItsOwnPublishedPort() throws {
    let host = try host(ports: [("0.0.0.0", 8080, .tcp, 80)])
    let journey = host.receive(try packet("172.17.0.2", "192.0.2.1", 8080), on: "apus0")
    #expect(journey.fate == .sent("apus0"))
    #expect(journey.packet.isMasqueraded)
  }

  @Test func whatLeavesIsMasqueraded() throws {
    let journey = try host(ports: []).receive(packet("172.17.0.2", "198.51.100.7", 443), on: "apus0")
    #expect(journey.fate == .sent("out0"))
    #expect(journey.packet.isMasqueraded)
  }

  @Test func whatLeavesHasTheAddressThatWasChosen() throws {
    let host = try host(ipv6: true, leavesAs: ("192.0.2.7", "2001:db8::7"), ports: [("0.0.0.0", 8080, .tcp, 80)])
    for (source, destination, chosen) in [
      ("172.17.0.2", "198.51.100.7", "192.0.2.7"), ("fd00:17::2", "2001:db8:1::7", "2001:db8::7"),
    ] {
      let journey = host.receive(try packet(source, destination, 443), on: "apus0")
      #expect(journey.fate == .sent("out0"))
      #expect(journey.packet.source == (try address(chosen)))
      #expect(!journey.packet.isMasqueraded)
    }
    // What stays on the bridge keeps its address, and what comes back into it by its own published port does not.
    #expect(
      host.receive(try packet("172.17.0.2", "172.17.0.3", 80), on: "apus0").packet.source
        == (try address("172.17.0.2")))
    #expect(host.receive(try packet("172.17.0.2", "192.0.2.1", 8080), on: "apus0").packet.isMasqueraded)
  }

  @Test func containersReachEachOtherOrNot() throws {
    let direct = try packet("172.17.0.3", "172.17.0.2", 80)
    #expect(try host(ports: []).receive(direct, on: "apus0").fate == .sent("apus0"))
    #expect(try host(interContainer: false, ports: []).receive(direct, on: "apus0").fate == .dropped)
    // What is published stays published.
    let published = try packet("172.17.0.3", "192.0.2.1", 8080)
    let strict = try host(interContainer: false, ports: [("0.0.0.0", 8080, .tcp, 80)])
    #expect(strict.receive(published, on: "apus0").fate == .sent("apus0"))
  }

  @Test func answersPass() throws {
    var answer = try packet("198.51.100.7", "172.17.0.2", 40000)
    answer.isReply = true
    #expect(try host(ports: []).receive(answer, on: "out0").fate == .sent("apus0"))
  }

  @Test func ipv6IsTranslatedWhereTheContainerHasIt() throws {
    let host = try host(ipv6: true, ports: [("::", 8080, .tcp, 80)])
    let journey = host.receive(try packet("2001:db8::7", "2001:db8::1", 8080), on: "out0")
    #expect(journey.fate == .sent("apus0"))
    #expect(journey.packet.destination == (try address("fd00:17::2")))
    #expect(!journey.packet.isMasqueraded)
    // Loopback and link-local cannot be routed: user space leads them on.
    #expect(host.send(try packet("::1", "::1", 8080)).fate == .delivered)
    #expect(host.receive(try packet("fe80::7", "2001:db8::1", 8080), on: "out0").fate == .delivered)
    #expect(host.receive(try packet("2001:db8::7", "fd00:17::2", 80), on: "out0").fate == .dropped)
  }
}
