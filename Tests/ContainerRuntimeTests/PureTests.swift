import Linux
import OCI
import Testing

@testable import ContainerRuntime

@Suite struct DetachKeyTests {
  @Test func readsDockersWords() throws {
    #expect(try DetachKeys(nil).bytes == [16, 17])
    #expect(try DetachKeys("a,ctrl-a,ctrl-_,ctrl-@").bytes == [97, 1, 31, 0])
    #expect(throws: RuntimeError.self) { try DetachKeys("ctrl-1") }
    #expect(throws: RuntimeError.self) { try DetachKeys("ab") }
  }

  @Test func holdsBackABeginningUntilItIsClear() {
    var scanner = DetachScanner(.standard)
    #expect(scanner.scan([97, 16]) == ([97], false))
    #expect(scanner.scan([98]) == ([16, 98], false))
    #expect(scanner.scan([16, 16]) == ([16], false))
    #expect(scanner.scan([17, 99]) == ([], true))
  }

  @Test func overlappingSequences() throws {
    var scanner = DetachScanner(try DetachKeys("a,a,b"))
    #expect(scanner.scan(Array("xaaab".utf8)) == (Array("xa".utf8), true))
  }
}

@Suite struct LogLineTests {
  @Test func readsTimesWithZones() {
    #expect(LogLine.time(Array("1970-01-01T00:00:01.5Z".utf8)[...]) == 1_500_000_000)
    #expect(LogLine.time(Array("2024-02-29T23:59:59.123456789+01:00".utf8)[...]) == 1_709_247_599_123_456_789)
    #expect(LogLine.time(Array("2024-02-29T23:59:59.000000001-00:30".utf8)[...]) == 1_709_252_999_000_000_001)
    #expect(LogLine.time(Array("9999-12-31T23:59:59.5Z".utf8)[...]) == nil)
    #expect(LogLine.time(Array("2262-04-11T23:47:16.999999999Z".utf8)[...]) == nil)
    #expect(LogLine.time(Array("nonsense, but long enough".utf8)[...]) == nil)
  }

  @Test func readsLines() {
    let full = LogLine.parse(Array("1970-01-01T00:00:00.000000002+00:00 stderr F a b".utf8)[...])
    #expect(full == LogEntry(time: 2, stream: .standardError, bytes: Array("a b\n".utf8)))
    let part = LogLine.parse(Array("1970-01-01T00:00:00.000000002+00:00 stdout P ".utf8)[...])
    #expect(part == LogEntry(time: 2, stream: .standardOutput, bytes: [], isPartial: true))
    #expect(LogLine.parse(Array("1970-01-01T00:00:00.000000002+00:00 stdin F a".utf8)[...]) == nil)
    #expect(LogLine.parse([]) == nil)
  }
}

@Suite struct UserDatabaseTests {
  let database = UserDatabase(
    passwd: Array("# no\nroot:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\nodd\n".utf8),
    group: Array("root:x:0:\nweb:x:34:\nmore:x:50:root,web\nlast:x:60:web\n".utf8))

  @Test func resolves() throws {
    func user(_ text: String, _ groups: [String] = []) throws -> RuntimeUser {
      try database.resolve(text, additionalGroups: groups).user
    }
    #expect(try user("") == RuntimeUser(user: 0, group: 0, additionalGroups: [0, 50]))
    #expect(try user("web") == RuntimeUser(user: 33, group: 34, additionalGroups: [34, 50, 60]))
    #expect(try user("33") == RuntimeUser(user: 33, group: 34, additionalGroups: [34, 50, 60]))
    #expect(try user("99") == RuntimeUser(user: 99, group: 0, additionalGroups: [0]))
    #expect(try user("web:last") == RuntimeUser(user: 33, group: 60, additionalGroups: [60]))
    #expect(try user("5:6", ["more", "7"]) == RuntimeUser(user: 5, group: 6, additionalGroups: [6, 50, 7]))
    #expect(try database.resolve("web", additionalGroups: []).home == "/srv")
    #expect(try database.resolve("99", additionalGroups: []).home == "/")
  }

  @Test(arguments: [
    ("foo", "unable to find user foo: no matching entries in passwd file"),
    ("web:foo", "unable to find group foo: no matching entries in group file"),
    ("4294967296", "uids and gids must be in range 0-2147483647"),
  ])
  func refuses(_ text: String, _ message: String) {
    let error = #expect(throws: RuntimeError.self) { try database.resolve(text, additionalGroups: []) }
    #expect(error?.message == message)
  }
}

@Suite struct CapabilityChoiceTests {
  let all = Capabilities.names

  @Test func addsAndDrops() throws {
    func chosen(_ added: [String], _ dropped: [String]) throws -> [String] {
      try CapabilityChoice.resolve(added: added, dropped: dropped, privileged: false, all: all)
    }
    #expect(try chosen([], []) == CapabilityChoice.standard)
    #expect(try chosen(["net_admin"], ["CAP_CHOWN"]).contains("CAP_NET_ADMIN"))
    #expect(try !chosen(["net_admin"], ["CAP_CHOWN"]).contains("CAP_CHOWN"))
    #expect(try chosen(["kill"], ["all"]) == ["CAP_KILL"])
    #expect(try chosen(["ALL"], ["KILL"]) == all.filter { $0 != "CAP_KILL" })
    let error = #expect(throws: RuntimeError.self) { try chosen(["nope"], []) }
    #expect(error?.message == "invalid CapAdd: unknown capability: \"CAP_NOPE\"")
  }
}

@Suite struct SeccompTests {
  let host = SpecificationBuilderTests.host

  private func calls(_ capabilities: [String]) -> Set<String> {
    let filter = DefaultSeccompProfile.profile.resolve(capabilities: capabilities, host: host)
    return Set(filter.rules.filter { $0.action == "SCMP_ACT_ALLOW" && $0.arguments.isEmpty }.flatMap(\.names))
  }

  @Test func capabilitiesBringTheirCalls() {
    let standard = calls(CapabilityChoice.standard)
    #expect(standard.contains("read") && standard.contains("chroot") && standard.contains("ptrace"))
    #expect(standard.contains("arch_prctl") && !standard.contains("s390_pci_mmio_read"))
    #expect(!standard.contains("mount") && !standard.contains("bpf") && !standard.contains("clone"))
    let administrator = calls(["CAP_SYS_ADMIN"])
    #expect(administrator.contains("mount") && administrator.contains("clone") && administrator.contains("clone3"))
    #expect(!administrator.contains("chroot"))
  }

  @Test func cloneIsRefusedItsNamespaces() {
    let filter = DefaultSeccompProfile.profile.resolve(capabilities: [], host: host)
    #expect(filter.rules.contains { $0.names == ["clone3"] && $0.action == "SCMP_ACT_ERRNO" && $0.errno == 38 })
    let clone = filter.rules.filter { $0.names == ["clone"] }
    #expect(clone.count == 1)
    #expect(clone.first?.arguments.first?.index == 0)
    #expect(filter.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
  }

  @Test func usersOwnProfiles() throws {
    let text = """
      {"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],
       "syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","errnoRet":5,"comment":"x"},
                   {"name":"chmod","action":"SCMP_ACT_ERRNO","excludes":{"caps":["CAP_FOWNER"]}}]}
      """
    let filter = try SeccompProfileText.parse(text, machine: "x86_64").resolve(capabilities: ["CAP_FOWNER"], host: host)
    #expect(filter.defaultAction == "SCMP_ACT_ALLOW")
    #expect(filter.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    #expect(filter.rules.map(\.names) == [["mkdir"]])
    let error = #expect(throws: RuntimeError.self) { try SeccompProfileText.parse("{", machine: "x86_64") }
    #expect(error?.message.hasPrefix("Decoding seccomp profile failed") == true)
  }
}

@Suite struct SmallPartsTests {
  @Test func deviceRules() {
    #expect(DeviceRuleText.parse("c 42:* rmw") == RuntimeDeviceRule(allow: true, type: "c", major: 42, access: "rmw"))
    #expect(DeviceRuleText.parse("a *:* r") == RuntimeDeviceRule(allow: true, type: "a", access: "r"))
    for text in ["", "c 42 rwm", "x 1:1 r", "c 1:1 z", "c 1:1 ", "c -1:1 r"] {
      #expect(DeviceRuleText.parse(text) == nil)
    }
  }

  @Test func networkCounters() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
        eth0:       1       2    3    4    0     0          0         0        5       6    7    8    0     0       0          0
      """
    let found = NetworkCounters.parse(text)
    #expect(found.keys.sorted() == ["eth0"])
    #expect(found["eth0"]?.receivedDropped == 4)
    #expect(found["eth0"]?.sentBytes == 5)
  }

  @Test func monitorsReports() {
    #expect(SyncMessage.parse(Array("{\"data\": 12}".utf8)) == SyncMessage(data: 12))
    #expect(
      SyncMessage.parse(Array("{\"data\": -1, \"message\": \"a \\\"b\\\"\\n\"}".utf8))
        == SyncMessage(data: -1, message: "a \"b\"\n"))
    #expect(SyncMessage.parse(Array("x".utf8)) == nil)
  }

  @Test func cgroupLayouts() {
    func mount(_ path: String, _ type: String, _ options: String = "rw") -> String {
      "1 2 0:1 / \(path) rw - \(type) x \(options)\n"
    }
    let unified = CgroupFeatures.layout(of: Mounts.parse(mount("/sys/fs/cgroup", "cgroup2")))
    #expect(unified.layout == .unified && unified.unifiedMount == "/sys/fs/cgroup")
    let legacy =
      mount("/sys/fs/cgroup/memory", "cgroup", "rw,memory")
      + mount("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct")
    let v1 = CgroupFeatures.layout(of: Mounts.parse(legacy))
    #expect(v1.layout == .legacy)
    #expect(Cgroup(path: "a/b", features: v1).directory("cpuacct") == "/sys/fs/cgroup/cpu,cpuacct/a/b")
    let both = CgroupFeatures.layout(of: Mounts.parse(legacy + mount("/sys/fs/cgroup/unified", "cgroup2")))
    #expect(both.layout == .hybrid)
  }

  @Test(arguments: [
    ("crun: executable file `x` not found in $PATH: No such file or directory", RuntimeError.Code.commandNotFound),
    ("crun: open executable: Permission denied", .commandNotExecutable),
    ("crun: open executable: Operation not permitted", .commandNotExecutable),
    (
      "time=\"2024\" level=error msg=\"runc create failed: exec: \\\"x\\\": executable file not found in $PATH\"",
      .commandNotFound
    ),
    ("crun: mount `/a` to `b`: Not a directory", .commandNotFound),
    ("crun: write cgroup: Invalid argument", .failed),
  ])
  func complaints(_ text: String, _ code: RuntimeError.Code) {
    let error = RuntimeMessage.error(
      text, action: "create", runtime: RuntimeProgram(name: "crun", path: "/usr/bin/crun"), command: "x")
    #expect(error.code == code, "\(error.message)")
    #expect(error.message.hasSuffix(": unknown"))
  }
}
