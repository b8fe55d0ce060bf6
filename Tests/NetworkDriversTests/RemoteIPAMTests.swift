import Addressing
import AsyncWork
import KeyValueStore
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Addresses that a plugin gives out, against one that answers what it is told to.
struct RemoteIPAMTests {
  private func with(_ body: (FakePlugin, RemoteIPAM) async throws -> Void) async throws {
    let directory = "/tmp/apus-ipam-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory)
    defer { try? FileSystem.removeTree(directory) }
    var configuration = NetworkConfiguration(instance: "lab", runDirectory: directory)
    configuration.pluginDirectories = [directory]
    configuration.pluginConnectTime = .milliseconds(100)
    let fake = try FakePlugin(directory + "/p.sock")
    fake.answer(
      "IpamDriver.GetDefaultAddressSpaces",
      #"{"LocalDefaultAddressSpace": "here", "GlobalDefaultAddressSpace": "everywhere"}"#)
    fake.answer("IpamDriver.RequestPool", #"{"PoolID": "a/b", "Pool": "10.0.0.0/24"}"#)
    fake.answer("IpamDriver.RequestAddress", #"{"Address": "10.0.0.9/24"}"#)
    fake.answer("IpamDriver.ReleasePool", "{}")
    fake.answer("IpamDriver.ReleaseAddress", "{}")
    try await body(
      fake, RemoteIPAM("p", Plugins(configuration, store: MemoryStore(), pool: try BlockingPool(name: "plugins"))))
    try fake.stop()
  }

  private func request(
    _ pools: [NetworkRequest.Pool] = [], scope: Scope = .local, withoutGateway: Set<IPFamily> = []
  ) throws -> PoolRequest {
    var request = PoolRequest(
      networkID: "n", pools: try PoolReader.read(pools), hasIPv4: true, hasIPv6: false, options: ["k": "v"],
      scope: scope, surroundings: .init(networks: [], routes: [], pools: []))
    request.withoutGateway = withoutGateway
    return request
  }

  private func methods(_ fake: FakePlugin) -> [String] {
    fake.methods.filter { $0.contains("quest") || $0.contains("Release") }.map { String($0.dropFirst(11)) }
  }

  @Test func aPoolComesWithAGateway() async throws {
    try await with { fake, ipam in
      let subnets = try await ipam.takePools(request(scope: .global))
      let subnet = try #require(subnets.first)
      #expect(subnets.count == 1 && subnet.poolID == "a/b" && subnet.addressSpace == "everywhere")
      #expect(subnet.subnet == IPCIDR("10.0.0.0/24") && subnet.gateway == IPAddress("10.0.0.9"))
      #expect(!subnet.isChosen && subnet.takesGateway == true)
      let pool = try #require(fake.calls.first { $0.method == "IpamDriver.RequestPool" })
      for part in [#""AddressSpace":"everywhere""#, #""Pool":"""#, #""SubPool":"""#, #""V6":false"#, #"{"k":"v"}"#] {
        #expect(pool.body.contains(part))
      }
      var network = NetworkRecord(id: "n", name: "net", driver: .bridge, created: 0, subnets: subnets)
      network.ipam.driver = "p"
      try await ipam.releasePools(of: network)
      #expect(methods(fake) == ["RequestPool", "RequestAddress", "ReleaseAddress", "ReleasePool"])
    }
  }

  @Test func aGatewayOfThePluginsNeedsNoAddress() async throws {
    try await with { fake, ipam in
      fake.answer(
        "IpamDriver.RequestPool",
        #"{"PoolID": "x", "Pool": "10.0.0.0/24", "Data": {"com.docker.network.gateway": "10.0.0.254/24"}}"#)
      let subnet = try #require(try await ipam.takePools(request()).first)
      #expect(subnet.gateway == IPAddress("10.0.0.254") && subnet.hasNoGateway == nil && subnet.takesGateway == nil)
      #expect(methods(fake) == ["RequestPool"])
    }
  }

  @Test func noGatewayIsTakenWhereNoneIsWanted() async throws {
    try await with { fake, ipam in
      let subnet = try #require(try await ipam.takePools(request(withoutGateway: [.v4])).first)
      #expect(subnet.hasNoGateway == true && methods(fake) == ["RequestPool"])
    }
  }

  @Test func whatWasTakenIsGivenBackWhenTheRestFails() async throws {
    try await with { fake, ipam in
      // The second address is not the one that was asked for.
      let pool = NetworkRequest.Pool(
        subnet: "10.0.0.0/24", gateway: "10.0.0.9", auxiliary: ["printer": "10.0.0.7"])
      await #expect { try await ipam.takePools(request([pool])) } throws: {
        "\($0)".contains("failed to allocate secondary ip address (printer:10.0.0.7)")
      }
      #expect(
        methods(fake) == [
          "RequestPool", "RequestAddress", "RequestAddress", "ReleaseAddress", "ReleaseAddress", "ReleasePool",
        ])
      fake.answer("IpamDriver.RequestPool", #"{"PoolID": "x", "Pool": "10.9.0.0/24"}"#)
      await #expect { try await ipam.takePools(request([pool])) } throws: {
        "\($0)".contains("it gave 10.9.0.0/24 where 10.0.0.0/24 was asked for")
      }
      #expect(methods(fake).suffix(2) == ["RequestPool", "ReleasePool"])
    }
  }

  @Test func addresses() async throws {
    try await with { fake, ipam in
      fake.answer("IpamDriver.GetCapabilities", #"{"RequiresMACAddress": true}"#)
      let network = NetworkRecord(
        id: "n", name: "net", driver: .bridge, created: 0, subnets: try await ipam.takePools(request()))
      #expect(try await ipam.needsHardwareAddress())
      let mac = MACAddress("02:42:0a:00:00:02")
      let taken = try await ipam.takeAddress(AddressRequest(.v4, mac: mac), on: network)
      #expect(taken.address == IPCIDR("10.0.0.9/24"))
      #expect(
        try #require(fake.calls.last).body.contains(
          #""com.docker.network.endpoint.macaddress":"02:42:0a:00:00:02""#))
      await #expect(throws: NetworkError.self) {
        try await ipam.takeAddress(AddressRequest(.v4, address: IPAddress("10.7.0.1")), on: network)
      }
      let outside = try #require(IPAddress("10.7.0.1"))
      let before = fake.calls.count
      try await ipam.releaseAddress(outside, on: network)
      #expect(fake.calls.count == before)
    }
  }

  @Test(arguments: [true, false])
  func whatAPluginForgetsIsAskedForAgain(forgets: Bool) async throws {
    try await with { fake, ipam in
      fake.answer("IpamDriver.GetCapabilities", "{\"RequiresRequestReplay\": \(forgets)}")
      var subnet = SubnetRecord(
        subnet: try #require(IPCIDR("10.0.0.0/24")), gateway: try #require(IPAddress("10.0.0.9")))
      subnet.poolID = "a/b"
      subnet.takesGateway = true
      let network = NetworkRecord(id: "n", name: "net", driver: .bridge, created: 0, subnets: [subnet])
      ipam.adopt(network)
      ipam.adoptAddress(try #require(IPAddress("10.0.0.9")), on: network)
      try await ipam.tell()
      #expect(methods(fake) == (forgets ? ["RequestPool", "RequestAddress", "RequestAddress"] : []))
      try await ipam.tell()
      #expect(methods(fake).count == (forgets ? 3 : 0) && !ipam.hasUntold)
    }
  }
}
