import Addressing
import Linux
import Netfilter
import Netlink
import NetworkModel
import Testing

@testable import NetworkDrivers

/// The controller against the kernel, with real traffic (root).
@Suite(.serialized) struct ControllerTests {
  private let host: [UInt8] = [192, 0, 2, 1]
  private let loopback: [UInt8] = [127, 0, 0, 1]
  private let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

  private func options(_ name: String, _ ports: [(String?, String?, String)] = []) throws -> EndpointOptions {
    EndpointOptions(
      name: name,
      ports: try ports.map { address, range, container in
        let port: TransportPort = try #require(TransportPort(container))
        return PortBinding(
          port, hostAddress: address.flatMap { IPAddress($0) }, hostPorts: range.flatMap { PortRange($0) })
      })
  }

  /// Makes a sandbox and joins it to the default network.
  private func run(
    _ controller: NetworkController, _ name: String, _ ports: [(String?, String?, String)] = []
  ) async throws -> EndpointRecord {
    _ = try await controller.createSandbox(id: name)
    return try await controller.join(sandbox: name, network: "bridge", options: options(name, ports))
  }

  private func ask(
    _ from: FileDescriptor, _ address: [UInt8], _ port: UInt16, _ milliseconds: Int32 = 2000, kind: SocketKind = .stream
  ) async throws -> String? {
    try await EchoServer.ask(kind, from: from, at: address, port: port, milliseconds: milliseconds)
  }

  @Test(arguments: Lab.Rules.allCases)
  func aPublishedPortIsReachedFromEverywhere(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules)
      try await controller.start(liveSandboxes: [])
      let web = try await run(controller, "web", [(nil, "8080", "80/tcp"), (nil, "8053", "80/udp")])
      _ = try await run(controller, "other")
      #expect(web.address?.description == "172.17.0.2/16")
      #expect(web.mac?.description == "02:42:ac:11:00:02")
      #expect(web.gateway?.description == "172.17.0.1")
      let address = try await lab.command(["/usr/sbin/ip", "-j", "address", "show", "eth0"], in: lab.sandbox("web"))
      #expect(address.contains("\"local\":\"172.17.0.2\",\"prefixlen\":16"))
      #expect(address.contains("\"address\":\"02:42:ac:11:00:02\""))
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      for kind in [SocketKind.stream, .datagram] {
        let port: UInt16 = kind == .stream ? 8080 : 8053
        // From another host, and the server sees who asks.
        #expect(try await ask(lab.outside, host, port, kind: kind) == Lab.outsideAddress)
        #expect(try await ask(lab.host, host, port, kind: kind) == Lab.hostAddress)
        #expect(try await ask(lab.host, loopback, port, kind: kind) == "172.17.0.1")
        #expect(try await ask(lab.sandbox("other"), host, port, kind: kind) == "172.17.0.1")
        #expect(try await ask(lab.sandbox("web"), host, port, kind: kind) == "172.17.0.1")
        #expect(try await ask(lab.sandbox("other"), [172, 17, 0, 2], 80, kind: kind) == "172.17.0.3")
      }
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func whatIsNotPublishedIsNotReached(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules)
      try await controller.start(liveSandboxes: [])
      _ = try await run(controller, "web", [("127.0.0.1", "8080", "80/tcp")])
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.host, loopback, 8080) == "172.17.0.1")
      #expect(try await ask(lab.outside, host, 8080, 300) == nil)
      // The neighbour routes through the host: neither an unpublished port nor a published one is there for it.
      #expect(try await ask(lab.outside, [172, 17, 0, 2], 80, 300) == nil)
      #expect(try await ask(lab.host, [172, 17, 0, 2], 80) == "172.17.0.1")
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func whatLeavesHasTheHostsAddress(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules)
      try await controller.start(liveSandboxes: [])
      _ = try await run(controller, "web")
      let server = try await EchoServer(in: lab.outside, port: 7)
      #expect(try await ask(lab.sandbox("web"), [192, 0, 2, 2], 7) == Lab.hostAddress)
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func ipv6IsPublishedByTheKernel(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules) {
        $0.ipv6 = true
        $0.fixedCIDR6 = IPv6CIDR("fd00:17::/64")
      }
      try await controller.start(liveSandboxes: [])
      let web = try await run(controller, "web", [(nil, "8080", "80/tcp")])
      #expect(web.address6?.description == "fd00:17::2/64")
      #expect(web.ports.map(\.description) == ["0.0.0.0:8080->80/tcp", "[::]:8080->80/tcp"])
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      let host6 = try #require(IPAddress("2001:db8::1")).bytes
      #expect(try await ask(lab.outside, host6, 8080) == "20:1:d:b8:0:0:0:0:0:0:0:0:0:0:0:2")
      #expect(try await ask(lab.outside, host, 8080) == Lab.outsideAddress)
      withExtendedLifetime(server) {}
    }
  }

  @Test func userSpaceLeadsOnWhatTheKernelCannot() async throws {
    try await Lab.with { lab in
      // The proxy as a thread: it finds its socket listening, as the process does.
      let path = lab.directory + "/run/port-proxy.sock"
      try FileSystem.makeDirectory(lab.directory + "/run")
      let listener = try Sockets.make(.unix, .sequencedPackets)
      try Sockets.bind(listener, to: .unix(path))
      try Sockets.listen(listener)
      let number = listener.release()
      try Threads.start(name: "proxy") { [host = lab.host] in
        do { try Namespaces.enter(host, .network) } catch { return }
        _ = PortProxy.main(listener: number)
      }
      let controller = try await lab.controller {
        $0.userlandProxy = true
        $0.proxyProgram = "/nonexistent"
      }
      try await controller.start(liveSandboxes: [])
      let web = try await run(controller, "web", [(nil, "8080", "80/tcp"), (nil, "8053", "80/udp")])
      #expect(web.ports.count == 4)
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      let host6 = try #require(IPAddress("2001:db8::1")).bytes
      for (kind, port) in [(SocketKind.stream, UInt16(8080)), (.datagram, 8053)] {
        #expect(try await ask(lab.host, loopback6, port, kind: kind) == "172.17.0.1")
        #expect(try await ask(lab.outside, host6, port, kind: kind) == "172.17.0.1")
        #expect(try await ask(lab.outside, host, port, kind: kind) == Lab.outsideAddress)
      }
      // An engine that comes after finds the ports held.
      let second = try await lab.controller {
        $0.userlandProxy = true
        $0.proxyProgram = "/nonexistent"
      }
      try await second.start(liveSandboxes: ["web"])
      #expect(try await ask(lab.host, loopback6, 8080) == "172.17.0.1")
      try await second.releaseSandbox("web")
      #expect(try await ask(lab.host, loopback6, 8080, 300) == nil)
      withExtendedLifetime(server) {}
    }
  }

  @Test func aTakenPortIsRefusedAndNothingIsLeft() async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller()
      try await controller.start(liveSandboxes: [])
      _ = try await run(controller, "web", [(nil, "8080", "80/tcp")])
      _ = try await controller.createSandbox(id: "late")
      let before = try await lab.links()
      await #expect {
        try await controller.join(
          sandbox: "late", network: "bridge", options: options("late", [(nil, "8080", "80/tcp")]))
      } throws: { error in
        "\(error)".hasPrefix("driver failed programming external connectivity on endpoint late (")
          && "\(error)".hasSuffix("): Bind for 0.0.0.0:8080 failed: port is already allocated")
      }
      // A process of the host.
      let server = try await EchoServer(in: lab.host, port: 9090)
      await #expect {
        try await controller.join(
          sandbox: "late", network: "bridge", options: options("late", [("192.0.2.1", "9090", "80/tcp")]))
      } throws: { error in
        "\(error)".hasSuffix("failed to bind host port for 192.0.2.1:9090:172.17.0.4:80/tcp: address already in use")
      }
      #expect(try await lab.links() == before)
      #expect(controller.endpoints(of: "late").isEmpty)
      // A range goes on to the next.
      let late = try await controller.join(
        sandbox: "late", network: "bridge",
        options: options("late", [("192.0.2.1", "9090-9091", "80/tcp"), (nil, nil, "81/tcp")]))
      #expect(late.ports[0].hostPort == 9091)
      #expect((32768...60999).contains(late.ports[1].hostPort.rawValue))
      withExtendedLifetime(server) {}
    }
  }

  /// What an engine made that is no more when this returns.
  private func beginning(_ lab: Lab, _ rules: Lab.Rules) async throws -> (
    EndpointRecord, EndpointRecord, [NetworkRecord]
  ) {
    let first = try await lab.controller(rules)
    try await first.start(liveSandboxes: [])
    let web = try await run(first, "web", [(nil, "8080", "80/tcp")])
    let gone = try await run(first, "gone", [(nil, "8081", "80/tcp")])
    return (web, gone, first.networks())
  }

  @Test(arguments: Lab.Rules.allCases)
  func anEngineThatComesAfterAdoptsWhatLives(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let (web, gone, networks) = try await beginning(lab, rules)
      // Somebody flushed the rules while no engine ran.
      _ = try await lab.command(["/usr/sbin/nft", "flush", "ruleset"], in: lab.host)
      if rules == .legacy {
        for words in [["-F"], ["-X"], ["-t", "nat", "-F"]] {
          _ = try await lab.command(["/usr/sbin/iptables-legacy"] + words, in: lab.host)
        }
      }
      let second = try await lab.controller(rules)
      try await second.start(liveSandboxes: ["web"])
      #expect(second.endpoints(of: "web") == [web])
      #expect(second.endpoints(of: "gone").isEmpty)
      #expect(second.networks() == networks)
      #expect(try await lab.links() == ["lab0", web.hostInterface].sorted())
      #expect(!FileSystem.exists(second.sandboxPath("gone")))
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.outside, host, 8080) == Lab.outsideAddress)
      let next = try await run(second, "next", [(nil, "8081", "80/tcp")])
      #expect(next.address != web.address)
      #expect(next.id != gone.id)
      withExtendedLifetime(server) {}
    }
  }

  @Test func aBridgeThatSomebodyDeletedComesBack() async throws {
    try await Lab.with { lab in
      let first = try await lab.controller()
      try await first.start(liveSandboxes: [])
      _ = try await run(first, "web", [(nil, "8080", "80/tcp")])
      _ = try await lab.command(["/usr/sbin/ip", "link", "delete", "lab0"], in: lab.host)
      let second = try await lab.controller()
      try await second.start(liveSandboxes: ["web"])
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.outside, host, 8080) == Lab.outsideAddress)
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func nothingIsLeftBehind(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules)
      try await controller.start(liveSandboxes: [])
      let empty = try await lab.rules()
      for name in ["a", "b", "c"] { _ = try await run(controller, name, [(nil, nil, "80/tcp"), (nil, nil, "80/udp")]) }
      for name in ["a", "b", "c"] { try await controller.releaseSandbox(name) }
      try await controller.releaseSandbox("never was")
      #expect(try await lab.links() == ["lab0"])
      #expect(try await lab.rules() == empty)
      #expect(try FileSystem.list(lab.directory + "/run/netns").isEmpty)
      #expect(try FileSystem.list(lab.directory + "/run/endpoints").isEmpty)
    }
  }

  @Test func theConnectionsOfAVanishedContainerAreForgotten() async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller()
      try await controller.start(liveSandboxes: [])
      _ = try await run(controller, "web", [(nil, "8053", "80/udp")])
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.outside, host, 8053, kind: .datagram) == Lab.outsideAddress)
      func remembered() async throws -> Int {
        try await Lab.onThread { [host = lab.host] in
          let container: IPAddress = try #require(IPAddress("172.17.0.2"))
          return try NetfilterSocket(in: host).connections().filter { $0.reply.source == container }.count
        }
      }
      #expect(try await remembered() == 1)
      withExtendedLifetime(server) {}
      try await controller.releaseSandbox("web")
      #expect(try await remembered() == 0)
    }
  }

  @Test(arguments: [
    ("dummy-by-another-name", ["type", "veth", "peer", "name", "lab9"], "existing interface lab0 is not a bridge"),
    ("another instance's", ["type", "bridge"], "link lab0 exists and is not ours"),
  ])
  func somebodyElsesLinkIsRefused(name: String, kind: [String], words: String) async throws {
    try await Lab.with { lab in
      _ = try await lab.command(["/usr/sbin/ip", "link", "add", "lab0"] + kind, in: lab.host)
      if kind.last == "bridge" {
        let mark = "other/network/" + String(repeating: "f", count: 64)
        _ = try await lab.command(["/usr/sbin/ip", "link", "set", "lab0", "alias", mark], in: lab.host)
      }
      let controller = try await lab.controller()
      await #expect { try await controller.start(liveSandboxes: []) } throws: { "\($0)".contains(words) }
    }
  }

  @Test func aBridgeThatWasThereIsUsedAndLeft() async throws {
    try await Lab.with { lab in
      for words in [["link", "add", "mine0", "type", "bridge"], ["address", "add", "10.9.0.1/24", "dev", "mine0"]] {
        _ = try await lab.command(["/usr/sbin/ip"] + words, in: lab.host)
      }
      let controller = try await lab.controller()
      try await controller.start(liveSandboxes: [])
      var request = NetworkRequest(name: "mine")
      request.options = ["com.docker.network.bridge.name": "mine0"]
      let made = try await controller.createNetwork(request)
      #expect(try await lab.links().contains("mine0"))
      _ = try await controller.removeNetwork(made.id)
      #expect(try await lab.links() == ["lab0", "mine0"])
      let addresses = try await lab.command(["/usr/sbin/ip", "address", "show", "mine0"], in: lab.host)
      #expect(addresses.contains("10.9.0.1/24"))
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func twoInstancesLeaveEachOtherAlone(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let first = try await lab.controller(rules)
      try await first.start(liveSandboxes: [])
      let web = try await run(first, "web", [(nil, "8080", "80/tcp")])
      let second = try await lab.controller(rules) {
        $0.instance = "lab2"
        $0.bridgeName = "lab1"
        $0.runDirectory = lab.directory + "/run2"
      }
      try await second.start(liveSandboxes: [])
      #expect(second.network("bridge")?.subnet(.v4)?.subnet.description == "172.18.0.0/16")
      _ = try await second.createSandbox(id: "web")
      await #expect(throws: NetworkError.self) {
        try await second.join(sandbox: "web", network: "bridge", options: options("web", [(nil, "8080", "80/tcp")]))
      }
      try await second.releaseSandbox("web")
      #expect(try await lab.links() == ["lab0", "lab1", web.hostInterface].sorted())
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.outside, host, 8080) == Lab.outsideAddress)
      withExtendedLifetime(server) {}
    }
  }

  @Test(arguments: Lab.Rules.allCases)
  func containersThatMustNotReachEachOtherDoNot(_ rules: Lab.Rules) async throws {
    try await Lab.with { lab in
      let controller = try await lab.controller(rules) { $0.interContainer = false }
      try await controller.start(liveSandboxes: [])
      _ = try await run(controller, "web", [(nil, "8080", "80/tcp")])
      _ = try await run(controller, "other")
      let server = try await EchoServer(in: lab.sandbox("web"), port: 80)
      #expect(try await ask(lab.sandbox("other"), [172, 17, 0, 2], 80, 300) == nil)
      #expect(try await ask(lab.outside, host, 8080) == Lab.outsideAddress)
      withExtendedLifetime(server) {}
    }
  }
}
