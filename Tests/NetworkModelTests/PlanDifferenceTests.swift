import Addressing
import NetworkModel
import Testing

@Suite struct PlanDifferenceTests {
  private let owner = "apus/network/" + String(repeating: "a", count: 64)

  /// A bridge with an address and settings.
  private func plan() throws -> NamespacePlan {
    var plan = NamespacePlan()
    let mac: MACAddress = try #require(MACAddress("02:42:ac:11:00:01"))
    let address: IPCIDR = try #require(IPCIDR("172.17.0.1/16"))
    plan.links = [LinkPlan(name: "br0", kind: .bridge, mtu: 1500, mac: mac, owner: owner)]
    plan.addresses = [AddressPlan(link: "br0", address: address)]
    plan.sysctls = [
      SysctlPlan("ipv4/ip_forward", "1"), SysctlPlan("ipv6/conf/br0/accept_ra", "0", isOptional: true),
    ]
    return plan
  }

  /// A namespace that holds just that.
  private func whole() throws -> NamespaceState {
    var state = NamespaceState()
    let mac: MACAddress = try #require(MACAddress("02:42:ac:11:00:01"))
    state.links["br0"] = NamespaceState.Link(name: "br0", kind: "bridge", owner: owner, mtu: 1500, mac: mac)
    state.addresses = Set(try plan().addresses)
    state.sysctls = ["ipv4/ip_forward": "1", "ipv6/conf/br0/accept_ra": "0"]
    return state
  }

  private func texts(_ change: (inout NamespaceState) throws -> Void) throws -> [String] {
    var state = try whole()
    try change(&state)
    return try plan().differences(from: state).map(\.text)
  }

  @Test func whatIsAsPlannedDiffersInNothing() throws {
    #expect(try texts { _ in } == [])
  }

  @Test func eachChangeIsOneDifference() throws {
    let other: MACAddress = try #require(MACAddress("02:00:00:00:00:01"))
    #expect(try texts { $0.links["br0"]?.isUp = false } == ["link br0 is down"])
    #expect(try texts { $0.links["br0"]?.mtu = 1300 } == ["link br0 has MTU 1300 instead of 1500"])
    #expect(
      try texts { $0.links["br0"]?.mac = other }
        == ["link br0 has address 02:00:00:00:00:01 instead of 02:42:ac:11:00:01"])
    #expect(try texts { $0.addresses = [] } == ["address 172.17.0.1/16 on br0 is missing"])
    #expect(try texts { $0.sysctls["ipv4/ip_forward"] = "0" } == ["sysctl ipv4/ip_forward is 0 instead of 1"])
    #expect(try texts { $0.sysctls["ipv4/ip_forward"] = nil } == ["sysctl ipv4/ip_forward is not there"])
    #expect(try texts { $0.links["br0"]?.kind = "veth" } == ["link br0 is no bridge but a veth"])
  }

  @Test func whatMayBeMissingIsNotMissed() throws {
    #expect(try texts { $0.sysctls["ipv6/conf/br0/accept_ra"] = nil } == [])
    #expect(
      try texts { $0.sysctls["ipv6/conf/br0/accept_ra"] = "1" } == ["sysctl ipv6/conf/br0/accept_ra is 1 instead of 0"])
  }

  @Test func whatIsOnAMissingLinkIsNotToldBesides() throws {
    #expect(
      try texts {
        $0.links = [:]
        $0.addresses = []
      } == ["link br0 is missing"])
  }

  @Test func aRenamedLinkIsFoundByItsMark() throws {
    #expect(
      try texts {
        $0.links["other"] = $0.links["br0"]
        $0.links["other"]?.name = "other"
        $0.links["br0"] = nil
        $0.addresses = []
      } == ["link br0 is called other"])
    // A mark on a link of another kind makes it no bridge.
    #expect(
      try texts {
        $0.links["other"] = NamespaceState.Link(name: "other", kind: "veth", owner: owner, mtu: 1500)
        $0.links["br0"] = nil
        $0.addresses = []
      } == ["link br0 is missing"])
  }

  @Test func ofALinkOfSomebodyElseOnlyItsUseIsExpected() throws {
    #expect(
      try texts {
        $0.links["br0"]?.owner = nil
        $0.links["br0"]?.mtu = 9000
        $0.links["br0"]?.mac = nil
      } == [])
    #expect(
      try texts {
        $0.links["br0"]?.owner = "somebody"
        $0.links["br0"]?.isUp = false
        $0.addresses = []
      } == ["link br0 is down", "address 172.17.0.1/16 on br0 is missing"])
    var state = try whole()
    #expect(try plan().foreignLinks(in: state) == [])
    state.links["br0"]?.owner = nil
    #expect(try plan().foreignLinks(in: state) == ["br0"])
  }

  @Test func theRoutesThatTheKernelMakesByItselfAreExpectedWhereItMakesThem() throws {
    let subnet: IPCIDR = try #require(IPCIDR("172.17.0.0/16"))
    let route = RoutePlan(destination: subnet, gateway: nil, link: "br0")
    var state = try whole()
    #expect(try plan().impliedRoutes(in: state) == [route])
    state.links["br0"]?.isUp = false
    #expect(try plan().impliedRoutes(in: state) == [])
    state = try whole()
    state.addresses = []
    #expect(try plan().impliedRoutes(in: state) == [])
    state = try whole()
    state.links["br0"]?.master = "vrf0"
    #expect(try plan().impliedRoutes(in: state) == [])
    var alone = try plan()
    let address: IPCIDR = try #require(IPCIDR("172.17.0.1/32"))
    alone.addresses = [AddressPlan(link: "br0", address: address)]
    state = try whole()
    state.addresses = Set(alone.addresses)
    #expect(alone.impliedRoutes(in: state) == [])
  }

  // MARK: ports

  private func port(_ change: (inout NamespaceState.Link) -> Void) throws -> [PlanDifference] {
    var plan = NamespacePlan()
    let mac: MACAddress = try #require(MACAddress("02:42:ac:11:00:02"))
    plan.links = [
      LinkPlan(
        name: "veth0", kind: .veth(peer: "eth0", peerMAC: mac), mtu: 1500, master: "br0", isIsolated: true,
        isHairpin: true, owner: owner)
    ]
    var link = NamespaceState.Link(name: "veth0", kind: "veth", owner: owner, mtu: 1500, master: "br0")
    link.isIsolated = true
    link.isHairpin = true
    change(&link)
    var state = NamespaceState()
    state.links["veth0"] = link
    return plan.differences(from: state)
  }

  @Test func aPortIsAPortOfItsBridgeWithItsSettings() throws {
    #expect(try port { _ in } == [])
    #expect(try port { $0.master = nil }.map(\.text) == ["link veth0 is not a port of br0"])
    #expect(try port { $0.master = "br1" }.map(\.text) == ["link veth0 is not a port of br0"])
    #expect(try port { $0.isIsolated = false }.map(\.text) == ["port veth0 has other settings"])
    #expect(try port { $0.isHairpin = false }.map(\.text) == ["port veth0 has other settings"])
    #expect(try port { $0.learns = false }.map(\.text) == ["port veth0 has other settings"])
    #expect(try port { $0.owner = nil }.map(\.text) == ["link veth0 does not bear the mark \(owner)"])
    // One difference each, the link's own first.
    #expect(
      try port {
        $0.isUp = false
        $0.master = nil
      }.map(\.text) == ["link veth0 is down", "link veth0 is not a port of br0"])
  }

  @Test func everyDifferenceNamesItsLink() throws {
    for difference in try port({
      $0.owner = nil; $0.isUp = false; $0.mtu = 1; $0.master = nil
    }) {
      #expect(difference.link == "veth0")
    }
    #expect(PlanDifference.sysctl(SysctlPlan("ipv4/ip_forward", "1"), is: "0").link == nil)
    #expect(PlanDifference.requiredLinkMissing("eth9").link == "eth9")
  }
}
