import Addressing
import AsyncWork
import Linux
import Netlink
import NetworkModel
import Testing

@testable import NetworkDrivers

/// What somebody else does to our links, and what becomes of it while the engine runs: against the kernel, with real
/// traffic (root).
@Suite(.serialized) struct LinkRepairTests {
  private static let ip = "/usr/sbin/ip"
  private let host: [UInt8] = [192, 0, 2, 1]

  /// A network with two endpoints of which one is published, kept by its controller.
  private struct Town {
    var lab: Lab
    var controller: NetworkController
    var web: EndpointRecord
    var other: EndpointRecord

    func ip(_ words: String...) async throws { _ = try await lab.command([LinkRepairTests.ip] + words, in: lab.host) }

    func shell(_ line: String) async throws { _ = try await lab.command(["/bin/sh", "-c", line], in: lab.host) }

    func isWhole(_ network: String = "bridge") async throws -> Bool {
      try await controller.plan(of: network).isInSync
    }

    func index(_ link: String) async throws -> UInt32? {
      try await Lab.onThread { [lab, link] in try RouteSocket(in: lab.host).link(.name(link))?.index }
    }
  }

  /// - Parameter keeps: whether links are kept while `body` runs.
  private func withTown(
    keeps: Bool = true, _ change: (inout NetworkConfiguration) -> Void = { _ in }, _ body: (Town) async throws -> Void
  ) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(.nftables, change)
      try await controller.start(liveSandboxes: [])
      for name in ["web", "other"] { _ = try await controller.createSandbox(id: name) }
      let port: TransportPort = try #require(TransportPort("80/tcp"))
      let published: PortRange = try #require(PortRange("8080"))
      let web = try await controller.join(
        sandbox: "web", network: "bridge",
        options: EndpointOptions(name: "web", ports: [PortBinding(port, hostPorts: published)]))
      let other = try await controller.join(
        sandbox: "other", network: "bridge", options: EndpointOptions(name: "other"))
      let town = Town(lab: lab, controller: controller, web: web, other: other)
      let keeper = keeps ? try await keep(town) : nil
      do { try await body(town) } catch {
        keeper?.cancel()
        await keeper?.value
        throw error
      }
      keeper?.cancel()
      await keeper?.value
    }
  }

  /// Returns once every change is seen.
  private func keep(_ town: Town) async throws -> Task<Void, Never> {
    let reactor = try Reactor(name: "lab")
    let keeper = Task { await town.controller.keepLinks(on: reactor) }
    while await town.controller.repairs.reactor == nil { await Task.yield() }
    return keeper
  }

  /// Whether the published port leads where it should and containers reach each other.
  private func expectTraffic(_ town: Town, _ sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let server = try await EchoServer(in: town.lab.sandbox("web"), port: 80)
    let fromOutside = try await EchoServer.ask(from: town.lab.outside, at: host, port: 8080)
    #expect(fromOutside == Lab.outsideAddress, sourceLocation: sourceLocation)
    let between = try await EchoServer.ask(from: town.lab.sandbox("other"), at: [172, 17, 0, 2], port: 80)
    #expect(between == "172.17.0.3", sourceLocation: sourceLocation)
    withExtendedLifetime(server) {}
  }

  /// A shell's line that does damage; `WEB` stands for the link of the endpoint.
  @Test(arguments: [
    "ip link delete lab0", "ip link set lab0 down", "ip address flush dev lab0",
    "ip address delete 172.17.0.1/16 dev lab0", "ip link set lab0 mtu 1300",
    "ip link set lab0 address 02:00:00:00:00:09",
    "ip link set lab0 name lab9", "ip link set WEB nomaster", "ip link set WEB down", "ip link delete WEB",
    "ip link set WEB name web9", "ip link set WEB mtu 1400", "ip link set WEB alias ''",
    "ip link set WEB type bridge_slave hairpin off", "bridge link set dev WEB isolated on",
    "echo 0 >/proc/sys/net/ipv4/ip_forward", "echo 0 >/proc/sys/net/ipv4/conf/lab0/route_localnet",
    "ip link delete lab0; ip link delete WEB", "ip link add other0 type bridge; ip link set WEB master other0",
  ])
  func damageIsRepaired(_ line: String) async throws {
    try await withTown { town in
      try await expectTraffic(town)
      try await town.shell(line.replacing("WEB", with: town.web.hostInterface))
      try await eventually { try await town.isWhole() }
      try await expectTraffic(town)
    }
  }

  @Test func theRouteToABridgeIsRepaired() async throws {
    try await withTown { town in
      try await town.ip("route", "delete", "172.17.0.0/16", "dev", "lab0")
      try await eventually {
        try await town.lab.command([Self.ip, "route"], in: town.lab.host)
          .contains("172.17.0.0/16 dev lab0 proto kernel scope link src 172.17.0.1")
      }
      try await expectTraffic(town)
    }
  }

  @Test func bothFamiliesAreRepaired() async throws {
    func change(_ configuration: inout NetworkConfiguration) {
      configuration.ipv6 = true
      configuration.fixedCIDR6 = IPv6CIDR("fd00:17::/64")
    }
    try await withTown(change) { town in
      let gateway: IPAddress = try #require(IPAddress("fd00:17::1"))
      let server = try await EchoServer(in: town.lab.host, port: 7)
      for line in [
        "ip link delete lab0", "ip link set lab0 down", "ip -6 address flush dev lab0",
        "ip -6 route delete fd00:17::/64 dev lab0", "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding",
        "echo 1 >/proc/sys/net/ipv6/conf/lab0/disable_ipv6",
      ] {
        try await town.shell(line)
        try await eventually {
          let routes = try await town.lab.command([Self.ip, "-6", "route"], in: town.lab.host)
          return try await town.isWhole() && routes.contains("fd00:17::/64 dev lab0")
        }
        let answer = try await EchoServer.ask(from: town.lab.sandbox("web"), at: gateway.bytes, port: 7)
        #expect(answer == "fd:0:0:17:0:0:0:0:0:0:0:0:0:0:0:2", "\(line)")
      }
      withExtendedLifetime(server) {}
    }
  }

  @Test func aLinkThatWasTakenElsewhereIsMadeAgain() async throws {
    try await withTown { town in
      let mark = try await town.lab.command([Self.ip, "-j", "address", "show", "eth0"], in: town.lab.sandbox("web"))
      #expect(mark.contains("\"address\":\"02:42:ac:11:00:02\""))
      try await town.ip("link", "set", town.web.hostInterface, "netns", town.lab.directory + "/outside")
      try await eventually { try await town.isWhole() }
      let after = try await town.lab.command([Self.ip, "-j", "address", "show", "eth0"], in: town.lab.sandbox("web"))
      #expect(after.contains("\"address\":\"02:42:ac:11:00:02\""))
      #expect(after.contains("\"local\":\"172.17.0.2\",\"prefixlen\":16"))
      try await expectTraffic(town)
      let left = try await town.lab.command([Self.ip, "link"], in: town.lab.outside)
      #expect(!left.contains(town.web.hostInterface))
    }
  }

  @Test func aStationIsMadeAgainWithItsParent() async throws {
    try await withTown { town in
      var request = NetworkRequest(name: "alone")
      request.driver = .macvlan
      request.options = ["macvlan_mode": "bridge"]
      let network = try await town.controller.createNetwork(request)
      let parent: String = try #require(network.macvlan?.parent)
      for name in ["web", "other"] {
        _ = try await town.controller.join(sandbox: name, network: "alone", options: EndpointOptions(name: name))
      }
      let server = try await EchoServer(in: town.lab.sandbox("web"), port: 80)
      let first: IPAddress = try #require(town.controller.endpoints(on: network.id).first { $0.name == "web" })
        .addresses[0]
      // A kernel without dummy links has a bridge there, on which stations see each other as well.
      #expect(try await EchoServer.ask(from: town.lab.sandbox("other"), at: first.bytes, port: 80) != nil)
      for words in [["link", "delete", parent], ["link", "set", parent, "down"]] {
        _ = try await town.lab.command([Self.ip] + words, in: town.lab.host)
        try await eventually { try await town.isWhole("alone") }
        #expect(try await EchoServer.ask(from: town.lab.sandbox("other"), at: first.bytes, port: 80) != nil)
      }
      withExtendedLifetime(server) {}
    }
  }

  @Test func aBridgeOfSomebodyElseIsLeftAlone() async throws {
    try await withTown { town in
      try await town.ip("link", "add", "mine0", "type", "bridge")
      try await town.ip("address", "add", "10.9.0.1/24", "dev", "mine0")
      var request = NetworkRequest(name: "mine")
      request.options = ["com.docker.network.bridge.name": "mine0"]
      let network = try await town.controller.createNetwork(request)
      let endpoint = try await town.controller.join(
        sandbox: "web", network: "mine", options: EndpointOptions(name: "web"))
      let gateway: SubnetRecord = try #require(network.subnet(.v4))
      try await town.ip("address", "delete", "\(gateway.gateway)/\(gateway.subnet.prefixLength)", "dev", "mine0")
      try await town.ip("link", "set", "mine0", "mtu", "1300")
      // What is ours on it is put right, and nothing else.
      try await town.ip("link", "set", endpoint.hostInterface, "nomaster")
      try await eventually {
        try await town.lab.command([Self.ip, "link", "show", endpoint.hostInterface], in: town.lab.host)
          .contains("master mine0")
      }
      let addresses = try await town.lab.command([Self.ip, "address", "show", "mine0"], in: town.lab.host)
      #expect(addresses.contains("mtu 1300") && addresses.contains("10.9.0.1/24"))
      #expect(!addresses.contains("\(gateway.gateway)/"))
      // One that its owner makes anew gets its ports again.
      try await town.shell("ip link delete mine0; ip link add mine0 type bridge; ip link set mine0 up")
      try await eventually {
        try await town.lab.command([Self.ip, "link", "show", endpoint.hostInterface], in: town.lab.host)
          .contains("master mine0")
      }
    }
  }

  @Test func linksOfOthersAreNotTouched() async throws {
    try await withTown(keeps: false) { town in
      let link = town.web.hostInterface
      try await town.shell(
        "ip link delete lab0; ip link add lab0 type veth peer name lab8;"
          + "ip link delete \(link); ip link add \(link) type veth peer name lab7; ip link set lab7 alias somebodys")
      let before = try await town.lab.command([Self.ip, "link"], in: town.lab.host)
      let keeper = try await keep(town)
      // A network of its own tells that the news have been read.
      let late = try await town.controller.createNetwork(NetworkRequest(name: "late"))
      let bridge: String = try #require(late.bridge?.bridgeName)
      try await town.ip("link", "set", bridge, "down")
      try await eventually { try await town.isWhole("late") }
      let after = try await town.lab.command([Self.ip, "link"], in: town.lab.host)
      for name in ["lab0", link, "lab7", "lab8"] {
        #expect(
          before.split(separator: "\n").filter { $0.contains(" \(name)@") }
            == after.split(separator: "\n").filter { $0.contains(" \(name)@") })
      }
      let addresses = try await town.lab.command([Self.ip, "address", "show", "lab0"], in: town.lab.host)
      #expect(!addresses.contains("172.17.0.1"))
      #expect(try await !town.isWhole())
      // When they have gone, all is made again.
      try await town.shell("ip link delete lab0; ip link delete \(link)")
      try await eventually { try await town.isWhole() }
      try await expectTraffic(town)
      keeper.cancel()
      await keeper.value
    }
  }

  @Test func whatWeTakeDownOurselvesStaysDown() async throws {
    try await withTown { town in
      for _ in 0..<5 {
        let network = try await town.controller.createNetwork(NetworkRequest(name: "short"))
        let bridge: String = try #require(network.bridge?.bridgeName)
        let endpoint = try await town.controller.join(
          sandbox: "web", network: "short", options: EndpointOptions(name: "web"))
        // Damage, and at the same time its end.
        async let damage: Void = town.shell("ip link delete \(bridge); ip link delete \(endpoint.hostInterface); true")
        try await town.controller.leave(endpoint: endpoint.id)
        _ = try await town.controller.removeNetwork(network.id)
        try await damage
      }
      // A repair of something else comes after whatever these have led to.
      try await town.ip("link", "set", "lab0", "down")
      try await eventually { try await town.isWhole() }
      let names = [town.web.hostInterface, town.other.hostInterface, "lab0"].sorted()
      try await eventually { try await town.lab.links() == names }
    }
  }

  @Test func whatWeDoOurselvesIsNoReasonToLook() async throws {
    try await withTown(keeps: false) { town in
      let controller = town.controller
      let reactor = try Reactor(name: "lab")
      let watch = try LinkWatch(in: town.lab.host)
      var picture = LinkPicture(try await Lab.onThread { [host = town.lab.host] in try RouteSocket(in: host).links() })
      func suspects() async throws -> Set<RepairTarget> {
        let news = try await watch.news(on: reactor)
        return picture.suspicion(news) { controller.roles(named: $0, alias: $1) }.targets
      }
      let network = try await controller.createNetwork(NetworkRequest(name: "short"))
      #expect(try await suspects() == [])
      let endpoint = try await controller.join(
        sandbox: "web", network: "short", options: EndpointOptions(name: "web"))
      #expect(try await suspects() == [])
      let bridge: String = try #require(network.bridge?.bridgeName)
      try await town.ip("link", "set", endpoint.hostInterface, "mtu", "1400")
      #expect(try await suspects() == [.network(network.id), .endpoint(endpoint.id)])
      try await town.ip("link", "delete", bridge)
      #expect(try await suspects() == [.network(network.id), .endpoint(endpoint.id)])
    }
  }

  @Test func whatBefellThemWhileNoEngineWasThereIsRepairedAtItsStart() async throws {
    try await withTown(keeps: false) { town in
      for line in [
        "ip link delete lab0", "ip link delete WEB", "ip link set WEB name web9", "ip link set WEB nomaster",
      ] {
        try await town.shell(line.replacing("WEB", with: town.web.hostInterface))
        let second = try await town.lab.controller()
        try await second.start(liveSandboxes: ["web", "other"])
        #expect(try await second.plan(of: "bridge").isInSync, "\(line)")
        #expect(second.endpoints(of: "web") == [town.web])
        try await expectTraffic(town)
      }
    }
  }

  @Test func announcementsThatWereLostAreMadeUpFor() async throws {
    try await withTown(keeps: false) { town in
      // More than the socket's buffer holds, before anybody reads.
      try await town.ip("address", "flush", "dev", "lab0")
      try await town.shell(
        "for i in $(seq 40); do ip -batch - <<END\n"
          + (0..<100).map { "link set out0 mtu \(1400 + $0 % 2)" }.joined(separator: "\n") + "\nEND\ndone")
      let keeper = try await keep(town)
      try await eventually { try await town.isWhole() }
      try await expectTraffic(town)
      keeper.cancel()
      await keeper.value
    }
  }
}
