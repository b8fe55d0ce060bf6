import Addressing
import AsyncWork
import KeyValueStore
import Linux
import Netlink
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Two controllers on two hosts, one etcd and the kernel (root).
@Suite(.serialized, .enabled(if: FileSystem.exists("/usr/bin/etcd"), "etcd is missing: install etcd-server"))
struct OverlayControllerTests {
  /// The lab's two namespaces as two hosts of a cluster.
  private func withHosts(_ body: (Lab, NetworkController, NetworkController) async throws -> Void) async throws {
    try await Lab.with { lab in
      let port = UInt16.random(in: 30_000..<32_000) & ~1
      let urls = ["http://127.0.0.1:\(port)", "http://127.0.0.1:\(port + 1)"]
      let etcd = try ChildProcess.start(
        ProcessRequest(
          "/usr/bin/etcd",
          [
            "--data-dir", lab.directory + "/etcd", "--listen-client-urls", urls[0], "--advertise-client-urls", urls[0],
            "--listen-peer-urls", urls[1], "--initial-advertise-peer-urls", urls[1], "--initial-cluster",
            "default=\(urls[1])", "--log-level", "error",
          ]))
      defer {
        #expect(throws: Never.self) {
          try etcd.signal(9)
          _ = try etcd.wait()
        }
      }
      let location: EtcdLocation = try #require(EtcdLocation("etcd://127.0.0.1:\(port)"))
      let probe = EtcdStore(location)
      try await eventually { (try? await probe.revision()) != nil }
      await probe.close()
      let one: IPAddress = try #require(IPAddress(Lab.hostAddress))
      let two: IPAddress = try #require(IPAddress(Lab.outsideAddress))
      let first = try await lab.controller {
        $0.cluster = ClusterConfiguration(store: location, advertised: .address(one))
      }
      var configuration = NetworkConfiguration(
        instance: "two", runDirectory: lab.directory + "/run2", bridgeName: "two0")
      configuration.hostNamespace = lab.outside
      configuration.userlandProxy = false
      configuration.cluster = ClusterConfiguration(store: location, advertised: .address(two))
      let second = try await NetworkController(
        configuration: configuration, store: MemoryStore(), pool: try BlockingPool(name: "two"))
      try await first.start(liveSandboxes: [])
      try await second.start(liveSandboxes: [])
      do { try await body(lab, first, second) } catch {
        await first.close()
        await second.close()
        throw error
      }
      await first.close()
      await second.close()
      try await Lab.onThread {
        for place in ["netns", "overlay"] {
          for name in try FileSystem.list("\(lab.directory)/run2/\(place)") {
            try Namespaces.unpin("\(lab.directory)/run2/\(place)/\(name)")
          }
        }
        for name in try FileSystem.list("\(lab.directory)/run/overlay") {
          try Namespaces.unpin("\(lab.directory)/run/overlay/\(name)")
        }
      }
    }
  }

  private func overlayRequest(_ name: String) -> NetworkRequest {
    var request = NetworkRequest(name: name)
    request.driver = .overlay
    request.isInternal = true
    return request
  }

  @Test func containersOnTwoHostsReachEachOther() async throws {
    try await withHosts { lab, first, second in
      let network = try await first.createNetwork(overlayRequest("span"))
      #expect(network.overlay?.identifier == 4097 && network.subnets.map { "\($0.subnet)" } == ["10.0.0.0/24"])
      try await eventually { second.network("span")?.id == network.id }
      _ = try await first.createSandbox(id: "a")
      _ = try await second.createSandbox(id: "b")
      let a = try await first.join(sandbox: "a", network: "span", options: EndpointOptions(name: "a"))
      let b = try await second.join(sandbox: "b", network: "span", options: EndpointOptions(name: "b"))
      #expect(a.address?.description == "10.0.0.2/24" && b.address?.description == "10.0.0.3/24" && a.mtu == 1450)
      let inside = try FileDescriptor.open("\(lab.directory)/run2/netns/b", .readOnly)
      let server = try await EchoServer(in: inside, port: 80)
      try await eventually {
        try await EchoServer.ask(.stream, from: lab.sandbox("a"), at: [10, 0, 0, 3], port: 80, milliseconds: 500)
          == "10.0.0.2"
      }
      await #expect(throws: NetworkError.self) { try await first.removeNetwork("span") }
      let report = try await first.plan(of: "span")
      #expect(report.isInSync, "\(report.text)")
      #expect(report.text.contains("02:42:0a:00:00:03 is behind \(Lab.outsideAddress) on vxlan0"))
      _ = server
      // One leaves: nothing of it is left at the other, nor of the network where it was.
      try await second.releaseSandbox("b")
      #expect(try FileSystem.list("\(lab.directory)/run2/overlay").isEmpty)
      let segment = try FileDescriptor.open("\(lab.directory)/run/overlay/\(network.id)", .readOnly)
      try await eventually {
        try await lab.command(["/usr/sbin/ip", "neighbour", "show", "dev", "vxlan0"], in: segment).isEmpty
      }
      let table = try await lab.command(["/usr/sbin/bridge", "fdb", "show", "dev", "vxlan0"], in: segment)
      #expect(!table.contains("dst") && !table.contains("02:42:0a:00:00:03"))
      try await first.releaseSandbox("a")
      _ = try await second.removeNetwork("span")
      try await eventually { first.network("span") == nil }
    }
  }

  @Test func aRecordThatCannotBeReadIsNamedAndKeepsWhatItHolds() async throws {
    try await withHosts { lab, first, second in
      let network = try await first.createNetwork(overlayRequest("span"))
      let store = EtcdStore(try #require(await first.overlay.cluster).configuration.store)
      // Whoever wrote it has the address.
      let taken: IPAddress = try #require(IPAddress("10.0.0.2"))
      let address = ClusterKey.address(network: network.id, taken).text
      try await store.put(address, Array("no record".utf8))
      _ = try await first.createSandbox(id: "a")
      let a = try await first.join(sandbox: "a", network: "span", options: EndpointOptions(name: "a"))
      #expect(a.address?.description == "10.0.0.3/24")
      try await first.releaseSandbox("a")
      await #expect { try await first.removeNetwork("span") } throws: { "\($0)".contains("record \(address))") }
      try await store.delete(address)
      // One that cannot be read may have any subnet.
      try await store.put(ClusterKey.network("abc").text, Array("{}".utf8))
      await #expect { try await first.createNetwork(overlayRequest("other")) } throws: {
        "\($0)".contains("network other cannot be made") && "\($0)".contains("record networks/abc cannot be read")
      }
      #expect(first.network("other") == nil)
      try await store.delete(ClusterKey.network("abc").text)
      _ = try await first.createNetwork(overlayRequest("other"))
      for name in ["other", "span"] { _ = try await first.removeNetwork(name) }
      await store.close()
    }
  }

  @Test func whoComesOrGoesWhileTheHostSettlesKeepsItsAddressOrLeavesNone() async throws {
    try await withHosts { lab, first, second in
      let network = try await first.createNetwork(overlayRequest("span"))
      let cluster = try #require(await first.overlay.cluster)
      let names = (0..<12).map { "s\($0)" }
      for name in names { _ = try await first.createSandbox(id: name) }
      let settling = Task {
        while !Task.isCancelled { try await first.settleOwn(cluster, everything: true) }
      }
      func written() async throws -> Set<String> {
        let held = try await cluster.store.range(prefix: ClusterKey.addresses(of: network.id)).values.map(\.key)
        let told = try await cluster.store.range(prefix: "endpoints/\(network.id)/").values.map(\.key)
        return Set(held + told)
      }
      for _ in 0..<4 {
        let joined = try await withThrowingTaskGroup(of: EndpointRecord.self) { group in
          for name in names {
            group.addTask {
              try await first.join(sandbox: name, network: "span", options: EndpointOptions(name: name))
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let addresses = joined.flatMap(\.addresses).map { ClusterKey.address(network: network.id, $0).text }
        let members = joined.map { ClusterKey.endpoint(network: network.id, $0.id).text }
        #expect(Set(addresses).count == names.count)
        #expect(try await written() == Set(addresses + members))
        try await withThrowingTaskGroup(of: Void.self) { group in
          for endpoint in joined { group.addTask { try await first.leave(endpoint: endpoint.id) } }
          try await group.waitForAll()
        }
        try await eventually { try await written().isEmpty }
      }
      settling.cancel()
      _ = await settling.result
      for name in names { try await first.releaseSandbox(name) }
      _ = try await first.removeNetwork("span")
    }
  }

  @Test func whatSomebodyDoesToASegmentIsPutRight() async throws {
    try await withHosts { lab, first, second in
      let network = try await first.createNetwork(overlayRequest("span"))
      try await eventually { second.network("span")?.id == network.id }
      for (controller, name) in [(first, "a"), (second, "b"), (first, "c")] {
        _ = try await controller.createSandbox(id: name)
        _ = try await controller.join(sandbox: name, network: "span", options: EndpointOptions(name: name))
      }
      let b: IPAddress = try #require(second.endpoints(of: "b").first?.addresses.first)
      let a: EndpointRecord = try #require(first.endpoints(of: "a").first)
      let reactor = try Reactor(name: "lab")
      let keeper = Task { await first.keepLinks(on: reactor) }
      while await first.repairs.reactor == nil { await Task.yield() }
      let inside = try FileDescriptor.open("\(lab.directory)/run2/netns/b", .readOnly)
      let server = try await EchoServer(in: inside, port: 80)
      let segment = try FileDescriptor.open("\(lab.directory)/run/overlay/\(network.id)", .readOnly)
      func expectTraffic(_ line: String) async throws {
        try await eventually { try await first.plan(of: "span").isInSync }
        for (name, address) in [("a", a.addresses[0]), ("c", first.endpoints(of: "c")[0].addresses[0])] {
          try await eventually {
            try await EchoServer.ask(.stream, from: lab.sandbox(name), at: b.bytes, port: 80, milliseconds: 500)
              == "\(address)"
          }
        }
      }
      try await eventually { try await first.plan(of: "span").isInSync }
      for line in [
        "ip link delete br0", "ip link delete vxlan0", "ip link set br0 down", "ip link set vxlan0 down",
        "ip link set vxlan0 nomaster", "bridge link set dev vxlan0 learning on", "ip link delete \(a.hostInterface)",
        "ip link set \(a.hostInterface) nomaster", "ip neighbour flush dev vxlan0 nud permanent",
        "bridge fdb delete $(bridge fdb show dev vxlan0 | grep dst | head -1 | cut -d' ' -f1) dev vxlan0 self",
      ] {
        _ = try await lab.command(["/bin/sh", "-c", line], in: segment)
        try await expectTraffic(line)
      }
      keeper.cancel()
      await keeper.value
      withExtendedLifetime(server) {}
      try await second.releaseSandbox("b")
      for name in ["a", "c"] { try await first.releaseSandbox(name) }
      #expect(try FileSystem.list("\(lab.directory)/run/overlay").isEmpty)
      _ = try await second.removeNetwork("span")
    }
  }

  @Test func aSegmentsTablesAreReadAndChangedByDifference() async throws {
    try await Lab.with { lab in
      try await Lab.onThread {
        try FileSystem.makeDirectories(lab.directory + "/run/netns", mode: 0o700)
        let host = try HostNetwork(in: lab.host)
        let pin = lab.directory + "/segment"
        let namespace = try Namespaces.createNetwork(pinnedAt: pin)
        defer { #expect(throws: Never.self) { try Namespaces.unpin(pin) } }
        let driver = OverlayDriver(instance: "lab")
        var network = NetworkRecord(
          id: String(repeating: "c", count: 64), name: "span", driver: .overlay, created: 0,
          subnets: [
            SubnetRecord(subnet: try #require(IPCIDR("fd00::/64")), gateway: try #require(IPAddress("fd00::1")))
          ])
        network.overlay = OverlaySettings()
        network.overlay?.identifier = 42
        let here: IPAddress = try #require(IPAddress(Lab.hostAddress))
        let segment = try OverlaySegment(namespace, underlay: host)
        try segment.ensure(driver.segment(network, vtep: here, mtu: 1450))
        try segment.ensure(driver.segment(network, vtep: here, mtu: 1450))
        func tables(_ entries: [(String, String, String)]) throws -> OverlayTables {
          var tables = OverlayTables()
          for (address, mac, vtep) in entries {
            let mac = try #require(MACAddress(mac))
            tables.neighbours[try #require(IPAddress(address))] = mac
            tables.forwarding[mac] = IPAddress(vtep)
          }
          return tables
        }
        func held() throws -> Set<String> {
          let socket = try RouteSocket(in: namespace)
          let tunnel = try #require(try socket.link(.name("vxlan0")))
          #expect(tunnel.vxlan?.learning == false && tunnel.vxlan?.proxy == true && tunnel.vxlan?.port == 4789)
          #expect(tunnel.bridgePort?.learning == false)
          let neighbours = try socket.neighbours(linkIndex: tunnel.index).filter { $0.state.contains(.permanent) }
          let remote = try socket.forwarding(linkIndex: tunnel.index).filter { $0.destination != nil }
          return Set(
            (neighbours + remote).map {
              "\($0.destination.map { "\($0)" } ?? "") \($0.hardwareAddress.map { "\($0)" } ?? "")"
            })
        }
        let one = ("10.0.0.2", "02:00:00:00:00:02", "192.0.2.2")
        let two = ("fd00::3", "02:00:00:00:00:03", "192.0.2.3")
        try segment.apply(tables([one, two]))
        #expect(
          try held() == [
            "10.0.0.2 02:00:00:00:00:02", "192.0.2.2 02:00:00:00:00:02", "fd00::3 02:00:00:00:00:03",
            "192.0.2.3 02:00:00:00:00:03",
          ])
        // Another engine process takes over: what is there is read, and only the rest is changed.
        let heir = try OverlaySegment(namespace, underlay: host)
        try heir.apply(
          tables([("fd00::3", "02:00:00:00:00:03", "192.0.2.4"), ("10.0.0.4", "02:00:00:00:00:04", "192.0.2.4")]))
        #expect(
          try held() == [
            "fd00::3 02:00:00:00:00:03", "192.0.2.4 02:00:00:00:00:03", "10.0.0.4 02:00:00:00:00:04",
            "192.0.2.4 02:00:00:00:00:04",
          ])
        // Somebody has taken an entry away before us.
        let tunnel = try #require(try RouteSocket(in: namespace).link(.name("vxlan0"))).index
        try RouteSocket(in: namespace).perform(
          .deleteNeighbour(
            Neighbour(try #require(IPAddress("10.0.0.4")), hardwareAddress: nil, linkIndex: tunnel)))
        try heir.apply(OverlayTables())
        #expect(try held().isEmpty)
        // Another address of the host makes another tunnel.
        try heir.ensure(driver.segment(network, vtep: try #require(IPAddress("192.0.2.9")), mtu: 1450))
        #expect(try RouteSocket(in: namespace).link(.name("vxlan0"))?.vxlan?.local == IPAddress("192.0.2.9"))
      }
    }
  }
}
