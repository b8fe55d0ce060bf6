import Addressing
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

@Suite struct ShortcutEntryTests {
  private func shortcut(_ port: UInt16, _ target: String = "172.17.0.2") throws -> LoopbackShortcut {
    LoopbackShortcut(address: .loopback, port: Port(port), target: try #require(IPv4Address(target)), targetPort: 80)
  }

  private func entry(
    _ port: UInt16, _ target: String = "172.17.0.2", in namespace: UInt64 = 1, of owner: UInt64 = 7
  ) throws -> ShortcutEntry {
    ShortcutEntry(namespace: namespace, shortcut: try shortcut(port, target), owner: owner)
  }

  @Test func bytesAreWhatTheProgramReads() throws {
    let entry = try entry(8080, in: 0x0102_0304_0506_0708, of: 0x1112_1314_1516_1718)
    #expect(entry.key == [8, 7, 6, 5, 4, 3, 2, 1, 127, 0, 0, 1, 0x1F, 0x90, 0, 0])
    #expect(entry.value == [172, 17, 0, 2, 0, 80, 0, 0, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11])
    #expect(ShortcutEntry(key: entry.key, value: entry.value) == entry)
    #expect(ShortcutEntry(key: [], value: entry.value) == nil)
    #expect(ShortcutEntry(key: entry.key, value: [1]) == nil)
  }

  @Test func instancesAreTold() {
    // FNV-1a's own examples.
    #expect(ShortcutEntry.owner("") == 0xCBF2_9CE4_8422_2325)
    #expect(ShortcutEntry.owner("a") == 0xAF63_DC4C_8601_EC8C)
    #expect(ShortcutEntry.owner("foobar") == 0x8594_4171_F739_67E8)
    #expect(ShortcutEntry.owner("apus") != ShortcutEntry.owner("apus2"))
  }

  @Test func theDifferenceIsOneInstancesOwn() throws {
    let there = try [
      entry(1), entry(2), entry(3, "172.17.0.9"), entry(4, of: 8), entry(5, in: 2), entry(6, "172.18.0.2", of: 8),
    ]
    let difference = ShortcutDifference(
      planned: try [shortcut(1), shortcut(3), shortcut(6), shortcut(7)], there: there, namespace: 1, owner: 7)
    #expect(difference.going == [try entry(2)])
    // One that leads elsewhere, one under another instance's key, one that is new.
    #expect(difference.coming == Set(try [entry(3), entry(6), entry(7)]))
    let none = ShortcutDifference(planned: [], there: there, namespace: 1, owner: 7)
    let gone = try Set([entry(1), entry(2), entry(3, "172.17.0.9")])
    #expect(none.coming.isEmpty && none.going == gone)
    // Another instance leaves what is not its own, and has its own entry already.
    let other = ShortcutDifference(planned: [try shortcut(4)], there: there, namespace: 1, owner: 8)
    #expect(other.coming.isEmpty && other.going == [there[5]])
    let same = ShortcutDifference(planned: [try shortcut(5)], there: there, namespace: 2, owner: 7)
    #expect(same.isEmpty)
  }

  /// One for each rule that leads TCP from loopback, and for no other.
  @Test func theyArePlannedWithTheRules() throws {
    func publish(_ host: String, _ port: String, _ target: String) throws -> FirewallEntry {
      .publish(
        PublishKey(address: try #require(IPAddress(host)), port: try #require(TransportPort(port))),
        PublishTarget(address: try #require(IPAddress(target)), port: 80))
    }
    let entries = try [
      publish("0.0.0.0", "8080/tcp", "172.17.0.2"), publish("127.0.0.1", "8081/tcp", "172.17.0.2"),
      publish("127.9.0.1", "8082/tcp", "172.17.0.2"), publish("192.0.2.1", "8083/tcp", "172.17.0.2"),
      publish("0.0.0.0", "8084/udp", "172.17.0.2"), publish("::", "8085/tcp", "fd00::2"),
      publish("0.0.0.0", "8086/sctp", "172.17.0.2"), FirewallEntry.confine(bridge: "br0"),
    ]
    #expect(
      FirewallFragment(key: "endpoint/1", entries: entries).loopbackShortcuts.map(\.text) == [
        "TCP to 127.0.0.1:8080 goes straight to 172.17.0.2:80", "TCP to 127.0.0.1:8081 goes straight to 172.17.0.2:80",
        "TCP to 127.9.0.1:8082 goes straight to 172.17.0.2:80",
      ])
  }

  @Test func theTreeIsLookedUp() {
    func root(_ lines: String) -> String? { LoopbackShortcuts.rootGroup(Mounts.parse(lines)) }
    #expect(root("30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw") == "/sys/fs/cgroup")
    let hybrid = """
      31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
      32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """
    #expect(root(hybrid) == "/sys/fs/cgroup/unified")
    #expect(root("32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu") == nil)
    #expect(root("30 20 0:26 /part /mnt rw - cgroup2 cgroup2 rw") == nil)
  }
}
