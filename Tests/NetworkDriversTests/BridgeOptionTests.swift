import Addressing
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct BridgeOptionTests {
  private func settings(_ options: [String: String]) throws -> BridgeSettings {
    try BridgeOptionReader.settings(
      options, network: NetworkRecord(id: String(repeating: "c", count: 64), name: "n", driver: .bridge, created: 0))
  }

  @Test func withoutOptionsItIsDockersBridge() throws {
    #expect(try settings([:]) == BridgeSettings(bridgeName: "br-cccccccccccc"))
  }

  @Test func everyOptionIsRead() throws {
    var expected = BridgeSettings(
      bridgeName: "front", mtu: 1400, interContainer: false, masquerade: false, hostBinding: IPAddress("192.0.2.9"))
    expected.gatewayMode4 = .routed
    expected.gatewayMode6 = .unprotectedNAT
    expected.inhibitsIPv4 = true
    expected.hostAddress4 = IPv4Address("192.0.2.7")
    expected.hostAddress6 = IPv6Address("2001:db8::7")
    expected.interfacePrefix = "lan"
    let read = try settings([
      "com.docker.network.bridge.name": "front", "com.docker.network.driver.mtu": "1400",
      "com.docker.network.bridge.enable_icc": "F", "com.docker.network.bridge.enable_ip_masquerade": "0",
      "com.docker.network.bridge.host_binding_ipv4": "192.0.2.9",
      "com.docker.network.bridge.gateway_mode_ipv4": "routed",
      "com.docker.network.bridge.gateway_mode_ipv6": "nat-unprotected",
      "com.docker.network.host_ipv4": "192.0.2.7", "com.docker.network.host_ipv6": "2001:db8::7",
      "com.docker.network.bridge.inhibit_ipv4": "true", "com.docker.network.container_iface_prefix": "lan",
    ])
    #expect(read == expected)
  }

  @Test(arguments: [
    ("com.docker.network.bridge.enable_icc", "yes", "strconv.ParseBool"),
    ("com.docker.network.driver.mtu", "big", "strconv.Atoi"), ("com.docker.network.driver.mtu", "12", "68 to 65535"),
    ("com.docker.network.bridge.host_binding_ipv4", "here", "nil ip"),
    ("com.docker.network.host_ipv4", "2001:db8::7", "nil ip"), ("com.docker.network.host_ipv6", "192.0.2.7", "nil ip"),
    ("com.docker.network.bridge.gateway_mode_ipv4", "open", "unknown gateway mode open"),
    ("com.docker.network.bridge.colour", "green", "unknown option \"com.docker.network.bridge.colour\""),
  ])
  func valuesThatCannotBeAreRefused(label: String, value: String, words: String) {
    #expect { try settings([label: value]) } throws: { "\($0)".contains(words) }
  }

  @Test(arguments: [
    "net.ipv4.conf.eth0.log_martians=1", "net.ipv4.ip_forward=1", "kernel.conf.IFNAME.x=1", "net.ipv4.conf.IFNAME.x",
    "net.ipv4.conf.IFNAME.../x=1",
  ])
  func settingsThatAreNotALinksAreRefused(text: String) { #expect(LinkSetting(text) == nil) }
}
