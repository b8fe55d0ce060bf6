import Addressing
import KeyValueStore
import NetworkModel
import Testing

@Suite struct ClusterMirrorTests {
  private let host = ClusterAddress(endpoint: "e1", host: "h1")

  private func value(_ key: ClusterKey, _ value: some Encodable, _ revision: Int64 = 1) throws -> KeyValue {
    KeyValue(
      key: key.text, value: try ClusterCoding.bytes(value), createRevision: revision, modRevision: revision)
  }

  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  private func endpoint(_ host: String, _ last: UInt8) throws -> ClusterEndpoint {
    ClusterEndpoint(
      host: host, vtep: try address("192.0.2.\(last)"), mac: MACAddress(derivedFrom: IPv4Address(10, 0, 0, last)),
      address: try address("10.0.0.\(last)"), name: "c\(last)", names: ["c\(last)"])
  }

  @Test func keysComeBack() throws {
    for key in [
      ClusterKey.generation, .network("n"), .name("n"), .identifier(4097), .host("h"), .endpoint(network: "n", "e"),
      .address(network: "n", try address("10.0.0.1")), .address(network: "n", try address("fd00::1")),
    ] { #expect(ClusterKey(key.text) == key) }
    for text in ["", "networks", "networks/a/b", "addresses/n/x", "vni/-1", "vni/x", "other/a", "endpoints/n"] {
      #expect(ClusterKey(text) == nil)
    }
  }

  @Test func itFollowsListsAndEvents() throws {
    var mirror = ClusterMirror()
    #expect(!mirror.isFilled)
    let network = NetworkRecord(id: "n", name: "net", driver: .overlay, created: 0)
    let ten = try address("10.0.0.2")
    let list = [
      try value(.network("n"), network), try value(.address(network: "n", ten), host),
      try value(.endpoint(network: "n", "e1"), endpoint("h1", 2)),
      try value(.host("h1"), ClusterHost(name: "one", address: try address("192.0.2.1"))),
      KeyValue(key: "vni/4097", value: [], createRevision: 1, modRevision: 1),
      KeyValue(key: "later/version", value: [], createRevision: 1, modRevision: 1),
    ]
    let first = mirror.replace(with: list)
    #expect(first.networks == ["n"] && first.addresses == ["n"] && first.endpoints == ["n"])
    #expect(mirror.isFilled && mirror.networks["n"] == network && mirror.addresses["n"] == [ten: host])
    // The same again is no change.
    #expect(mirror.replace(with: list).isEmpty)

    let moved = try endpoint("h2", 3)
    var changes = mirror.apply([.put(try value(.endpoint(network: "n", "e2"), moved))])
    #expect(changes.endpoints == ["n"] && changes.networks.isEmpty && mirror.endpoints["n"]?["e2"] == moved)
    changes = mirror.apply([
      .delete(key: ClusterKey.endpoint(network: "n", "e1").text, revision: 2),
      .delete(key: ClusterKey.address(network: "n", ten).text, revision: 2),
      .delete(key: ClusterKey.host("h1").text, revision: 2), .delete(key: "nonsense", revision: 2),
    ])
    #expect(changes.endpoints == ["n"] && changes.addresses == ["n"])
    #expect(mirror.addresses.isEmpty && mirror.hosts.isEmpty && mirror.endpoints["n"]?.keys.sorted() == ["e2"])
    // What was missed while the store was away shows in the next list.
    changes = mirror.replace(with: [])
    #expect(changes.networks == ["n"] && changes.endpoints == ["n"] && mirror.networks.isEmpty)
  }

  @Test func whatCannotBeReadIsToldAndPassedOver() throws {
    var mirror = ClusterMirror()
    let bad = KeyValue(key: "networks/n", value: [1, 2], createRevision: 1, modRevision: 1)
    let good = try value(.address(network: "n", try address("10.0.0.2")), host)
    let changes = mirror.apply([.put(bad), .put(good)])
    #expect(changes.unreadable == ["networks/n"] && mirror.networks.isEmpty && mirror.addresses.count == 1)
  }

  @Test func theSameValueIsTheSameBytes() throws {
    for _ in 0..<20 { #expect(try ClusterCoding.bytes(host) == ClusterCoding.bytes(host)) }
  }

  @Test func tablesHoldTheOthers() throws {
    let local = EndpointRecord(
      id: "e9", name: "local", networkID: "n", sandboxID: "s", mac: MACAddress(derivedFrom: IPv4Address(10, 0, 0, 9)),
      address: IPv4CIDR("10.0.0.9/24"))
    var twin = try endpoint("h3", 4)
    twin.address = try address("10.0.0.3")
    let known = [
      "e2": try endpoint("h1", 2), "e3": try endpoint("h2", 3), "e4": twin,
      // What the cluster has not forgotten yet is here now.
      "e5": try endpoint("h2", 9),
    ]
    let tables = OverlayTables(known, host: "h1", locals: [local])
    #expect(try tables.neighbours == [address("10.0.0.3"): MACAddress(derivedFrom: IPv4Address(10, 0, 0, 3))])
    #expect(
      try tables.forwarding == [
        MACAddress(derivedFrom: IPv4Address(10, 0, 0, 3)): address("192.0.2.3"),
        MACAddress(derivedFrom: IPv4Address(10, 0, 0, 4)): address("192.0.2.4"),
      ])
  }

  @Test func onlyTheDifferenceIsSent() throws {
    let before = OverlayTables(["a": try endpoint("h2", 2), "b": try endpoint("h2", 3)], host: "h1", locals: [])
    var there = try endpoint("h3", 3)
    there.vtep = try address("192.0.2.77")
    let after = OverlayTables(["b": there, "c": try endpoint("h2", 4)], host: "h1", locals: [])
    #expect(after.changes(from: after).isEmpty)
    #expect(
      after.changes(from: before).text == """
        - neighbour 10.0.0.2 is 02:42:0a:00:00:02
        + neighbour 10.0.0.4 is 02:42:0a:00:00:04
        - 02:42:0a:00:00:02 is behind 192.0.2.2
        + 02:42:0a:00:00:03 is behind 192.0.2.77
        + 02:42:0a:00:00:04 is behind 192.0.2.4

        """)
  }

  @Test func theGatewayIsNeededWhereNothingElseLeadsOut() throws {
    func network(_ name: String, overlay: Bool, isInternal: Bool = false) -> NetworkRecord {
      var network = NetworkRecord(id: name, name: name, driver: overlay ? .overlay : .bridge, created: 0)
      if overlay { network.overlay = OverlaySettings() } else { network.bridge = BridgeSettings(bridgeName: name) }
      network.isInternal = isInternal
      return network
    }
    func member(_ network: NetworkRecord, gateway: Bool = false) -> (endpoint: EndpointRecord, network: NetworkRecord) {
      var endpoint = EndpointRecord(id: network.id, name: "", networkID: network.id, sandboxID: "s")
      endpoint.isGateway = gateway
      if network.givesGateway(.v4) { endpoint.gateway = IPv4Address(10, 0, 0, 1) }
      return (endpoint, network)
    }
    let overlay = member(network("o", overlay: true))
    let bridge = member(network("b", overlay: false))
    let gateway = member(network("g", overlay: false), gateway: true)
    #expect(GatewayNeed.isThere(among: [overlay]) && GatewayNeed.isThere(among: [overlay, gateway]))
    #expect(!GatewayNeed.isThere(among: [overlay, bridge, gateway]))
    #expect(!GatewayNeed.isThere(among: [bridge]) && !GatewayNeed.isThere(among: [gateway]))
    #expect(!GatewayNeed.isThere(among: [member(network("i", overlay: true, isInternal: true))]))
    #expect(GatewayNeed.isThere(among: [overlay, member(network("x", overlay: false, isInternal: true))]))
  }
}
