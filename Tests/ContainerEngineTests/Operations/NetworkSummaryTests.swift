import Addressing
import NetworkModel
import Testing

@testable import ContainerEngine

@Suite struct NetworkSummaryTests {
  private func bridge() throws -> NetworkRecord {
    NetworkRecord(
      id: String(repeating: "b", count: 64), name: "bridge", driver: .bridge, created: 5,
      subnets: [
        SubnetRecord(
          subnet: try #require(IPCIDR("172.18.0.0/16")), range: IPCIDR("172.18.4.0/24"),
          gateway: try #require(IPAddress("172.18.0.1")))
      ], bridge: BridgeSettings(bridgeName: "apus0"))
  }

  @Test func defaultBridgeInDockersWords() throws {
    let summary = ContainerEngine.summary(try bridge(), containers: [])
    #expect(summary.driver == "bridge")
    #expect(summary.scope == "local")
    #expect(summary.hasIPv4)
    #expect(!summary.hasIPv6)
    #expect(summary.subnets == [.init(subnet: "172.18.0.0/16", range: "172.18.4.0/24", gateway: "172.18.0.1")])
    #expect(
      summary.options == [
        "com.docker.network.bridge.name": "apus0", "com.docker.network.bridge.enable_icc": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "true",
        "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0", "com.docker.network.driver.mtu": "1500",
        "com.docker.network.bridge.default_bridge": "true",
      ])
  }

  @Test func endpointsByContainer() throws {
    var record = makeRecord()
    let network = try bridge()
    record.endpoints = [
      ContainerEndpoint(
        networkName: "bridge", networkID: network.id, endpointID: "e", interface: "eth0", mac: "02:42:ac:12:00:02",
        ipv4: "172.18.0.2", ipv4PrefixLength: 16, ipv4Gateway: "172.18.0.1")
    ]
    #expect(ContainerEngine.summary(network, containers: [record]).endpoints[record.id]?.ipv4 == "172.18.0.2")
    let other = NetworkRecord(id: "n", name: "none", driver: .null, created: 0)
    #expect(ContainerEngine.summary(other, containers: [record]).endpoints.isEmpty)
  }

  @Test func networksWithoutLinksHaveMembersToo() {
    let host = NetworkRecord(id: "h", name: "host", driver: .host, created: 0)
    var record = makeRecord { $0.network = .host }
    record.endpoints = [
      ContainerEndpoint(
        networkName: "host", networkID: "h", endpointID: "e", interface: "", mac: "", ipv4: "", ipv4PrefixLength: 0,
        ipv4Gateway: "")
    ]
    let summary = ContainerEngine.summary(host, containers: [record])
    #expect(summary.endpoints.keys.sorted() == [record.id])
    #expect(summary.options.isEmpty)
  }
}

@Suite struct InformationTests {
  @Test func warningsNameWhatIsMissing() {
    var information = EngineInformation()
    information.memoryLimit = true
    information.cpuPeriod = true
    information.cpuQuota = true
    information.cpuShares = true
    information.cpuSet = true
    information.pidsLimit = true
    information.ipv4Forwarding = true
    information.cgroupVersion = 2
    #expect(ContainerEngine.warnings(information) == ["WARNING: No swap limit support"])
    information.swapLimit = true
    #expect(ContainerEngine.warnings(information) == [])
    information.cgroupVersion = 1
    information.ipv4Forwarding = false
    #expect(
      ContainerEngine.warnings(information) == [
        "WARNING: No oom kill disable support", "WARNING: IPv4 forwarding is disabled",
      ])
  }
}
