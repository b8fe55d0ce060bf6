import Addressing
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Short cuts follow the endpoints that they lead to (root).
@Suite(.serialized) struct ShortcutControllerTests {
  private func with(_ body: (Lab, ThreadGroup) async throws -> Void) async throws {
    try await Lab.with { lab in try await ThreadGroup.with { group in try await body(lab, group) } }
  }

  private func controller(
    _ lab: Lab, _ group: ThreadGroup, _ rules: Lab.Rules = .nftables, isOn: Bool = true
  ) async throws -> NetworkController {
    try await lab.controller(rules) {
      $0.loopbackShortcut = isOn
      $0.shortcutGroup = group.path
    }
  }

  private func binding(_ container: String, _ host: UInt16, _ address: String? = nil) throws -> PortBinding {
    PortBinding(
      try #require(TransportPort(container)), hostAddress: address.flatMap { IPAddress($0) },
      hostPorts: PortRange(Port(host)))
  }

  private func join(
    _ controller: NetworkController, _ name: String, _ ports: [PortBinding]
  ) async throws -> EndpointRecord {
    _ = try await controller.createSandbox(id: name)
    return try await controller.join(
      sandbox: name, network: "bridge", options: EndpointOptions(name: name, ports: ports))
  }

  /// What the kernel holds, in sentences.
  private func held(_ group: ThreadGroup) throws -> [String] { try group.entries().map(\.shortcut.text).sorted() }

  @Test(arguments: [Lab.Rules.nftables, .iptables])
  func theyComeAndGoWithTheirEndpoint(_ rules: Lab.Rules) async throws {
    try await with { lab, group in
      let controller = try await controller(lab, group, rules)
      try await controller.start(liveSandboxes: [])
      let web = try await join(
        controller, "web",
        [binding("80/tcp", 8080), binding("81/tcp", 8081, "192.0.2.1"), binding("53/udp", 8053)])
      let first = "TCP to 127.0.0.1:8080 goes straight to 172.17.0.2:80"
      #expect(try held(group) == [first])
      let report = try await controller.plan(of: "bridge")
      #expect(report.isInSync && report.objects.last?.shortcuts == [first])
      #expect(report.text.contains("  short cuts\n    \(first)\n"))
      // One that cannot be joined takes nothing with it.
      await #expect(throws: NetworkError.self) {
        _ = try await join(controller, "other", [binding("90/tcp", 8090), binding("80/tcp", 8080)])
      }
      #expect(try held(group) == [first])
      _ = try await controller.setPorts([binding("80/tcp", 8080), binding("82/tcp", 8082, "127.0.0.5")], of: web.id)
      #expect(try held(group) == [first, "TCP to 127.0.0.5:8082 goes straight to 172.17.0.2:82"])
      _ = try await controller.setPorts([binding("82/tcp", 8082, "127.0.0.5")], of: web.id)
      #expect(try held(group) == ["TCP to 127.0.0.5:8082 goes straight to 172.17.0.2:82"])
      try await controller.releaseSandbox("web")
      #expect(try group.programs().isEmpty)
    }
  }

  @Test func whoStartsNextFindsThem() async throws {
    try await with { lab, group in
      let first = try await controller(lab, group)
      try await first.start(liveSandboxes: [])
      _ = try await join(first, "web", [binding("80/tcp", 8080)])
      _ = try await join(first, "ended", [binding("80/tcp", 8081)])
      await first.close()
      #expect(try held(group).count == 2)
      let second = try await controller(lab, group)
      try await second.start(liveSandboxes: ["web"])
      #expect(try held(group) == ["TCP to 127.0.0.1:8080 goes straight to 172.17.0.2:80"])
      #expect(try await second.plan(of: "bridge").isInSync)
      // Somebody takes an entry away: it is seen, and the next start makes it again.
      try await group.inside(lab.host) {
        let shortcuts = LoopbackShortcuts(instance: "lab", isWanted: false, group: group.path) { _ in }
        try shortcuts.reconcile([])
      }
      let report = try await second.plan(of: "bridge")
      #expect(
        report.objects.last?.differences == ["no short cut: TCP to 127.0.0.1:8080 goes straight to 172.17.0.2:80"])
      await second.close()
      let third = try await controller(lab, group)
      try await third.start(liveSandboxes: ["web"])
      #expect(try held(group).count == 1)
      await third.close()
      let without = try await controller(lab, group, isOn: false)
      try await without.start(liveSandboxes: ["web"])
      #expect(try group.programs().isEmpty)
      #expect(try await without.plan(of: "bridge").objects.last?.shortcuts == [])
      try await without.releaseSandbox("web")
    }
  }
}
