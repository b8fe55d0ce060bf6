import Addressing
import Linux
import Netlink
import Testing

@Suite struct TableTests {
  /// A namespace with a veth pair `a` and `b`, both up, whose index is given.
  func withLink(_ body: @escaping @Sendable (RouteSocket, UInt32) throws -> Void) async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      let index = try socket.createLink(
        NewLink(.veth(peer: LinkSettings(name: "b", isUp: true)), LinkSettings(name: "a", isUp: true)))
      try socket.perform(.setLink(.name("lo"), LinkSettings(isUp: true)))
      try body(socket, index)
    }
  }

  func cidr(_ text: String) throws -> IPCIDR { try #require(IPCIDR(text)) }
  func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  @Test func addresses() async throws {
    try await withLink { socket, index in
      let v4 = InterfaceAddress(
        try cidr("172.17.0.1/16"), linkIndex: index, broadcast: IPv4Address(172, 17, 255, 255), label: "a:1")
      let v6 = InterfaceAddress(try cidr("fd00::1/64"), linkIndex: index, flags: .noDuplicateDetection)
      try socket.perform([.addAddress(v4), .addAddress(v6)])
      let seen = try ip("addr", "show", "a")[0]["addr_info"].list
      let first = try #require(seen.first { $0["local"].string == "172.17.0.1" })
      #expect(first["prefixlen"].int == 16 && first["broadcast"].string == "172.17.255.255")
      #expect(first["label"].string == "a:1")
      #expect(seen.contains { $0["local"].string == "fd00::1" && $0["nodad"].bool == true })
      let read = try socket.addresses(linkIndex: index)
      #expect(read.contains { $0.address == v4.address && $0.broadcast == v4.broadcast && $0.label == "a:1" })
      #expect(
        read.contains { $0.address == v6.address && $0.flags.isSuperset(of: [.noDuplicateDetection, .permanent]) })
      #expect(
        try socket.addresses(family: .v4).map(\.address.description).sorted() == ["127.0.0.1/8", "172.17.0.1/16"])
      let twice = #expect(throws: NetlinkError.self) { try socket.perform(.addAddress(v4)) }
      #expect(twice?.errno == .exists)
      try socket.perform(.replaceAddress(v4))
      try socket.perform([.deleteAddress(v4), .deleteAddress(v6)])
      let gone = #expect(throws: NetlinkError.self) { try socket.perform(.deleteAddress(v4)) }
      #expect(gone?.errno == .addressNotAvailable)
      #expect(try socket.addresses(linkIndex: index, family: .v4).isEmpty)
    }
  }

  @Test func routes() async throws {
    try await withLink { socket, index in
      try socket.perform(.addAddress(InterfaceAddress(try cidr("10.1.0.2/24"), linkIndex: index)))
      try socket.perform(
        .addAddress(InterfaceAddress(try cidr("fd01::2/64"), linkIndex: index, flags: .noDuplicateDetection)))
      let v4 = Route.defaultRoute(via: try address("10.1.0.1"), linkIndex: index)
      let v6 = Route.defaultRoute(via: try address("fd01::1"), linkIndex: index)
      var special = Route(try cidr("10.9.0.0/16"), via: try address("192.0.2.77"), linkIndex: index, isOnLink: true)
      special.metric = 50
      special.mtu = 1300
      special.table = 1000
      let blackhole = Route(try cidr("10.66.0.0/16"), action: .blackhole)
      try socket.perform([.addRoute(v4), .addRoute(v6), .addRoute(special), .addRoute(blackhole)])
      let main = try ip("-4", "route", "show")
      #expect(main.list.contains { $0["dst"].string == "default" && $0["gateway"].string == "10.1.0.1" })
      #expect(main.list.contains { $0["type"].string == "blackhole" && $0["dst"].string == "10.66.0.0/16" })
      #expect(
        try ip("-6", "route", "show").list.contains {
          $0["dst"].string == "default" && $0["gateway"].string == "fd01::1"
        })
      let other = try ip("-4", "route", "show", "table", "1000")[0]
      #expect(other["gateway"].string == "192.0.2.77" && other["metric"].int == 50)
      #expect(other["flags"].list.contains(.string("onlink")))
      #expect(other["metrics"][0]["mtu"].int == 1300)
      let read = try socket.routes(family: .v4, table: 1000)
      #expect(read.count == 1 && read[0].isOnLink && read[0].mtu == 1300 && read[0].metric == 50)
      #expect(read[0].destination == special.destination && read[0].gateway == special.gateway)
      #expect(try socket.routes(family: .v4, table: 4321).isEmpty)
      #expect(try socket.routes(table: Route.Table.main).filter(\.isDefault).count == 2)
      #expect(try socket.route(to: try address("8.8.8.8"))?.gateway == v4.gateway)
      let replaced = Route.defaultRoute(via: try address("10.1.0.9"), linkIndex: index)
      let twice = #expect(throws: NetlinkError.self) { try socket.perform(.addRoute(replaced)) }
      #expect(twice?.errno == .exists)
      try socket.perform(.replaceRoute(replaced))
      #expect(
        try socket.routes(family: .v4, table: Route.Table.main).filter(\.isDefault).map(\.gateway) == [replaced.gateway]
      )
      try socket.perform([.deleteRoute(replaced), .deleteRoute(special), .deleteRoute(v6), .deleteRoute(blackhole)])
      #expect(try socket.route(to: try address("8.8.8.8")) == nil)
      let unreachable = #expect(throws: NetlinkError.self) {
        try socket.perform(.addRoute(.defaultRoute(via: try address("203.0.113.1"), linkIndex: index)))
      }
      #expect(unreachable?.kernelText?.isEmpty == false)
    }
  }

  @Test func neighbours() async throws {
    try await withLink { socket, index in
      let mac = try #require(MACAddress("02:42:0a:00:00:05"))
      try socket.perform(.addNeighbour(Neighbour(try address("10.0.0.5"), hardwareAddress: mac, linkIndex: index)))
      try socket.perform(.replaceNeighbour(Neighbour(try address("fd00::5"), hardwareAddress: mac, linkIndex: index)))
      let seen = try ip("neigh", "show", "dev", "a").list
      #expect(seen.contains { $0["dst"].string == "10.0.0.5" && $0["lladdr"].string == "02:42:0a:00:00:05" })
      let read = try socket.neighbours(linkIndex: index)
      #expect(
        Set(read.filter { $0.state == .permanent }.compactMap(\.destination?.description)) == ["10.0.0.5", "fd00::5"])
      try socket.perform(.deleteNeighbour(Neighbour(try address("10.0.0.5"), hardwareAddress: nil, linkIndex: index)))
      #expect(try socket.neighbours(linkIndex: index, family: .v4).filter { $0.state == .permanent }.isEmpty)
    }
  }

  @Test func forwardingEntries() async throws {
    try await withLink { socket, index in
      let bridge = try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0", isUp: true)))
      try socket.perform(.setLink(.index(index), LinkSettings(masterIndex: bridge)))
      let mac = try #require(MACAddress("02:42:0a:00:00:07"))
      let entry = Neighbour(forwarding: mac, linkIndex: index, state: .noARP, flags: .master)
      try socket.perform(.addNeighbour(entry))
      #expect(
        try socket.forwarding(bridgeIndex: bridge).contains { $0.hardwareAddress == mac && $0.linkIndex == index })
      try socket.perform(.deleteNeighbour(entry))
      #expect(try !socket.forwarding(bridgeIndex: bridge).contains { $0.hardwareAddress == mac })

      var options = VXLANOptions(identifier: 7)
      options.port = 4789
      let vxlan = try socket.createLink(NewLink(.vxlan(options), LinkSettings(name: "vx7", isUp: true)))
      let flood = try #require(MACAddress("00:00:00:00:00:00"))
      for remote in ["192.0.2.10", "192.0.2.11"] {
        try socket.perform(
          .appendNeighbour(
            Neighbour(forwarding: flood, linkIndex: vxlan, destination: try address(remote), flags: .device)))
      }
      let remotes = try socket.forwarding(linkIndex: vxlan).compactMap(\.destination?.description)
      #expect(Set(remotes) == ["192.0.2.10", "192.0.2.11"])
    }
  }

  @Test func rules() async throws {
    try await withLink { socket, _ in
      var rule = RoutingRule(family: .v4, table: 1000, priority: 99)
      rule.mark = 0
      rule.markMask = 0xFF
      rule.source = try cidr("10.5.0.0/16")
      rule.transport = .tcp
      rule.destinationPorts = PortRange(80, 443)
      try socket.perform(.addRule(rule))
      let read = try #require(try socket.rules(family: .v4).first { $0.priority == 99 })
      #expect(read == rule)
      let seen = try #require(try ip("rule", "show").list.first { $0["priority"].int == 99 })
      #expect(seen["src"].string == "10.5.0.0" && seen["table"].string == "1000")
      try socket.perform(.deleteRule(rule))
      #expect(try !socket.rules(family: .v4).contains { $0.priority == 99 })
    }
  }

  @Test func settingsOfPortsAndOfForwardingAreAnnounced() async throws {
    try await inNamespace { _ in
      let socket = try RouteSocket()
      let bridge = try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0", isUp: true)))
      let port = try socket.createLink(
        NewLink(.veth(peer: LinkSettings(name: "veth1")), LinkSettings(name: "veth0", isUp: true, masterIndex: bridge)))
      // A namespace begins with what the host has.
      for file in ["ip_forward", "conf/br0/forwarding"] {
        try FileSystem.writeKernelFile("/proc/sys/net/ipv4/\(file)", "0")
      }
      let events = try NetlinkSubscription<RouteFamily>([.links, .ipv4Settings, .ipv6Settings])
      var options = BridgePortOptions()
      options.isolated = true
      try socket.perform(.setBridgePort(.index(port), options))
      for value in ["1", "0"] { try FileSystem.writeKernelFile("/proc/sys/net/ipv4/ip_forward", value) }
      try FileSystem.writeKernelFile("/proc/sys/net/ipv4/conf/br0/forwarding", "1")
      var isolated: Bool?
      var seen: [String] = []
      while case .messages(let messages) = try events.next() {
        for message in messages {
          switch try RouteEvent(message) {
          case .port(port, let options): isolated = options.isolated
          case .link(let link) where link.index == port: isolated = link.bridgePort?.isolated ?? isolated
          case .forwarding(.v4, nil, let isOn): seen.append("all \(isOn)")
          case .forwarding(.v4, bridge, let isOn): seen.append("bridge \(isOn)")
          default: break
          }
        }
      }
      #expect(isolated == true)
      #expect(seen.filter { $0.hasPrefix("all") } == ["all true", "all false"])
      #expect(seen.last == "bridge true")
    }
  }

  @Test func changesAreAnnounced() async throws {
    try await inNamespace { _ in
      let events = try NetlinkSubscription<RouteFamily>([.links, .ipv4Addresses])
      let socket = try RouteSocket()
      if case .nothing = try events.next() {} else { Issue.record("an announcement of nothing") }
      let index = try socket.createLink(NewLink(.bridge(BridgeOptions()), LinkSettings(name: "br0", isUp: true)))
      try socket.perform(.addAddress(InterfaceAddress(try #require(IPCIDR("10.0.0.1/8")), linkIndex: index)))
      try socket.perform(.deleteLink(.index(index)))
      var seen: [String] = []
      while case .messages(let messages) = try events.next() {
        for message in messages {
          switch try RouteEvent(message) {
          case .link(let link) where link.name == "br0": if seen.isEmpty { seen.append("link") }
          case .address(let address): seen.append("address \(address.address)")
          case .addressRemoved: seen.append("address gone")
          case .linkRemoved(let link): seen.append("\(link.name) gone")
          default: break
          }
        }
      }
      #expect(seen == ["link", "address 10.0.0.1/8", "address gone", "br0 gone"])
    }
  }
}
