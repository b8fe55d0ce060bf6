import Addressing
import Linux
import Netlink
import Testing

@Suite struct VethAttachmentTests {
  @Test func containerGetsItsEthernet() async throws {
    try await inNamespace { _ in
      let container = try anotherNamespace()
      let host = try RouteSocket()
      let bridge = try host.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "docker0", isUp: true)))
      try host.perform(.addAddress(InterfaceAddress(try #require(IPCIDR("172.17.0.1/16")), linkIndex: bridge)))
      let inner = try RouteSocket(in: container)
      var attachment = VethAttachment(hostName: "veth0", innerName: "eth0", bridgeIndex: bridge)
      attachment.innerAddress = MACAddress(derivedFrom: IPv4Address(172, 17, 0, 2))
      attachment.mtu = 1450
      attachment.portOptions = BridgePortOptions()
      attachment.portOptions?.hairpin = true
      attachment.addresses = [try #require(IPCIDR("172.17.0.2/16")), try #require(IPCIDR("fd00::2/64"))]
      attachment.gateways = [try #require(IPAddress("172.17.0.1")), try #require(IPAddress("fd00::1"))]
      let indices = try attachment.attach(host: host, inner: inner, namespace: container)
      #expect(try host.link(.name("veth0"))?.index == indices.host)
      let outer = try ip("link", "show", "veth0")[0]
      #expect(outer["master"].string == "docker0" && outer["operstate"].string == "UP")
      #expect(outer["linkinfo"]["info_slave_data"]["hairpin"].bool == true)
      let seen = try ip("addr", "show", "eth0", in: container)[0]
      #expect(seen["ifindex"].int == Int(indices.inner) && seen["operstate"].string == "UP")
      #expect(seen["address"].string == "02:42:ac:11:00:02" && seen["mtu"].int == 1450)
      #expect(seen["addr_info"].list.contains { $0["local"].string == "172.17.0.2" })
      #expect(seen["addr_info"].list.contains { $0["local"].string == "fd00::2" && $0["tentative"].bool != true })
      #expect(try ip("route", "show", "default", in: container)[0]["gateway"].string == "172.17.0.1")
      #expect(try ip("link", "show", "lo", in: container)[0]["flags"].list.contains(.string("UP")))
      // Packets pass: a connection from inside reaches the bridge's own address.
      let server = try Sockets.make(.ipv4, .stream, nonBlocking: false)
      try Sockets.bind(server, to: .ipv4([172, 17, 0, 1], port: 0))
      try Sockets.listen(server)
      let address = try #require(try Sockets.localAddress(server))
      let client = try Namespaces.inside(container, .network) { try Sockets.make(.ipv4, .stream, nonBlocking: false) }
      try Sockets.connect(client, to: address)
      guard case .ipv4(let source, _) = try Sockets.accept(server).peer else {
        Issue.record("no IPv4 peer")
        return
      }
      #expect(source == [172, 17, 0, 2])
    }
  }

  @Test func nothingIsLeftAfterARefusal() async throws {
    try await inNamespace { _ in
      let container = try anotherNamespace()
      let host = try RouteSocket()
      let inner = try RouteSocket(in: container)
      var attachment = VethAttachment(hostName: "veth0", innerName: "eth0")
      attachment.addresses = [try #require(IPCIDR("10.0.0.2/24"))]
      attachment.gateways = [try #require(IPAddress("192.0.2.1"))]
      let error = #expect(throws: NetlinkError.self) {
        try attachment.attach(host: host, inner: inner, namespace: container)
      }
      #expect(error?.message.contains("via 192.0.2.1") == true)
      #expect(try host.link(.name("veth0")) == nil)
      #expect(try inner.link(.name("eth0")) == nil)
      attachment.bridgeIndex = 4711
      #expect(throws: NetlinkError.self) {
        try attachment.attach(host: host, inner: inner, namespace: container)
      }
      #expect(try host.link(.name("veth0")) == nil)
    }
  }
}
