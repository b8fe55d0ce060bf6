import Addressing
import FoundationEssentials
import NetworkModel
import Testing

@Suite struct PlanReportTests {
  private func report(differences: [String]) -> PlanReport {
    var plan = ObjectPlan(
      firewall: FirewallFragment(key: "network/abc", entries: [.confine(bridge: "br0")]))
    plan.host.links = [LinkPlan(name: "br0", kind: .bridge, mtu: 1500, owner: "apus/network/abc")]
    plan.host.sysctls = [SysctlPlan("ipv4/ip_forward", "1")]
    let network = NetworkRecord(id: "abcdef0123456789", name: "front", driver: .bridge, created: 0)
    return PlanReport(network, objects: [PlanReport.Object(plan, name: "front", differences: differences)])
  }

  @Test func whatIsAsPlannedSaysSo() {
    let report = report(differences: [])
    #expect(report.isInSync)
    #expect(
      report.text == """
        network front (bridge, abcdef012345)

        network front
          host
            link br0, bridge, mtu 1500, owner apus/network/abc
            sysctl ipv4/ip_forward = 1
          firewall
            nothing gets into br0 from elsewhere, nor out of it

        The kernel holds all of it.

        """)
  }

  @Test func differencesAreMarkedAndCounted() {
    let report = report(differences: ["link br0 is down"])
    #expect(!report.isInSync)
    #expect(report.text.contains("  ! link br0 is down\n"))
    #expect(report.text.hasSuffix("1 difference to the kernel, marked with !\n"))
  }

  @Test func shortCutsAreShown() {
    let plan = ObjectPlan(firewall: FirewallFragment(key: "endpoint/abc", entries: []))
    let network = NetworkRecord(id: "abcdef0123456789", name: "front", driver: .bridge, created: 0)
    let shortcut = LoopbackShortcut(
      address: .loopback, port: 8080, target: IPv4Address(172, 17, 0, 2), targetPort: 80)
    let object = PlanReport.Object(plan, name: "web", shortcuts: [shortcut], differences: [])
    #expect(
      PlanReport(network, objects: [object]).text.contains(
        """
        endpoint web
          short cuts
            TCP to 127.0.0.1:8080 goes straight to 172.17.0.2:80

        """))
  }

  @Test func itGoesThroughJSON() throws {
    let report = report(differences: ["link br0 is down"])
    #expect(try JSONDecoder().decode(PlanReport.self, from: JSONEncoder().encode(report)) == report)
  }
}
