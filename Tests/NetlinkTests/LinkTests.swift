import Addressing
import Linux
import Netlink
import Testing

@Suite struct LinkTests {
  @Test func bridgeWithOptions() async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      var options = BridgeOptions()
      options.multicastSnooping = false
      options.ageingTime = 0
      options.forwardDelay = 200
      var settings = LinkSettings(name: "br-test", isUp: true, mtu: 1400, address: MACAddress("02:42:01:02:03:04"))
      settings.alias = "a bridge"
      let index = try socket.createLink(NewLink(.bridge(options), settings))
      let seen = try ip("link", "show", "br-test")[0]
      #expect(seen["ifindex"].int == Int(index))
      #expect(seen["mtu"].int == 1400)
      #expect(seen["address"].string == "02:42:01:02:03:04")
      #expect(seen["ifalias"].string == "a bridge")
      #expect(seen["linkinfo"]["info_data"]["mcast_snooping"].int == 0)
      #expect(seen["linkinfo"]["info_data"]["ageing_time"].int == 0)
      #expect(seen["linkinfo"]["info_data"]["forward_delay"].int == 200)
      let link = try #require(try socket.link(.name("br-test")))
      #expect(link.index == index && link.isUp && link.kind == "bridge" && link.alias == "a bridge")
      #expect(link.bridge?.multicastSnooping == false && link.bridge?.ageingTime == 0)
      options = BridgeOptions()
      options.ageingTime = 30000
      try socket.perform(.setBridge(.index(index), options))
      #expect(try socket.link(.index(index))?.bridge?.ageingTime == 30000)
      try socket.perform(.deleteLink(.name("br-test")))
      #expect(try socket.link(.name("br-test")) == nil)
    }
  }

  @Test func vethIsBornInTheOtherNamespace() async throws {
    try await inNamespace { _ in
      let other = try anotherNamespace()
      let socket = try RouteSocket()
      let bridge = try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0", isUp: true)))
      let mac = try #require(MACAddress("02:42:ac:11:00:02"))
      let peer = LinkSettings(name: "eth0", mtu: 1300, address: mac, namespace: other)
      _ = try socket.createLink(
        NewLink(.veth(peer: peer), LinkSettings(name: "veth1", isUp: true, mtu: 1300, masterIndex: bridge)))
      var port = BridgePortOptions()
      port.hairpin = true
      port.isolated = true
      port.learning = false
      port.suppressesNeighbours = true
      try socket.perform(.setBridgePort(.name("veth1"), port))
      let inner = try ip("link", "show", "eth0", in: other)[0]
      #expect(inner["address"].string == "02:42:ac:11:00:02")
      #expect(inner["mtu"].int == 1300)
      let outer = try ip("link", "show", "veth1")[0]
      #expect(outer["master"].string == "br0")
      let data = outer["linkinfo"]["info_slave_data"]
      #expect(data["hairpin"].bool == true && data["isolated"].bool == true && data["learning"].bool == false)
      #expect(data["neigh_suppress"].bool == true)
      let link = try #require(try socket.link(.name("veth1")))
      #expect(link.masterIndex == bridge && link.bridgePort?.hairpin == true && link.portKind == "bridge")
      #expect(link.parentNamespace != nil)
      #expect(try socket.links(masterIndex: bridge).map(\.name) == ["veth1"])
      #expect(try socket.links(kind: "bridge").map(\.name) == ["br0"])
      #expect(Set(try socket.links().map(\.name)).isSuperset(of: ["lo", "br0", "veth1"]))
      try socket.perform(.setLink(.name("veth1"), LinkSettings(masterIndex: 0)))
      #expect(try socket.link(.name("veth1"))?.masterIndex == nil)
    }
  }

  @Test func settingsOfALink() async throws {
    try await inNamespace { _ in
      let other = try anotherNamespace()
      let socket = try RouteSocket()
      let index = try socket.createLink(
        NewLink(.veth(peer: LinkSettings(name: "b")), LinkSettings(name: "a", mtu: 1500)))
      var settings = LinkSettings(name: "renamed", isUp: true, mtu: 9000, address: MACAddress("02:00:00:00:00:09"))
      settings.isPromiscuous = true
      settings.alias = "text with blanks"
      settings.transmitQueueLength = 77
      settings.group = 5
      settings.ipv6AddressGeneration = IPv6AddressGeneration.none
      try socket.perform(.setLink(.index(index), settings))
      try socket.perform(.addAlternativeName("a-very-long-alternative-name", to: .index(index)))
      let seen = try ip("link", "show", "renamed")[0]
      #expect(seen["promiscuity"].int == 1 && seen["txqlen"].int == 77 && seen["group"].string == "5")
      #expect(seen["altnames"][0].string == "a-very-long-alternative-name")
      #expect(seen["inet6_addr_gen_mode"].string == "none")
      let link = try #require(try socket.link(.name("a-very-long-alternative-name")))
      #expect(link.name == "renamed" && link.mtu == 9000 && link.promiscuity == 1 && link.group == 5)
      #expect(link.alternativeNames == ["a-very-long-alternative-name"])
      #expect(link.ipv6AddressGeneration == IPv6AddressGeneration.none)
      #expect(link.statistics != nil)
      var off = LinkSettings(isUp: false)
      off.isPromiscuous = false
      off.alias = ""
      try socket.perform(.setLink(.index(index), off))
      let quiet = try #require(try socket.link(.index(index)))
      #expect(!quiet.isUp && quiet.promiscuity == 0 && quiet.alias == nil)
      try socket.perform(.removeAlternativeName("a-very-long-alternative-name", from: .index(index)))
      try socket.perform(.setLink(.name("renamed"), LinkSettings(namespace: other)))
      #expect(try socket.link(.name("renamed")) == nil)
      #expect(try RouteSocket(in: other).link(.name("renamed"))?.mtu == 9000)
    }
  }

  @Test func vxlanMacvlanAndPlainKinds() async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      let parent = try socket.createLink(
        NewLink(.veth(peer: LinkSettings(name: "p1")), LinkSettings(name: "p0", isUp: true)))
      var vxlan = VXLANOptions(identifier: 4097)
      vxlan.port = 4789
      vxlan.learning = false
      vxlan.local = IPAddress("192.0.2.1")
      vxlan.proxy = true
      vxlan.reportsL2Misses = true
      _ = try socket.createLink(NewLink(.vxlan(vxlan), LinkSettings(name: "vx0", mtu: 1450)))
      let data = try ip("link", "show", "vx0")[0]["linkinfo"]["info_data"]
      #expect(data["id"].int == 4097 && data["port"].int == 4789 && data["local"].string == "192.0.2.1")
      #expect(data["learning"].bool == false)
      let seen = try #require(try socket.link(.name("vx0"))?.vxlan)
      #expect(seen.identifier == 4097 && seen.port == 4789 && seen.proxy == true && seen.learning == false)
      #expect(seen.local == IPAddress("192.0.2.1") && seen.reportsL2Misses == true)
      _ = try socket.createLink(NewLink(.macvlan(.bridge), LinkSettings(name: "mv0"), parentIndex: parent))
      let macvlan = try #require(try socket.link(.name("mv0")))
      #expect(macvlan.macvlanMode == .bridge && macvlan.parentIndex == parent)
      _ = try socket.createLink(NewLink(.plain("ifb"), LinkSettings(name: "ifb7")))
      #expect(try socket.link(.name("ifb7"))?.kind == "ifb")
    }
  }

  @Test func linkMadeElsewhereGetsAllItsSettings() async throws {
    try await inNamespace { _ in
      let other = try anotherNamespace()
      let socket = try RouteSocket()
      var settings = LinkSettings(name: "far", isUp: true, mtu: 1400, namespace: other)
      settings.alias = "made from afar"
      settings.ipv6AddressGeneration = IPv6AddressGeneration.none
      var near = LinkSettings(name: "near", isUp: true)
      near.alias = "the peer"
      let index = try socket.createLink(NewLink(.veth(peer: near), settings))
      let far = try #require(try RouteSocket(in: other).link(.index(index)))
      #expect(far.name == "far" && far.isUp && far.mtu == 1400 && far.alias == "made from afar")
      #expect(far.ipv6AddressGeneration == IPv6AddressGeneration.none)
      let peer = try #require(try socket.link(.name("near")))
      #expect(peer.isUp && peer.alias == "the peer" && peer.parentIndex == index)
      let nameless = #expect(throws: NetlinkError.self) {
        try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings()))
      }
      #expect(nameless?.code == .unsupported)
      // The alias is too long for the kernel: the link goes again.
      settings = LinkSettings(name: "half")
      settings.alias = String(repeating: "x", count: 300)
      let half = NewLink(.bridge(BridgeOptions()), settings)
      #expect(throws: NetlinkError.self) { try socket.createLink(half) }
      #expect(try socket.link(.name("half")) == nil)
    }
  }

  @Test func refusalsSayWhatAndWhy() async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      _ = try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0")))
      let again = NetlinkRequest.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0")))
      let taken = #expect(throws: NetlinkError.self) { try socket.perform(again) }
      #expect(taken?.errno == .exists && taken?.code == .rejected)
      #expect(taken?.message.hasPrefix("create bridge link br0: file exists") == true)
      let unknown = #expect(throws: NetlinkError.self) {
        try socket.perform(.createLink(NewLink(.plain("nonsense"), LinkSettings(name: "x"))))
      }
      #expect(unknown?.kernelText == "Unknown device type")
      let mtu = #expect(throws: NetlinkError.self) {
        try socket.perform(.setLink(.name("br0"), LinkSettings(mtu: 1_000_000)))
      }
      #expect(mtu?.kernelText?.isEmpty == false)
      let long = #expect(throws: NetlinkError.self) {
        try socket.perform(
          .createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "a-name-that-is-too-long-for-a-link"))))
      }
      #expect(long?.attribute == "IFLA_IFNAME")
    }
  }

  @Test func batchGoesOnAfterARefusal() async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      var requests: [NetlinkRequest] = []
      for number in 0..<150 {
        let name = number == 100 ? "lo" : "br\(number)"
        requests.append(.createLink(NewLink(.plain("ifb"), LinkSettings(name: name))))
      }
      let answers = try socket.exchange(requests)
      #expect(answers.count == 150 && answers.allSatisfy(\.isAcknowledged))
      #expect(answers.indices.filter { answers[$0].error != nil } == [100])
      #expect(answers[100].error?.message.contains("create ifb link lo") == true)
      // More than one datagram of links.
      #expect(try socket.links(kind: "ifb").filter { $0.name.hasPrefix("br") }.count == 149)
    }
  }

  @Test func socketsStayInTheirNamespace() async throws {
    try await inNamespace { home in
      let other = try anotherNamespace()
      let inside = try RouteSocket(in: other)
      _ = try inside.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "only-there")))
      #expect(try RouteSocket().link(.name("only-there")) == nil)
      #expect(try RouteSocket(in: other).link(.name("only-there")) != nil)
      #expect(try FileStatus(of: Namespaces.current(.network)).inode == FileStatus(of: home).inode)
    }
  }
}
