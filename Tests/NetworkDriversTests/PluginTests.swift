import Addressing
import AsyncWork
import KeyValueStore
import FoundationEssentials
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Calls of plugins against one that answers what it is told to.
struct PluginTests {
  private struct Text: Codable, Sendable, Equatable { var text: String }

  /// A plugin `p`, and the engine's view of it.
  private func with(
    request: Duration = .seconds(60), connecting: Duration = .seconds(60),
    implements: [String] = ["NetworkDriver", "IpamDriver"],
    _ body: (FakePlugin, Plugins, _ directory: String) async throws -> Void
  ) async throws {
    let directory = "/tmp/apus-plugin-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory)
    defer { try? FileSystem.removeTree(directory) }
    var configuration = NetworkConfiguration(instance: "lab", runDirectory: directory)
    configuration.pluginDirectories = [directory]
    configuration.pluginRequestTime = request
    configuration.pluginConnectTime = connecting
    let fake = try FakePlugin(directory + "/p.sock", implements: implements)
    try await body(
      fake, Plugins(configuration, store: MemoryStore(), pool: try BlockingPool(name: "plugins")), directory)
    try fake.stop()
  }

  private func call(_ plugins: Plugins, _ name: String = "p", _ patience: Patience? = nil) async throws -> Text {
    try await plugins.call(name, .networkDriver, "Echo", Text(text: "ping"), patience ?? plugins.patience())
  }

  private func message(_ plugins: Plugins, _ patience: Patience? = nil) async -> String {
    do { return "answered \(try await call(plugins, "p", patience))" } catch { return "\(error)" }
  }

  @Test func isActivatedOnceAndAskedInDockersWords() async throws {
    try await with { fake, plugins, _ in
      fake.answer("NetworkDriver.Echo", #"{"text": "pong"}"#)
      #expect(try await call(plugins) == Text(text: "pong"))
      #expect(try await call(plugins) == Text(text: "pong"))
      #expect(fake.methods == ["Plugin.Activate", "NetworkDriver.Echo", "NetworkDriver.Echo"])
      let echo = try #require(fake.calls.last)
      #expect(echo.head.hasPrefix("POST /NetworkDriver.Echo HTTP/1.1"))
      #expect(echo.head.contains("Accept: application/vnd.docker.plugins.v1.2+json"))
      #expect(echo.head.lowercased().contains("\r\nhost: "))
      #expect(echo.body == #"{"text":"ping"}"#)
      #expect(plugins.names(.networkDriver) == ["p"] && plugins.names(.ipamDriver) == ["p"])
    }
  }

  @Test func isReachedByTCPToo() async throws {
    try await with { _, plugins, directory in
      let other = try FakePlugin(nil)
      other.answer("NetworkDriver.Echo", #"{"text": "tcp"}"#)
      try FileSystem.write(directory + "/q.spec", "tcp://127.0.0.1:\(try #require(other.port))".utf8)
      #expect(try await call(plugins, "q") == Text(text: "tcp"))
      try other.stop()
    }
  }

  @Test(arguments: [
    (FakePlugin.Answer(body: #"{"Err": "boom"}"#), "boom"), (.init(body: #"{"Error": "boom", "text": "x"}"#), "boom"),
    (.init(status: 500, body: #"{"Err": "boom"}"#), "boom"),
    (.init(status: 500, body: "out\u{1B}[31m of\nmemory"), "it answered with status 500: out?[31m of"),
    (.init(status: 404, body: ""), "it answered with status 404"), (.init(body: ""), "its answer makes no sense: "),
    (.init(body: "null"), "its answer makes no sense: null"), (.init(body: "[1]"), "its answer makes no sense: [1]"),
    (.init(body: #"{"text": 7}"#), #"its answer makes no sense: {"text": 7}"#),
    (.init(body: "{\"text\": \"" + String(repeating: "x", count: 1 << 20) + "\"}"), "its answer is larger than 1 MiB"),
    (.init(closes: true), "it closed the connection without an answer"),
  ])
  func whatGoesWrongNamesPluginAndCall(answer: FakePlugin.Answer, says: String) async throws {
    try await with { fake, plugins, _ in
      fake.answer("NetworkDriver.Echo", answer)
      #expect(await message(plugins) == "plugin \"p\": NetworkDriver.Echo: \(says)")
    }
  }

  @Test func oneThatIsLateHasLessTimeAfterwards() async throws {
    try await with(request: .milliseconds(300)) { fake, plugins, _ in
      fake.answer("NetworkDriver.Echo", .init(hangs: true))
      let patience = plugins.patience()
      #expect(await message(plugins, patience) == "plugin \"p\": NetworkDriver.Echo: no answer within 300 ms")
      #expect(await message(plugins, patience) == "plugin \"p\": NetworkDriver.Echo: no answer within 100 ms")
    }
  }

  @Test func oneThatNeverWasIsNotWaitedFor() async throws {
    try await with(connecting: .seconds(60)) { _, plugins, _ in
      await #expect { try await call(plugins, "other") } throws: {
        ($0 as? NetworkError)?.code == .notFound && "\($0)" == "plugin \"other\" not found"
      }
    }
  }

  @Test func oneOfAnotherKindIsNotFound() async throws {
    try await with(implements: ["VolumeDriver"]) { fake, plugins, _ in
      #expect(
        await message(plugins)
          == "plugin \"p\" not found: the one of this name implements VolumeDriver and not NetworkDriver")
    }
  }

  @Test func oneThatDiesIsWaitedForAndFoundElsewhere() async throws {
    try await with { fake, plugins, directory in
      fake.answer("NetworkDriver.Echo", #"{"text": "old"}"#)
      #expect(try await call(plugins) == Text(text: "old"))
      try fake.stop()
      async let answer = call(plugins)
      let new = try FakePlugin(directory + "/new.sock")
      new.answer("NetworkDriver.Echo", #"{"text": "new"}"#)
      try FileSystem.removeFile(directory + "/p.sock")
      try FileSystem.write(directory + "/p.spec", "unix://\(directory)/new.sock".utf8)
      #expect(try await answer == Text(text: "new"))
      #expect(new.methods == ["Plugin.Activate", "NetworkDriver.Echo"])
      try new.stop()
    }
  }

  @Test func oneThatStaysAwayIsGivenUp() async throws {
    try await with(connecting: .milliseconds(200)) { fake, plugins, _ in
      try fake.stop()
      await #expect { try await call(plugins) } throws: {
        ($0 as? NetworkError)?.code == .unavailable
          && "\($0)"
            == "plugin \"p\": NetworkDriver.Echo: nobody listens there (connection refused): start the plugin"
      }
      // What follows at once does not wait again.
      let start = ContinuousClock.now
      await #expect(throws: NetworkError.self) {
        try await call(plugins, "p", Patience(connecting: .seconds(60), request: .seconds(60)))
      }
      #expect(.now - start < .seconds(10))
    }
  }

  @Test func onlyWhatNeedNotBeThereMayBeMissing() async throws {
    try await with { fake, plugins, _ in
      let plugin = NetworkPlugin(name: "p", plugins: plugins)
      let endpoint = EndpointRecord(id: "e", name: "web", networkID: "n", sandboxID: "s")
      #expect(try await plugin.programExternalConnectivity(endpoint, plugins.patience()) == false)
      try await plugin.revokeExternalConnectivity(endpoint, plugins.patience())
      // What a plugin must have is owed to it.
      try await plugin.leave(endpoint, plugins.patience())
      #expect(plugins.debts.owes("p"))
      fake.answer("NetworkDriver.ProgramExternalConnectivity", .init(status: 404, body: #"{"Err": "no such port"}"#))
      #expect(try await plugin.programExternalConnectivity(endpoint, plugins.patience()) == false)
      fake.answer("NetworkDriver.ProgramExternalConnectivity", #"{"Err": "taken"}"#)
      await #expect(throws: NetworkError.self) {
        try await plugin.programExternalConnectivity(endpoint, plugins.patience())
      }
      #expect(try await IPAMPlugin(name: "p", plugins: plugins).capabilities(plugins.patience()).requiresMAC == false)
    }
  }

  @Test func capabilities() async throws {
    try await with { fake, plugins, _ in
      let plugin = NetworkPlugin(name: "p", plugins: plugins)
      fake.answer("NetworkDriver.GetCapabilities", #"{"Scope": "local"}"#)
      let plain = try await plugin.capabilities(plugins.patience())
      #expect(plain.scope == .local && plain.connectivity == .local && !plain.checksGateways)
      fake.answer(
        "NetworkDriver.GetCapabilities", #"{"Scope": "local", "ConnectivityScope": "global", "GwAllocChecker": true}"#)
      let full = try await plugin.capabilities(plugins.patience())
      #expect(full.scope == .local && full.connectivity == .global && full.checksGateways)
      for wrong in ["{}", #"{"Scope": "galaxy"}"#, #"{"Scope": "local", "ConnectivityScope": "x"}"#] {
        fake.answer("NetworkDriver.GetCapabilities", wrong)
        await #expect(throws: NetworkError.self) { try await plugin.capabilities(plugins.patience()) }
      }
    }
  }

  @Test func aNetworkIsToldInTheProtocolsWords() async throws {
    try await with { fake, plugins, _ in
      fake.answer("NetworkDriver.CreateNetwork", "{}")
      var network = NetworkRecord(
        id: "n", name: "net", driver: DriverName(rawValue: "p"), created: 0,
        subnets: [
          SubnetRecord(
            subnet: try #require(IPCIDR("10.0.0.0/24")), gateway: try #require(IPAddress("10.0.0.1")),
            auxiliary: ["printer": try #require(IPAddress("10.0.0.7"))])
        ])
      network.remote = RemoteSettings(scope: .local)
      network.options = ["colour": "green"]
      try await NetworkPlugin(name: "p", plugins: plugins).createNetwork(network, plugins.patience())
      let body = try #require(fake.calls.last?.body)
      for part in [
        #""NetworkID":"n""#, #""com.docker.network.generic":{"colour":"green"}"#,
        #""com.docker.network.enable_ipv6":false"#, #""Gateway":"10.0.0.1\/24""#,
        #""AuxAddresses":{"printer":"10.0.0.7\/24"}"#, #""Pool":"10.0.0.0\/24""#, #""IPv6Data":[]"#,
      ] {
        #expect(body.contains(part))
      }
      #expect(!body.contains("com.docker.network.internal"))
    }
  }

  @Test func whatIsGivenStandsAndWhatIsAbsentIsAdded() async throws {
    try await with { fake, plugins, _ in
      let plugin = NetworkPlugin(name: "p", plugins: plugins)
      var endpoint = EndpointRecord(id: "e", name: "web", networkID: "n", sandboxID: "s")
      endpoint.address = IPv4CIDR("10.0.0.2/24")
      fake.answer(
        "NetworkDriver.CreateEndpoint",
        #"{"Interface": {"Address": "10.0.0.2/24", "AddressIPv6": "fd00::2/64", "MacAddress": "02:42:0a:00:00:02"}}"#)
      try await plugin.createEndpoint(&endpoint, plugins.patience())
      #expect(endpoint.address6 == IPv6CIDR("fd00::2/64") && endpoint.mac == MACAddress("02:42:0a:00:00:02"))
      fake.answer("NetworkDriver.CreateEndpoint", #"{"Interface": {"Address": "10.0.0.3/24"}}"#)
      await #expect { try await plugin.createEndpoint(&endpoint, plugins.patience()) } throws: {
        "\($0)".contains("it changed the address 10.0.0.2/24 to 10.0.0.3/24")
      }
      fake.answer("NetworkDriver.CreateEndpoint", #"{"Interface": null}"#)
      try await plugin.createEndpoint(&endpoint, plugins.patience())
    }
  }

  @Test func aJoinIsReadToItsLastRoute() async throws {
    try await with { fake, plugins, _ in
      let plugin = NetworkPlugin(name: "p", plugins: plugins)
      let endpoint = EndpointRecord(id: "e", name: "web", networkID: "n", sandboxID: "s")
      fake.answer(
        "NetworkDriver.Join",
        #"""
        {"InterfaceName": {"SrcName": "veth1", "DstPrefix": "lan"}, "Gateway": "10.0.0.1", "GatewayIPv6": "",
         "StaticRoutes": [{"Destination": "10.1.0.0/16", "RouteType": 0, "NextHop": "10.0.0.9"},
                          {"Destination": "10.2.0.0/16", "RouteType": 1}], "DisableGatewayService": true}
        """#)
      let joined = try await plugin.join(endpoint, sandbox: "/run/x", plugins.patience())
      #expect(joined.hostLink == "veth1" && joined.prefix == "lan" && joined.interface == nil)
      #expect(joined.gateway == IPv4Address(10, 0, 0, 1) && joined.gateway6 == nil)
      #expect(joined.routes.map(\.nextHop) == [IPAddress("10.0.0.9"), nil])
      #expect(try #require(fake.calls.last?.body).contains(#""SandboxKey":"\/run\/x""#))
      for wrong in [
        #"{"InterfaceName": {"SrcName": "../x"}}"#, #"{"InterfaceName": {"SrcName": "a", "DstName": "lo"}}"#,
        #"{"InterfaceName": {"SrcName": "a", "DstPrefix": "far-too-long-for-it"}}"#, #"{"Gateway": "fd00::1"}"#,
        #"{"GatewayIPv6": "10.0.0.1"}"#, #"{"StaticRoutes": [{"Destination": "10.1.0.0/16"}]}"#,
        #"{"StaticRoutes": [{"Destination": "10.1.0.0/16", "NextHop": "fd00::1"}]}"#,
      ] {
        fake.answer("NetworkDriver.Join", wrong)
        await #expect(throws: NetworkError.self, "\(wrong)") {
          try await plugin.join(endpoint, sandbox: "/run/x", plugins.patience())
        }
      }
      // A plugin without links.
      fake.answer("NetworkDriver.Join", "{}")
      #expect(try await plugin.join(endpoint, sandbox: "/run/x", plugins.patience()).hostLink.isEmpty)
    }
  }

  @Test func portsThatThePluginTells() async throws {
    try await with { fake, plugins, _ in
      fake.answer(
        "NetworkDriver.EndpointOperInfo",
        #"""
        {"Value": {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostIP": "192.0.2.1", "HostPort": 8080},
          {"Proto": 999, "Port": 1, "HostPort": 2}, {"Port": -1, "HostPort": 2}]}}
        """#)
      let endpoint = EndpointRecord(id: "e", name: "web", networkID: "n", sandboxID: "s")
      let ports = try await NetworkPlugin(name: "p", plugins: plugins).publishedPorts(endpoint, plugins.patience())
      #expect(ports.map(\.description) == ["192.0.2.1:8080->80/tcp"])
    }
  }
}
