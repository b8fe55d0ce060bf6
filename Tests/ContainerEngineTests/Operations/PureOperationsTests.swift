import Linux
import Testing

@testable import ContainerEngine

@Suite struct ProcessTableTests {
  private let output = """
    UID          PID    PPID  C STIME TTY          TIME CMD
    root           1       0  0 05:00 ?        00:00:01 /sbin/init splash
    root          20       1  0 05:00 ?        00:00:00 sleep  100  200
    root          21      20  0 05:00 ?        00:00:00 sh

    """

  @Test func keepsTheContainersLines() throws {
    let table = try ProcessTable(parsing: output, pids: [20])
    #expect(table.titles == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"])
    #expect(table.processes == [["root", "20", "1", "0", "05:00", "?", "00:00:00", "sleep 100 200"]])
  }

  @Test func threadsFollowTheirProcess() throws {
    let text = "PID CMD\n1 init\n- t0\n2 web\n- t1\n- t2\n"
    #expect(try ProcessTable(parsing: text, pids: [2]).processes == [["2", "web"], ["-", "t1"], ["-", "t2"]])
  }

  @Test func whatCannotBeRead() {
    func complaint(_ text: String) -> String {
      refusal { () throws(EngineError) in _ = try ProcessTable(parsing: text, pids: []) }
    }
    #expect(complaint("") == "Couldn't find PID field in ps output")
    #expect(complaint("USER CMD\nroot sh\n") == "Couldn't find PID field in ps output")
    #expect(complaint("PID CMD\nx sh\n") == "Unexpected pid 'x': invalid syntax")
    #expect(complaint("CMD PID\nsh\n") == "")
  }

  @Test func otherColumnsMayNotBeCalledPID() {
    func complaint(_ text: String) -> String {
      refusal { () throws(EngineError) in try ProcessTable.validate(arguments: text) }
    }
    #expect(complaint("-o uid=PID") == "specifying \"uid=PID\" is not allowed")
    #expect(complaint("-o pid=PID") == "")
    #expect(complaint("aux") == "")
  }
}

@Suite struct HealthTimesTests {
  private func times(_ change: (inout HealthCheck) -> Void = { _ in }) -> HealthTimes {
    var check = HealthCheck()
    change(&check)
    return HealthTimes(check)
  }
  private func probe(_ code: Int32, at start: Int64 = 0) -> HealthState.Probe {
    HealthState.Probe(start: start, end: start, exitCode: code, output: "")
  }

  @Test func defaults() {
    let times = times()
    #expect(times.interval == .seconds(30))
    #expect(times.timeout == .seconds(30))
    #expect(times.startInterval == .seconds(5))
    #expect(times.startPeriod == .zero)
    #expect(times.retries == 3)
  }

  @Test func threeFailuresMakeUnhealthyAndOneSuccessHealthy() {
    let times = times()
    var state = HealthState()
    times.record(probe(1), in: &state, started: 0)
    times.record(probe(1), in: &state, started: 0)
    #expect(state.status == .starting)
    times.record(probe(-1), in: &state, started: 0)
    #expect(state.status == .unhealthy)
    #expect(state.failingStreak == 3)
    times.record(probe(0), in: &state, started: 0)
    #expect(state.status == .healthy)
    #expect(state.failingStreak == 0)
  }

  @Test func failuresInTheStartPeriodDoNotCount() {
    let times = times {
      $0.startPeriod = 10_000_000_000
      $0.retries = 1
    }
    var state = HealthState()
    times.record(probe(1, at: 9_000_000_000), in: &state, started: 0)
    #expect(state.status == .starting)
    #expect(state.failingStreak == 0)
    times.record(probe(1, at: 11_000_000_000), in: &state, started: 0)
    #expect(state.status == .unhealthy)
  }

  @Test func fiveResultsAreKept() {
    let times = times()
    var state = HealthState()
    for code in 0..<8 { times.record(probe(Int32(code)), in: &state, started: 0) }
    #expect(state.log.map(\.exitCode) == [3, 4, 5, 6, 7])
  }

  @Test func probesAreCloserWhileItComesUp() {
    let times = times { $0.startPeriod = 60_000_000_000 }
    #expect(times.pause(status: .starting, sinceStart: .seconds(1)) == .seconds(5))
    #expect(times.pause(status: .healthy, sinceStart: .seconds(1)) == .seconds(30))
    #expect(times.pause(status: .starting, sinceStart: .seconds(60)) == .seconds(30))
  }

  @Test func commands() {
    #expect(HealthTimes.command(["CMD", "a", "b"]) == ["a", "b"])
    #expect(HealthTimes.command(["CMD-SHELL", "a b"]) == ["/bin/sh", "-c", "a b"])
    #expect(HealthTimes.command(["NONE"]) == nil)
    #expect(HealthTimes.command([]) == nil)
    #expect(HealthTimes.command(["CMD"]) == nil)
  }

  @Test(
    arguments: [
      (.zero, "0s"), (.milliseconds(200), "200ms"), (.seconds(30), "30s"), (.milliseconds(1500), "1.5s"),
      (.seconds(90), "1m30s"), (.seconds(3661), "1h1m1s"), (.microseconds(1500), "1.5ms"), (.nanoseconds(5), "5ns"),
    ] as [(Duration, String)])
  func durations(_ duration: Duration, _ text: String) { #expect(GoDurationText.text(duration) == text) }
}

@Suite struct ResourceUpdateTests {
  @Test func onlyWhatIsSaidChanges() throws {
    var old = ResourceLimits()
    old.memory = 100 << 20
    old.cpuShares = 512
    var new = ResourceLimits()
    new.cpuShares = 1024
    new.memory = 0
    new.pids = 10
    let merged = try ResourceUpdate.merged(old, with: new, id: "x")
    #expect(merged.memory == 100 << 20)
    #expect(merged.cpuShares == 1024)
    #expect(merged.pids == 10)
  }

  @Test func processorsInTwoWays() {
    var old = ResourceLimits()
    old.nanoCPUs = 1
    var new = ResourceLimits()
    new.cpuQuota = 5000
    let (before, wanted) = (old, new)
    #expect(
      refusal { () throws(EngineError) in _ = try ResourceUpdate.merged(before, with: wanted, id: "x") }
        == "Cannot update container x: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
    )
  }

  @Test func memoryAboveTheOldSwapLimit() {
    var old = ResourceLimits()
    old.memorySwap = 100 << 20
    var new = ResourceLimits()
    new.memory = 200 << 20
    let (before, wanted) = (old, new)
    #expect(
      refusal { () throws(EngineError) in _ = try ResourceUpdate.merged(before, with: wanted, id: "x") }
        .hasPrefix("Cannot update container x: Memory limit should be smaller than already set memoryswap limit"))
    new.memorySwap = 300 << 20
    let both = new
    #expect(refusal { () throws(EngineError) in _ = try ResourceUpdate.merged(before, with: both, id: "x") } == "")
  }
}

@Suite struct ContainerUserTests {
  private let passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/:/bin/sh\nbroken\n"
  private let group = "root:x:0:\nstaff:x:50:\n"

  @Test(
    arguments: [
      ("", 0, 0), ("app", 1000, 1001), ("1000", 1000, 1001), ("77", 77, 0), ("app:staff", 1000, 50), ("app:9", 1000, 9),
      ("77:88", 77, 88), ("app:", 1000, 1001),
    ] as [(String, UInt32, UInt32)])
  func known(_ text: String, _ user: UInt32, _ groupID: UInt32) throws {
    let resolved = try ContainerUser.resolve(text, passwd: passwd, group: group)
    #expect(resolved.user == user)
    #expect(resolved.group == groupID)
  }

  @Test(arguments: ["nobody", "app:nothing", ":staff"])
  func unknown(_ text: String) {
    #expect(throws: EngineError.self) { try ContainerUser.resolve(text, passwd: passwd, group: group) }
  }
}

@Suite struct OperatingSystemReleaseTests {
  @Test func quotedAndPlain() {
    let release = OperatingSystemRelease(
      parsing: "# comment\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\nX=\"a\\\"b\"\n")
    #expect(release.prettyName == "Debian GNU/Linux 12 (bookworm)")
    #expect(release.version == "12")
    #expect(release.values["X"] == "a\"b")
  }

  @Test func nothingThere() { #expect(OperatingSystemRelease(parsing: "").prettyName == "Linux") }
}

@Suite struct ContainerPathTests {
  @Test(arguments: [
    ("/etc", "/etc", "etc", false), ("etc", "/etc", "etc", false), ("/etc/", "/etc", "etc", true),
    ("/etc/.", "/etc", ".", true), ("/", "/", "/", true), ("/a/../../b", "/b", "b", false), ("/.", "/", "/", true),
  ])
  func reading(_ text: String, _ absolute: String, _ name: String, _ follows: Bool) {
    let path = ContainerPath(text)
    #expect(path.absolute == absolute)
    #expect(path.name == name)
    #expect(path.followsLast == follows)
  }

  @Test func byteParts() {
    func text(_ path: String) -> String? {
      BytePath.parts(Array(path.utf8)).map { String(decoding: BytePath.joined($0), as: UTF8.self) }
    }
    #expect(text("/a//./b/") == "a/b")
    #expect(text("a/../b") == "b")
    #expect(text("../b") == nil)
    #expect(text("a/../../b") == nil)
    #expect(text("./") == "")
  }

  @Test func readOnlyPlaces() {
    var record = makeRecord { $0.readOnlyRoot = true }
    record.mounts = [
      ContainerMount(kind: .volume, source: "/v", destination: "/data"),
      ContainerMount(kind: .volume, source: "/w", destination: "/data/fixed", readOnly: true),
    ]
    let places = record
    func complaint(_ path: String) -> String {
      refusal { () throws(EngineError) in try ContainerEngine.checkWritable(path, places) }
    }
    #expect(complaint("/etc") == "container rootfs is marked read-only")
    #expect(complaint("/database") == "container rootfs is marked read-only")
    #expect(complaint("/data") == "")
    #expect(complaint("/data/x") == "")
    #expect(complaint("/data/fixed/x") == "mounted volume is marked read-only")
  }
}
